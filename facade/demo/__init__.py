"""A pet store to try Portico with: a real backend with its own document and state."""
