"""portico, the command: it speaks to a gateway as any caller does."""
