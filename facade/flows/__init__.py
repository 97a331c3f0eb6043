"""Flows: what runs by itself: written, checked, published, run, and taken up after a crash."""
