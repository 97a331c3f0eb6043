"""Remote: the answers that processes share, sealed, in a store that may lie and may be gone."""

import logging
import os
from collections.abc import Callable

from facade.caching.entry import EMPTY, Record, decode_record, encode_record
from facade.policy.cache.memory import Found
from facade.policy.cache.naming import Key, marker_of
from facade.sealing import Seal
from facade.stores.shared import Script, Shared

LOGGER = logging.getLogger(__name__)

MARKED = 24 * 3600.0
"""Seconds for which a marker is kept: longer than any entry, and than the call that stores it."""

STORE = Script(
    "cache_store",
    """\
-- Sets the entry KEYS[2] for ARGV[4] ms if the marker KEYS[1] still is ARGV[1]. Where there was
-- none (ARGV[1] is empty) and is none, ARGV[2] becomes it.
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

    def __init__(self, shared: Shared, seal: Seal, clock: Callable[[], float]) -> None:
        """Takes the store, the seal of what goes into it, and a clock in seconds."""
        self._shared = shared
        self._seal = seal
        self._clock = clock
        self._spoken = -QUIET
        self.foreign = 0
        """Values that were not what was written under their key."""

    async def read(self, key: Key) -> Found:
        """Looks a record up, in one command; raises SharedGone."""
        value, marker = await self._shared.get(key.entry, key.marker)
        found = Found(EMPTY, marker or b"")
        if value is None:
            return found
        plain = self._seal.unseal(value, key.entry.encode())
        if plain is None:
            self._suspect()
            await self._shared.delete(key.entry)
            return found
        written = decode_record(plain)
        if written is None or written[0] != marker:
            return found
        return Found(written[1], marker)

    async def write(self, key: Key, record: Record, marker: bytes, ttl: float) -> None:
        """Keeps a record, unless its path was given another marker; raises SharedGone."""
        token = os.urandom(12)
        plain = encode_record(record, marker or token)
        sealed = self._seal.seal(plain, key.entry.encode())
        times = (str(int(ttl * 1000)), str(int(MARKED * 1000)))
        await self._shared.run(STORE, [key.marker, key.entry], [marker, token, sealed, *times])

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
