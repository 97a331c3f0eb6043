"""Messages of gateway.v1 to and from the engine's nouns."""
