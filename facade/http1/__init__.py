"""HTTP/1.1 as text: heads and bodies, written and read, without any I/O (RFC 9112)."""
