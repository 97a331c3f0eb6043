"""History: which calls and runs there were, what they say together, and alerts about it."""
