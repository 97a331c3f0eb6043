"""Ports: which one a URL means that names none (RFC 9110 section 4.2)."""

from collections.abc import Mapping
from types import MappingProxyType

DEFAULT_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})
"""By scheme."""
