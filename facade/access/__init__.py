"""Access: who calls, and what they may do; import from the defining modules."""
