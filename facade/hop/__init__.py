"""The way between a gateway and the facade before a backend."""
