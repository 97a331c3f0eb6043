"""Spans, and every name that they use."""
