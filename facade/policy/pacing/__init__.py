"""Pacing: a backend that says when to come back is not asked before."""
