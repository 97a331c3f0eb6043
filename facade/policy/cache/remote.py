"""Remote: the answers that processes share, sealed, in a store that may lie and may be gone."""

import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from facade.caching.entry import EMPTY, Record, decode_record, encode_record
from facade.policy.cache.memory import NOTHING, Found
from facade.policy.cache.naming import CacheKey, marker_of
from facade.policy.cache.quota import Quota
from facade.sealing import Seal
from facade.stores.shared import Script, Shared, SharedGone

LOGGER = logging.getLogger(__name__)

MARKED = 24 * 3600.0
"""Seconds for which a marker is kept: longer than any entry, and than the call that stores it."""

LEAD = Script(
    "cache_lead",
    """\
-- Takes the lease KEYS[3] for ARGV[2] ms, unless it is held; it holds ARGV[1] meanwhile. Answers
-- ARGV[1], whether it was taken, the entry KEYS[2] and the marker KEYS[1] as they are now.
local taken = redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2])
return {ARGV[1], taken and 1 or 0, redis.call('MGET', KEYS[2], KEYS[1])}
""",
)

LEAVE = Script(
    "cache_leave",
    """\
-- Gives the lease KEYS[1] back, if ARGV[1] is what it was taken under; so goes any other value.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 0
""",
)

DROP = Script("cache_drop", "return redis.call('DEL', KEYS[1])")

_MARKED = str(int(MARKED * 1000))

STORE = Script(
    "cache_store",
    """\
-- Gives the lease KEYS[3] back that was taken under ARGV[6], and sets the entry KEYS[2] for ARGV[4]
-- ms if the marker KEYS[1] still is ARGV[1]. Where there was none (ARGV[1] is empty) and is none,
-- ARGV[2] becomes it.
if ARGV[6] ~= '' and redis.call('GET', KEYS[3]) == ARGV[6] then
  redis.call('DEL', KEYS[3])
end
local marker = redis.call('GET', KEYS[1])
if not marker and ARGV[1] == '' then
  marker = ARGV[2]
  redis.call('SET', KEYS[1], marker, 'PX', ARGV[5])
elseif marker ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
return 1
""",
)

QUIET = 60.0
"""Seconds between two words in the log about values that are not ours."""


class Remote:
    """Reads and writes records.

    One counts only under the marker that it was written under: to invalidate a path is to give it
    another marker, whatever any clock says.
    """

    def __init__(
        self, shared: Shared, seal: Seal, clock: Callable[[], float], quota: Quota
    ) -> None:
        """Takes the store, the seal of what goes into it, a clock, and what tenants may have."""
        self._shared = shared
        self._seal = seal
        self._clock = clock
        self._quota = quota
        self._spoken = -QUIET
        self.foreign = 0
        """Values that were not what was written under their key."""

    def look(self, key: CacheKey) -> Awaitable[list[bytes | None]]:
        """Begins to look a record up, in one command, for `read`."""
        return self._shared.get(key.entry, key.marker)

    def lead(self, key: CacheKey, mark: bytes, seconds: float) -> Awaitable[Any]:
        """Begins to take the lease of a record and to look it up, in one command, for `led`."""
        keys = [key.marker, key.entry, key.lease]
        return self._shared.run(LEAD, keys, [mark, str(int(seconds * 1000))])

    def leave(self, key: CacheKey, mark: bytes) -> None:
        """Gives the lease back that was taken under a mark, if it was."""
        self._shared.send(LEAVE, [key.lease], [mark])

    def led(self, key: CacheKey, mark: bytes, said: Any) -> tuple[bool, Found]:
        """Whether the lease was taken, and what there is of the record; raises SharedGone.

        An answer that is another's is as good as none.
        """
        match said:
            case [bytes(echo), (0 | 1) as taken, [_, _] as values] if echo == mark:
                return taken == 1, self.read(key, values)
        raise SharedGone("protocol")

    def read(self, key: CacheKey, values: Sequence[Any]) -> Found:
        """A record and its marker, of what stands where they are kept."""
        value, marker = values
        if value is None:
            return Found(EMPTY, marker) if marker else NOTHING
        plain = self._seal.unseal(value, key.entry.encode())
        if plain is None:
            self._suspect()
            self._shared.send(LEAVE, [key.entry], [value])
        else:
            written = decode_record(plain)
            if written is not None and written[0] == marker:
                return Found(written[1], marker)
        return Found(EMPTY, marker or b"")

    def write(self, key: CacheKey, record: Record, marker: bytes, ttl: float, mark: bytes) -> None:
        """Keeps a record soon, unless its path is given another marker, and ends its lease.

        What its tenant has kept longest goes for it, where that is too much.
        """
        token = marker or os.urandom(12)
        sealed = self._seal.seal(encode_record(record, token), key.entry.encode())
        words: list[bytes | str] = [marker, token, sealed, str(int(ttl * 1000)), _MARKED, mark]
        self._shared.send(STORE, [key.marker, key.entry, key.lease], words)
        now, peers = self._clock(), self._shared.peers
        for entry in self._quota.kept(key, len(sealed), now + ttl, now, peers):
            self._shared.send(DROP, [entry], ())

    def invalidate(self, tag: str) -> bytes:
        """Makes all that is kept of a path useless; gives the path's marker."""
        token = os.urandom(12)
        self._shared.put(marker_of(tag), token, MARKED)
        return token

    def _suspect(self) -> None:
        """Counts a value that is not ours, and says so now and then."""
        self.foreign += 1
        now = self._clock()
        if now - self._spoken >= QUIET:
            self._spoken = now
            LOGGER.warning(
                "The shared store gave %d values that were not sealed for their keys: each is "
                "taken for a miss. Somebody else writes to it, or mixes its answers up.",
                self.foreign,
            )
