"""Portico's own API, as REST."""
