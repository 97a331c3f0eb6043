"""Overload: so much is under way at once that all of it is done in time."""
