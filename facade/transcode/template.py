"""Path templates: compiled once, filled without a way out of their segments."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from facade.errors.caller import ActionUnsupported
from facade.errors.fault import Details, Violation
from facade.transcode.style import LONE_PERCENT

SLOT = re.compile(r"\{([^{}]+)\}")
CONTROL = re.compile(r"[\x00\r\n]")
PARTS = re.compile(r"[/\\]")
PATH = "%!$&'()*+,;=:@"
"""What a segment keeps beside the unreserved characters (RFC 3986 section 3.3)."""
QUERY = PATH + "/?"
"""What a query keeps (RFC 3986 section 3.4)."""
DECODINGS = 3
"""How often a value is decoded in search of what a careless backend would find."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a parameter's value goes."""

    name: str


Segment = tuple[str | Slot, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A path with slots, split at its slashes, and the query that may stand in it."""

    segments: tuple[Segment, ...]
    query: Segment = ()

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the parameters that it takes."""
        parts = (part for segment in (*self.segments, self.query) for part in segment)
        return tuple(dict.fromkeys(part.name for part in parts if isinstance(part, Slot)))

    def fill(self, values: Mapping[str, str]) -> str:
        """The path, of values that are percent-encoded already, one for each slot."""
        return "/".join(_text(segment, values) for segment in self.segments)

    def fill_query(self, values: Mapping[str, str]) -> str:
        """The query that stands in the template, empty where there is none."""
        return _text(self.query, values)

    def escapes(self, values: Mapping[str, str]) -> Iterator[str]:
        """The slots whose segment, once filled, is one that a path resolves away."""
        for segment in self.segments:
            names = [part.name for part in segment if isinstance(part, Slot)]
            if names and has_dots(_text(segment, values)):
                yield names[0]


def compile_template(path: str) -> Template:
    """Compiles an OpenAPI path: literals are percent-encoded, the fragment is cut off.

    Trailing slashes stay, several slots may share a segment. Raises ActionUnsupported where the
    document's own text holds dot segments.
    """
    segments: list[list[str | Slot]] = [[]]
    query: list[str | Slot] = []
    in_query = False
    for index, piece in enumerate(SLOT.split(path)):
        if index % 2:
            (query if in_query else segments[-1]).append(Slot(piece))
            continue
        text, hash_, _ = piece.partition("#")
        if not in_query:
            text, mark, rest = text.partition("?")
            _extend(segments, text)
            in_query = bool(mark)
            text = rest
        if text:
            query.append(literal(text, QUERY))
        if hash_:
            break
    if segments[0]:
        segments.insert(0, [])
    template = Template(tuple(tuple(segment) for segment in segments), tuple(query))
    _check_literals(template, path)
    return template


def literal(text: str, safe: str) -> str:
    """Percent-encodes what a document wrote, leaving its own triplets alone."""
    return quote(LONE_PERCENT.sub("%25", text), safe=safe)


def has_dots(text: str) -> bool:
    """Whether a reader that decodes and splits would find `.` or `..` as a segment."""
    return any(
        part.partition(";")[0] in {".", ".."}
        for decoded in decodings(text)
        for part in PARTS.split(decoded)
    )


def decodings(text: str) -> Iterator[str]:
    """The text, and what repeated percent-decoding makes of it."""
    yield text
    for _ in range(DECODINGS):
        decoded = unquote(text)
        if decoded == text:
            return
        yield decoded
        text = decoded


def value_flaw(text: str) -> str:
    """Why a text may not go into a path, before it is encoded; empty if it may."""
    if has_dots(text):
        return "has a dot segment (`.` or `..`), also when decoded; a path must not climb"
    if any(CONTROL.search(decoded) for decoded in decodings(text)):
        return "has a line break or NUL, which no path may hold"
    return ""


def _extend(segments: list[list[str | Slot]], text: str) -> None:
    first, *others = text.split("/")
    if first:
        segments[-1].append(literal(first, PATH))
    segments.extend([literal(part, PATH)] if part else [] for part in others)


def _text(segment: Segment, values: Mapping[str, str]) -> str:
    return "".join(values[part.name] if isinstance(part, Slot) else part for part in segment)


def _check_literals(template: Template, path: str) -> None:
    blank = dict.fromkeys(template.slots, "x")
    if any(has_dots(_text(segment, blank)) for segment in template.segments):
        description = f"the path `{path[:200]}` has dot segments, which leave the server's base"
        raise ActionUnsupported(
            description,
            details=Details(violations=(Violation(field=path, description=description),)),
        )
