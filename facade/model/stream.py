"""Wanted, Opening and the items of a stream; StreamedBody, which goes out as it comes."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from facade.model.call import Exchange
from facade.model.paging import Ending, PageRule


class Framing(StrEnum):
    """Where in an answer one item ends and the next begins."""

    AUTO = "auto"
    """By the answer's media type, and by the document where that says nothing."""
    EVENTS = "events"
    """Server-sent events (WHATWG HTML section 9.2)."""
    LINES = "lines"
    """A JSON value in each line: NDJSON, JSON Lines."""
    SEQUENCE = "sequence"
    """JSON texts behind record separators (RFC 7464)."""
    ELEMENTS = "elements"
    """The elements of one JSON array."""
    CHUNKS = "chunks"
    """Bytes as they come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a caller wants of a stream, beside the call itself."""

    framing: Framing = Framing.AUTO
    path: tuple[str, ...] = ()
    """Of ELEMENTS: the names and indices that lead to the array; none: the answer is it."""
    last_event_id: str = ""
    """Of EVENTS: the last one that the caller has seen."""
    reconnect: bool = False
    """Of EVENTS: take a stream up again that was cut off."""
    handed_on: bool = False
    """Of CHUNKS: whatever the status, and with nothing blanked, for a face that hands it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What comes before the items: status and headers, or the request that would be sent."""

    exchange: Exchange
    framing: Framing = Framing.AUTO
    """AUTO only for a dry run."""
    content_type: str = ""
    """As the backend said it."""
    rule: PageRule | None = None
    """Of pages: the rule that is followed."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What a face says before the answer: `ratelimit`, `ratelimit-policy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One server-sent event."""

    id: str = ""
    """The last that was said, with this event or an earlier one."""
    type: str = "message"
    data: str = ""
    """Its lines, joined by a line feed."""
    is_json: bool = False
    """Whether the data is one JSON value."""
    retry: int | None = None
    """Milliseconds to wait before a reconnection, where the server has said so since the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One JSON value, byte for byte as the backend sent it."""

    json: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Bytes of a body."""

    data: bytes


Item: TypeAlias = Event | Element | Chunk

Telling: TypeAlias = AsyncGenerator[Opening | Item | Ending, None]
"""What comes before the items, the items, and behind those of pages the Ending. To be closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedBody:
    """A request body that is read while it is sent, between bytes that are known beforehand."""

    chunks: AsyncIterator[bytes]
    size: int | None = None
    """Bytes of the chunks together; None: unknown, so that the body goes out chunked."""
    before: bytes = b""
    after: bytes = b""
    deadline: float | None = None
    """Seconds for the whole exchange; None: as long as it moves."""

    @property
    def length(self) -> int | None:
        """Bytes of the whole body, if known."""
        return None if self.size is None else len(self.before) + self.size + len(self.after)
