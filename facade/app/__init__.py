"""The facade's own HTTP face."""
