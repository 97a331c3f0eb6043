"""Path templates: compiled once, filled without a way out of their segments."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from types import MappingProxyType
from urllib.parse import quote, unquote

from facade.errors.caller import ActionUnsupported
from facade.errors.fault import Details, Violation
from facade.transcode.style import LONE_PERCENT

SLOT = re.compile(r"\{([^{}]+)\}")
EXPRESSION = re.compile(r"\{[?&#][^{}]*\}")
"""RFC 6570's expressions of a query or fragment, which OpenAPI does not have but documents do."""
SPLIT = re.compile(r"((?:\{[^{}]*\}|[^?#])*)(?:\?((?:\{[^{}]*\}|[^#])*))?")
"""Path and query; what stands between braces is in neither's way."""
PAIR = re.compile(r"(?:\{[^{}]*\}|[^&])+")
OWN = re.compile(r"([^=]*)=\{([^{}]+)\}")
CONTROL = re.compile(r"[\x00\r\n]")
PARTS = re.compile(r"[/\\]")
PATH = "%!$&'()*+,;=:@"
"""What a segment keeps beside the unreserved characters (RFC 3986 section 3.3)."""
QUERY = PATH + "/?"
"""What a query keeps (RFC 3986 section 3.4)."""
NO_NAMES: Mapping[str, str] = MappingProxyType({})
may_climb = re.compile(r"%|/\.|\\").search
"""Finds what a path has that may have a segment which it resolves away: such a one begins with a
dot, and does so as it stands there where nothing is percent-encoded."""
DECODINGS = 3
"""How often a value is decoded in search of what a careless backend would find."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a parameter's value goes."""

    name: str


Segment = tuple[str | Slot, ...]


@dataclass(frozen=True)
class Template:
    """A path with slots, split at its slashes, and the query that may stand in it."""

    segments: tuple[Segment, ...]
    query: Segment = ()

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The names of the parameters that it takes."""
        parts = (part for segment in (*self.segments, self.query) for part in segment)
        return tuple(dict.fromkeys(part.name for part in parts if isinstance(part, Slot)))

    @cached_property
    def _form(self) -> tuple[str, Callable[[Mapping[str, str]], str | tuple[str, ...]]]:
        """The path with `%s` for each slot, and what takes their values out of all."""
        parts = [part for segment in self.segments for part in ("/", *segment)][1:]
        texts = ("%s" if isinstance(part, Slot) else part.replace("%", "%%") for part in parts)
        names = [part.name for part in parts if isinstance(part, Slot)]
        return "".join(texts), itemgetter(*names) if names else _nothing

    def fill(self, values: Mapping[str, str]) -> str:
        """The path, of values that are percent-encoded already, one for each slot."""
        form, values_of = self._form
        return form % values_of(values)

    def fill_query(self, values: Mapping[str, str]) -> str:
        """The query that stands in the template, empty where there is none."""
        return _text(self.query, values) if self.query else ""

    def escapes(self, values: Mapping[str, str]) -> Iterator[str]:
        """The slots whose segment, once filled, is one that a path resolves away."""
        for segment in self.segments:
            names = [part.name for part in segment if isinstance(part, Slot)]
            if names and has_dots(_text(segment, values)):
                yield names[0]


def compile_template(
    path: str, names: Mapping[str, str] = NO_NAMES, own: Collection[str] = ()
) -> Template:
    """Compiles an OpenAPI path: literals are percent-encoded, the fragment is cut off.

    Trailing slashes stay, several slots may share a segment. `names` are the parameters of slots
    that are not called as they are, `own` the query's parameters: they write their pairs
    themselves, so `name={name}` and expressions of a query (`{?name}`) fall away. Raises
    ActionUnsupported where the document's own text holds dot segments.
    """
    before, query = SPLIT.findall(EXPRESSION.sub("", path))[0]
    segments: list[list[str | Slot]] = [[]]
    for part in _parts(before, names):
        if isinstance(part, Slot):
            segments[-1].append(part)
        else:
            _extend(segments, part)
    if segments[0]:
        segments.insert(0, [])
    pairs = "&".join(pair for pair in PAIR.findall(query) if not _is_own(pair, own))
    parts = _parts(pairs, names)
    filled = tuple(each if isinstance(each, Slot) else literal(each, QUERY) for each in parts)
    template = Template(tuple(tuple(segment) for segment in segments), filled)
    _check_literals(template, path)
    return template


def _nothing(values: Mapping[str, str]) -> tuple[str, ...]:
    del values
    return ()


def literal(text: str, safe: str) -> str:
    """Percent-encodes what a document wrote, leaving its own triplets alone."""
    return quote(LONE_PERCENT.sub("%25", text), safe=safe)


def has_dots(text: str) -> bool:
    """Whether a reader that decodes and splits would find `.` or `..` as a segment."""
    if "." not in text and "%" not in text:
        return False
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
    return break_flaw(text)


def break_flaw(text: str) -> str:
    """Why a text may not be part of what goes into a path; empty if it may."""
    if "%" not in text and text.isprintable():
        return ""
    if any(CONTROL.search(decoded) for decoded in decodings(text)):
        return "has a line break or NUL, which no path may hold"
    return ""


def segments_flaw(text: str) -> str:
    """Why a text that may hold several segments has an empty one; empty if it has none."""
    if text.startswith("/") or "//" in text:
        return "has an empty segment, between two slashes or before the first"
    return ""


def _parts(text: str, names: Mapping[str, str]) -> Iterator[str | Slot]:
    """The text, split at its slots."""
    for index, piece in enumerate(SLOT.split(text)):
        if index % 2:
            yield Slot(names.get(piece, piece))
        elif piece:
            yield piece


def _is_own(pair: str, own: Collection[str]) -> bool:
    """Whether a pair is that of a parameter of the query, under its own name."""
    match = OWN.fullmatch(pair)
    return match is not None and match[2] in own and unquote(match[1]) == match[2]


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
