"""What all schemas that speak of one value say of it together."""
