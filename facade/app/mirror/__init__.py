"""The mirror: every version served again over HTTP, below a prefix of its own."""
