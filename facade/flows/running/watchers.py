"""Watchers: how many look at runs at a time, since each of them asks the ledger again and again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from facade.errors.events import TooManyWatchers

MOST, OF_TENANT = 1000, 100
"""In one process, of all tenants and of one."""


class Watchers:
    """Counts who watches runs in this process."""

    def __init__(self) -> None:
        """Knows of nobody yet."""
        self._by_tenant: Counter[str] = Counter()

    @contextmanager
    def one(self, tenant: str) -> Iterator[None]:
        """Counts one more while it goes on; raises TooManyWatchers where that is one too many."""
        if self._by_tenant.total() >= MOST or self._by_tenant[tenant] >= OF_TENANT:
            text = f"{self._by_tenant[tenant]} callers of this tenant watch runs here already"
            raise TooManyWatchers(text)
        self._by_tenant[tenant] += 1
        try:
            yield
        finally:
            self._by_tenant[tenant] -= 1
            if not self._by_tenant[tenant]:
                del self._by_tenant[tenant]
