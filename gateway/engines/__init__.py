"""What carries RPCs: the servers that the endpoints can stand on."""
