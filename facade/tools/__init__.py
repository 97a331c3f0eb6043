"""Actions as tools of language models."""
