"""HTTP/2 to backends, by the library h2: connections that carry many calls at once (RFC 9113)."""
