"""Validation: arguments and answers held to their schemas."""
