"""Checking: what of a definition cannot work, by what is known before it runs."""
