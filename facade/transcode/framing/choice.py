"""Which framing an answer has, and the decoder of it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from facade.model.action import Action, Media
from facade.model.stream import Framing, Item, Wanted
from facade.transcode.accept import accepts
from facade.transcode.answers import Expected
from facade.transcode.framing.decoder import Chunks, Decoder, Judge, Utf8
from facade.transcode.framing.elements import Elements
from facade.transcode.framing.events import Events
from facade.transcode.framing.lines import Lines
from facade.transcode.framing.sequence import Sequence
from facade.transcode.json_sequence import LINE, separator_of
from facade.transcode.media_type import MediaType, parse

EVENT_STREAM = "text/event-stream"

SILENT = frozenset({"application/octet-stream", "binary/octet-stream", "text/plain"})
"""Types that servers name for want of a better one."""

STREAMED: Mapping[Framing, frozenset[Framing]] = MappingProxyType(
    {
        Framing.AUTO: frozenset({Framing.EVENTS, Framing.LINES, Framing.SEQUENCE}),
        Framing.EVENTS: frozenset({Framing.EVENTS}),
        Framing.LINES: frozenset({Framing.LINES}),
        Framing.SEQUENCE: frozenset({Framing.SEQUENCE}),
    }
)
"""The framings that are asked for before any other, by what the caller wants."""


class Decoding:
    """The decoder of one answer, behind what makes UTF-8 of its text."""

    def __init__(self, framing: Framing, path: tuple[str, ...], charset: str, judge: Judge) -> None:
        """Takes a framing other than AUTO; raises BackendBadResponse for an unknown charset."""
        self.events = Events(judge) if framing is Framing.EVENTS else None
        """What knows where to take the stream up again."""
        self._decoder = self.events or _decoder(framing, path, judge)
        self._text: Utf8 | None = None
        if framing is not Framing.CHUNKS:
            self._text = Utf8("" if framing is Framing.EVENTS else charset, judge)

    def feed(self, data: bytes) -> Iterator[Item]:
        """Gives the items that more data completes; raises BackendBadResponse, ResponseTooLarge."""
        return self._decoder.feed(self._text.feed(data) if self._text else data)

    def finish(self) -> Iterator[Item]:
        """Gives the items that the end completes; raises what `feed` raises."""
        if self._text:
            yield from self._decoder.feed(self._text.feed(b"", last=True))
        yield from self._decoder.finish()


def _decoder(framing: Framing, path: tuple[str, ...], judge: Judge) -> Decoder:
    match framing:
        case Framing.LINES:
            return Lines(judge)
        case Framing.SEQUENCE:
            return Sequence(judge)
        case Framing.ELEMENTS:
            return Elements(judge, path, lone=not path)
    return Chunks()


def framing_of(kind: MediaType, media: Media | None = None) -> Framing:
    """The framing of a media type, and of one whose items the document describes (OAS 3.2)."""
    if kind.essence == EVENT_STREAM:
        return Framing.EVENTS
    separator = separator_of(kind)
    if separator is not None:
        return Framing.LINES if separator == LINE else Framing.SEQUENCE
    if kind.is_json:
        return Framing.ELEMENTS
    described = media is not None and media.item_schema is not True
    itemised = described and kind.type in ("application", "text") and not kind.is_range
    return Framing.LINES if itemised else Framing.CHUNKS


def choose(
    wanted: Framing, kind: MediaType | None, expected: Expected | None, asked: str
) -> Framing | None:
    """The framing of an answer of that type; None where it is not the answer that was expected.

    `expected`: what the document says of its status. `asked`: the Accept field of the caller's
    own, whose answer nobody need have declared.
    """
    silent = kind is None or kind.essence in SILENT
    if wanted is Framing.EVENTS and kind is not None and not silent:
        return wanted if kind.essence == EVENT_STREAM else None
    if wanted is not Framing.AUTO:
        return wanted
    media = expected.media if expected else ()
    declared = {framing_of(said, each) for said, each in media}
    if kind is None or silent:
        return declared.pop() if len(declared) == 1 else Framing.CHUNKS
    found = framing_of(kind, expected.nearest(kind) if expected else None)
    stranger = found is Framing.CHUNKS and declared and Framing.CHUNKS not in declared
    return None if stranger and not (asked and accepts(asked, kind)) else found


def accept_for(action: Action, wanted: Wanted) -> str:
    """The Accept field of a stream; empty where it is that of any call.

    A type that the document declares and that is framed as wanted goes first; errors have types
    of their own.
    """
    framings = STREAMED.get(wanted.framing, frozenset())
    for response in action.responses:
        for media in response.media if response.status[:1] in "2dD" else ():
            kind = parse(media.type)
            if kind and not kind.is_range and framing_of(kind, media) in framings:
                return f"{kind.text}, */*;q=0.1"
    return f"{EVENT_STREAM}, */*;q=0.1" if wanted.framing is Framing.EVENTS else ""
