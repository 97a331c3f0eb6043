"""The parameters of a request become arguments again: path, query, header fields and cookies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import msgspec

from facade.errors.caller import InvalidParameters
from facade.model.action import Action, Location, Parameter, Style
from facade.model.version import Serialization
from facade.transcode.arguments import Defect
from facade.transcode.json_text import is_json
from facade.transcode.media_type import is_json as is_json_type
from facade.transcode.media_type import parse as parse_type
from facade.transcode.parameter_content import FORM
from facade.transcode.reading.form import read_form
from facade.transcode.reading.kind import Fragment, Kind, dumps, kind_of
from facade.transcode.reading.pairs import Pairs, Read, read_pairs
from facade.transcode.reading.style import (
    Reading,
    decoder,
    from_uri,
    reading_of,
    unquoted,
)
from facade.transcode.style import DEFAULTS, TABLE, shape_of
from facade.transcode.xml.read import read_xml
from facade.transcode.xml.tree import XmlDefect


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How the parameters of an action are read, compiled once."""

    path: tuple[Reading, ...]
    query: tuple[Reading, ...]
    querystring: Reading | None
    """Of the whole query."""
    headers: tuple[Reading, ...]
    declared: frozenset[str]
    """The names of the header fields among them, in lower case."""
    cookies: tuple[Reading, ...]


class Raw(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a request that parameters stand in, as they came."""

    slots: Mapping[str, str]
    """The texts of the path's slots, by the names of their parameters."""
    query: Sequence[str]
    headers: Mapping[str, str]
    """By lower-case name; several lines of one name are one list (RFC 9110 section 5.3)."""


Unclaimed = tuple[Location, str, str]
"""Where something stands that the document does not declare, its name and its value."""


def compile_readings(action: Action, serialization: Serialization) -> Readings:
    """Compiles how an action's parameters are read."""

    def at(location: Location) -> tuple[Reading, ...]:
        found = (each for each in action.parameters if each.location is location)
        return tuple(_reading(each, serialization) for each in found)

    headers = at(Location.HEADER)
    return Readings(
        path=at(Location.PATH),
        query=at(Location.QUERY),
        querystring=next(iter(at(Location.QUERYSTRING)), None),
        headers=headers,
        declared=frozenset(each.name.lower() for each in headers),
        cookies=at(Location.COOKIE),
    )


def read_parameters(readings: Readings, raw: Raw) -> tuple[Read, list[Unclaimed]]:
    """Reads the values of all parameters by key, and what no parameter takes."""
    read, unclaimed = Read(), list[Unclaimed]()
    for each in readings.path:
        if each.name in raw.slots:
            read.text(each, raw.slots[each.name])
    for each in readings.headers:
        text = raw.headers.get(each.name.lower())
        if text is not None:
            read.text(each, text)
    whole = readings.querystring
    if raw.query and whole is not None:
        read.text(whole, "&".join(raw.query))
    elif raw.query:
        _take(read, unclaimed, readings.query, Location.QUERY, _in_query(raw.query))
    if "cookie" in raw.headers:
        plain = any(each.spreads and each.decode is str for each in readings.cookies)
        cookies = _in_cookie(raw.headers["cookie"], str if plain else unquoted)
        _take(read, unclaimed, readings.cookies, Location.COOKIE, cookies)
    return read, unclaimed


def _take(
    read: Read,
    unclaimed: list[Unclaimed],
    readings: tuple[Reading, ...],
    location: Location,
    found: Iterator[tuple[str, str]],
) -> None:
    pairs = Pairs(found)
    taken = read_pairs(readings, pairs)
    read.fragments |= taken.fragments
    read.flaws |= taken.flaws
    unclaimed.extend((location, name, value) for name, value in pairs.left)


def _in_query(pairs: Sequence[str]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        name, _, value = pair.partition("=")
        if pair:
            yield unquoted(name.replace("+", " ")), value


def _in_cookie(field: str, decode: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for pair in field.split(";"):
        name, mark, value = pair.strip(" \t").partition("=")
        if mark:
            yield decode(name), value


def _reading(parameter: Parameter, serialization: Serialization) -> Reading:
    kind = kind_of(parameter.schema)
    if parameter.media_type is None:
        return reading_of(parameter, shape_of(parameter, serialization), kind)
    media_type = parameter.media_type
    return Reading(
        key=parameter.key,
        name=parameter.name,
        row=TABLE[DEFAULTS.get(parameter.location, Style.FORM)],
        explode=False,
        joints=(),
        decode=_decoder(parameter, media_type),
        kind=kind,
        allow_empty=parameter.allow_empty,
        content=partial(_content, parameter, media_type, kind),
    )


def _decoder(parameter: Parameter, media_type: str) -> Callable[[str], str]:
    """A whole query that is a format of its own, and a cookie that is not JSON, are not encoded."""
    location, as_json = parameter.location, is_json_type(media_type)
    if location is Location.COOKIE:
        parsed = parse_type(media_type)
        return from_uri if as_json or (parsed is not None and parsed.is_xml) else str
    if location is Location.QUERYSTRING:
        parsed = parse_type(media_type)
        own = parsed is not None and (parsed.essence == FORM or parsed.type == "text")
        return str if own else from_uri
    return decoder(parameter, DEFAULTS[location])


def _content(parameter: Parameter, media_type: str, kind: Kind, text: str) -> Fragment:
    """A value out of the text of its media type."""
    if is_json_type(media_type):
        return text if is_json(text.encode()) else dumps(text)
    parsed = parse_type(media_type)
    if parsed is not None and parsed.essence == FORM and "object" in kind.types:
        return _form(parameter, kind, text)
    if parsed is not None and parsed.is_xml and parameter.xml is not None:
        with suppress(XmlDefect):
            return read_xml(text.encode(), parameter.xml)
    return kind.scalar(text)


def _form(parameter: Parameter, kind: Kind, text: str) -> Fragment:
    try:
        return read_form(text, kind, parameter.encoding, "")
    except InvalidParameters as fault:
        raise Defect(fault.details.violations[0].description) from None
