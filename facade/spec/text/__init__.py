"""Text: JSON and YAML become trees, and a pointer a line."""
