"""Scope: what a transaction is for, before a database begins it."""

from dataclasses import dataclass
from typing import Final

EVERY_TENANT: Final = "*"
"""Instead of a tenant: the rows of all. For whoever reads the whole ledger, or chains its audit."""

WRITERS: Final = "writers"
"""The lock that writers take who name none: one of them at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a transaction may do and see, and how long it may take where a server counts that."""

    writes: bool = False
    tenant: str | None = None
    """Whose rows it sees; None: of no table that has tenants."""
    lock: str = WRITERS
    """What no two transactions that write hold at once."""
    statement: float = 2.0
    """Seconds for one statement."""
    wait: float = 1.0
    """Seconds for a lock."""
