"""HTTP caching as the standards have it (RFC 9111, 5861, 9213): decisions alone, no input."""
