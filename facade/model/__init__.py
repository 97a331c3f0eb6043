"""Nouns: what the rest of the house speaks of, with no behaviour beyond themselves."""
