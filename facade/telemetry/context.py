"""Context: what a request says of the trace that it belongs to (W3C Trace Context, W3C Baggage)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from facade.model.face import joined

TRACEPARENT, TRACESTATE, BAGGAGE = "traceparent", "tracestate", "baggage"

FIELDS = frozenset({TRACEPARENT, TRACESTATE, BAGGAGE})
"""The header fields and metadata that are looked at."""

MAX_TRACEPARENT = 512
MAX_TRACESTATE = 8192
MAX_BAGGAGE = 8192
"""Bytes; what is longer is dropped before anything reads it."""

MAX_MEMBERS = 32
"""Of a tracestate (Trace Context section 3.3.1.1)."""
MAX_ENTRIES = 64
"""Of a baggage (Baggage section 3.3.2)."""

SAMPLED = 0x01
KNOWN_FLAGS = 0x03
"""Sampled, and random of level 2; all others are not ours to hand on."""

FORBIDDEN = "ff"
"""The version that is none (Trace Context section 3.2.2.1)."""

_IDS = r"([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})"
_PARENT = re.compile(rf"{_IDS}-([0-9a-f]{{2}})(-.*)?")
_HALF = re.compile(_IDS)

_KEY = r"(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
_VALUE = r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
_MEMBER = re.compile(rf"{_KEY}={_VALUE}")

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105 - RFC 9110 section 5.6.2, no secret
_OCTETS = r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*+"
_EQUALS = r"[ \t]*+=[ \t]*+"
_PROPERTY = rf"[ \t]*+;[ \t]*+{_TOKEN}(?:{_EQUALS}{_OCTETS})?+"
_ENTRY = re.compile(rf"({_TOKEN}){_EQUALS}{_OCTETS}(?:{_PROPERTY})*+")


class Link(NamedTuple):
    """A span somewhere, by its ids in hexadecimal."""

    trace_id: str
    span_id: str


class Context(msgspec.Struct, frozen=True, gc=False):
    """What came with a request."""

    parent: Link | None = None
    """The caller's span."""
    flags: int = 0
    """What the caller has decided, where there is a parent."""
    state: str = ""
    """The `tracestate`, as it came."""
    baggage: str = ""
    """As it came."""
    torn: Link | None = None
    """What could be read of a `traceparent` that is none: a new trace is linked to it."""


NOTHING = Context()


def read(carrier: Mapping[str, str]) -> Context:
    """Reads the context of a request from its fields, by their lower-case names.

    Whatever is wrong with it is as good as not there: no call fails for its context.
    """
    if not carrier:
        return NOTHING
    text, baggage = carrier.get(TRACEPARENT), carrier.get(BAGGAGE)
    if text is None and baggage is None:
        return NOTHING
    kept = _baggage(baggage) if baggage else ""
    text = text.strip(" \t") if text and len(text) <= MAX_TRACEPARENT else ""
    found = _PARENT.fullmatch(text)
    if found is None or found[1] == FORBIDDEN or (found[1] == "00" and found[5]):
        half = _HALF.match(text)
        return Context(baggage=kept, torn=Link(half[2], half[3]) if half else None)
    flags = int(found[4], 16) & KNOWN_FLAGS
    state = carrier.get(TRACESTATE)
    return Context(Link(found[2], found[3]), flags, _state(state) if state else "", kept)


def carried(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those of a request's fields that say which trace it is; repeats joined by a comma."""
    return joined((name, value) for name, value in fields if name in FIELDS)


def entries(baggage: str, keys: frozenset[str]) -> str:
    """The entries of a baggage that have one of the keys, each as it came."""
    return ",".join(text for key, text in _entries(baggage) if key in keys)


def _state(text: str) -> str:
    """A `tracestate` that may go on, else nothing (Trace Context section 3.3)."""
    if len(text) > MAX_TRACESTATE:
        return ""
    members = [each for each in (part.strip(" \t") for part in text.split(",")) if each]
    keys = {each.partition("=")[0] for each in members}
    fine = len(keys) == len(members) <= MAX_MEMBERS and all(map(_MEMBER.fullmatch, members))
    return text if fine else ""


def _baggage(text: str) -> str:
    """A baggage that may go on, else nothing (Baggage section 3.3)."""
    if len(text) > MAX_BAGGAGE or text.count(",") >= MAX_ENTRIES:
        return ""
    return ",".join(each for _, each in _entries(text))


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """The entries that can be read: the key, and the whole as it came."""
    for part in text.split(","):
        entry = part.strip(" \t")
        found = _ENTRY.fullmatch(entry)
        if found is not None:
            yield found[1], entry
