"""Memory: the answers that this process has at hand, the longest unused going first."""

from collections import OrderedDict

import msgspec

from facade.caching.entry import EMPTY, Record

WHOLE = 64 * 2**20
"""Bytes of all records."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """What a look-up found."""

    record: Record
    marker: bytes = b""
    """The word under which it is good, where processes share it; empty where there was none."""


NOTHING = Found(EMPTY)


class _Part(OrderedDict[str, None]):
    """The keys of one tenant's records, the longest unused first."""

    __slots__ = ("size", "tenant")

    def __init__(self, tenant: str) -> None:
        super().__init__()
        self.tenant = tenant
        self.size = 0


class _Held(msgspec.Struct, frozen=True, gc=False):
    found: Found
    tag: str
    part: _Part
    size: int
    until: float


class Memory:
    """Records by key, each under the tag of the path that it is of.

    Where it is full, a tenant that has more than an equal part gives way before others do.
    """

    def __init__(self, limit: int = WHOLE) -> None:
        """Takes how many bytes it may hold, roughly."""
        self._limit = limit
        self._size = 0
        self._held: dict[str, _Held] = {}
        self._parts: dict[str, _Part] = {}
        """By tenant."""
        self._keys: dict[str, set[str]] = {}

    def get(self, key: str, now: float) -> Found | None:
        """What is there; None where there is none, or its time is over."""
        held = self._held.get(key)
        if held is None:
            return None
        if held.until <= now:
            self.forget(key)
            return None
        held.part.move_to_end(key)
        return held.found

    def put(self, key: str, tag: str, found: Found, until: float, tenant: str = "") -> None:
        """Keeps a record until then."""
        held = self._held
        if key in held:
            self.forget(key)
        part = self._parts.get(tenant)
        if part is None:
            part = self._parts[tenant] = _Part(tenant)
        size = found.record.size + len(key)
        held[key] = _Held(found, tag, part, size, until)
        part[key] = None
        keys = self._keys.get(tag)
        if keys is None:
            self._keys[tag] = {key}
        else:
            keys.add(key)
        part.size += size
        self._size += size
        while self._size > self._limit:
            self.forget(next(iter(self._giving_way(part))))

    def forget(self, key: str) -> None:
        """Drops a record."""
        held = self._held.pop(key, None)
        if held is None:
            return
        self._size -= held.size
        part = held.part
        part.size -= held.size
        del part[key]
        if not part:
            del self._parts[part.tenant]
        keys = self._keys[held.tag]
        keys.discard(key)
        if not keys:
            del self._keys[held.tag]

    def drop(self, tag: str) -> None:
        """Drops all records of a path."""
        for key in tuple(self._keys.get(tag, ())):
            self.forget(key)

    def clear(self) -> None:
        """Drops everything."""
        self._held.clear()
        self._parts.clear()
        self._keys.clear()
        self._size = 0

    def _giving_way(self, last: _Part) -> _Part:
        """Of whom a record goes: of who has put the last one, or else of who has most."""
        if last.size * len(self._parts) >= self._limit:
            return last
        return max(self._parts.values(), key=_size)


def _size(part: _Part) -> int:
    return part.size
