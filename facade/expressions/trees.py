"""Trees of JMESPath, as its library makes them."""

from typing import Any, Final

MAX_DEPTH: Final = 64
"""Expressions within one another."""

Node = dict[str, Any]
"""`type`, `children`, `value`; fields and functions with `at`, where they stand in the text."""
