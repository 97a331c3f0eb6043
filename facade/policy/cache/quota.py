"""Quota: how many bytes of what processes share are each tenant's, roughly."""

from collections import OrderedDict

from facade.policy.cache.naming import CacheKey

ENTRY = 256
"""Bytes that a record costs the store beside its key and its value, with the marker of its path,
which outlives it."""

KEYS = 100_000
"""Records of which this process remembers that it has kept them, about 300 bytes each."""


class _Part(OrderedDict[str, tuple[int, float]]):
    """The bytes of one tenant's records, and until when each is kept, the oldest first."""

    size = 0


class Quota:
    """Counts what this process has kept for each tenant; the oldest of its own gives way.

    Each process has its share of a tenant's quota, so that none has to ask the others. Without
    tenants there is nobody who could be crowded out, and no quota.
    """

    def __init__(self, limit: int) -> None:
        """Takes the bytes that a tenant may have; 0: as many as there are."""
        self._limit = limit
        self._parts: dict[str, _Part] = {}
        self._keys = 0

    def kept(self, key: CacheKey, size: int, until: float, now: float, peers: int) -> list[str]:
        """Is told of a record that one of so many processes keeps; gives those that are to go."""
        tenant = key.tenant
        if not (tenant and self._limit):
            return []
        part = self._parts.get(tenant)
        if part is None:
            part = self._parts[tenant] = _Part()
        self._forget(part, key.entry)
        size += len(key.entry) + ENTRY
        part[key.entry] = size, until
        part.size += size
        self._keys += 1
        going: list[str] = []
        share = self._limit // peers
        while part.size > share:
            oldest = next(iter(part))
            if part[oldest][1] > now:
                going.append(oldest)
            self._forget(part, oldest)
        if self._keys > KEYS:
            most = max(self._parts.values(), key=len)
            self._forget(most, next(iter(most)))
        if not part:
            del self._parts[tenant]
        return going

    def _forget(self, part: _Part, entry: str) -> None:
        size, _ = part.pop(entry, (0, 0.0))
        if size:
            part.size -= size
            self._keys -= 1
