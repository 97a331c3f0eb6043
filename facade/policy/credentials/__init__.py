"""Credentials: a plan is signed with what its version and its caller hold for it."""
