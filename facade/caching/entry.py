"""What is remembered: answers, and the records that hold those of one request."""

import msgspec

from facade.caching.selection import selected_by
from facade.model.call import Headers
from facade.model.said import Fields

MOST_VARIANTS = 8
"""Answers of one record, the latest in front."""

VALIDATORS = frozenset({"etag", "last-modified"})
"""Fields by which the backend can be asked if an answer still holds (RFC 9110 section 8.8)."""

OVERHEAD = 512
"""Bytes that a remembered answer costs beside its body and its fields."""


class Stored(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One answer, and all that decides about its reuse. Times are seconds since the epoch."""

    status: int
    headers: Headers
    """Names in lower case; without Age and what is of one connection."""
    body: bytes
    vary: tuple[str, ...] = ()
    """The request fields that chose it."""
    selected: Headers = ()
    """What they said."""
    made: float
    """When the backend made it, or last said that it holds, by this clock."""
    until: float
    """When it is of no more use, not even to ask the backend if it still holds."""
    lifetime: float
    """Seconds from then for which it is fresh."""
    revalidate: bool = False
    """Whether it must not be given when stale."""
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0
    size: int = OVERHEAD
    """Bytes, roughly."""

    def age(self, now: float) -> float:
        """Seconds since it was made (RFC 9111 section 4.2.3); never negative."""
        return max(0.0, now - self.made)

    def header(self, name: str) -> str | None:
        """The first field of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    def suits(self, fields: Fields) -> bool:
        """Whether it is an answer to a request with these fields."""
        return not self.vary or selected_by(self.vary, fields) == self.selected

    @property
    def validates(self) -> bool:
        """Whether the backend can be asked if it still holds."""
        return not VALIDATORS.isdisjoint(dict(self.headers))


class Record(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What is remembered of one request, whatever its selecting fields say."""

    variants: tuple[Stored, ...] = ()
    """The latest in front."""
    apart_until: float = 0.0
    """Until when answers are taken for such as nobody else may have: requests do not wait for each
    other."""

    def find(self, fields: Fields) -> Stored | None:
        """The answer to a request with these fields."""
        for each in self.variants:
            if each.suits(fields):
                return each
        return None

    @property
    def vary(self) -> frozenset[str]:
        """All fields that choose among its answers."""
        return frozenset().union(*[each.vary for each in self.variants])

    @property
    def until(self) -> float:
        """When none of its answers is of use any more; 0 where there is none."""
        until = 0.0
        for each in self.variants:
            until = max(until, each.until)
        return until

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        size = OVERHEAD
        for each in self.variants:
            size += each.size
        return size

    def holding(self, stored: Stored) -> "Record":
        """With one more answer, in place of that to the same requests."""
        if not self.variants:
            return Record(variants=(stored,))
        same = stored.vary, stored.selected
        others = tuple(each for each in self.variants if (each.vary, each.selected) != same)
        return Record(variants=(stored, *others)[:MOST_VARIANTS])

    def without(self, stored: Stored | None) -> "Record":
        """Without one of its answers, if it is any."""
        if stored is None:
            return self
        return Record(variants=tuple(each for each in self.variants if each is not stored))


EMPTY = Record()

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[bytes, Record])


def encode_record(record: Record, marker: bytes) -> bytes:
    """Writes a record and the marker under which it was made."""
    return _ENCODER.encode((marker, record))


def decode_record(data: bytes) -> tuple[bytes, Record] | None:
    """Reads what `encode_record` wrote; None for anything else, such as an older form."""
    try:
        return _DECODER.decode(data)
    except msgspec.MsgspecError:
        return None
