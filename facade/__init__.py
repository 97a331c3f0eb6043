"""The engine of Portico, and its HTTP face."""
