"""Limits: how many calls are made for whom, and how many of them at once."""
