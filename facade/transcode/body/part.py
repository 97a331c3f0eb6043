"""The values of a multipart body become its parts (OAS 3.2 section 4.15)."""

import binascii
from base64 import b16encode, b32encode, b32hexencode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from msgspec import structs

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.action import Media
from facade.model.call import Argument
from facade.transcode.arguments import pointer, refused
from facade.transcode.body.binary import Binary, is_bytes_object, is_wrapped, noted, read_binary
from facade.transcode.body.content import Content, Option
from facade.transcode.body.form import items_of, members_of, pairs_of
from facade.transcode.body.multipart import Part
from facade.transcode.body.part_header import part_headers
from facade.transcode.body.part_rule import OCTETS, Rule, Rules
from facade.transcode.media_type import MediaType, parse

TRANSFER = "Content-Transfer-Encoding"
"""Of `contentEncoding` (OAS 3.2 section 4.15.5.2), and of the format `byte` before it."""
TEXT = "text/plain; charset=utf-8"
JSON = MediaType(text="application/json", type="application", subtype="json")

ENCODERS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "base16": b16encode,
        "base32": b32encode,
        "base32hex": b32hexencode,
        "base64": b64encode,
        "base64url": urlsafe_b64encode,
        "quoted-printable": binascii.b2a_qp,
    }
)
"""How bytes become the text that a schema asks for by `contentEncoding`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A value on its way into a part."""

    name: str | None
    """None in a multipart body whose parts have no names."""
    rule: Rule
    content: Content
    """The body that the part belongs to."""
    argument: Argument
    place: str

    def item(self, index: int, argument: Argument) -> "Spot":
        """The same for an item of it."""
        return replace(self, argument=argument, place=self.place + pointer((index,)))


def parts_of(content: Content) -> list[Part]:
    """Makes the parts of an object, by name, or of an array, by position.

    A form may be an array too: of objects, whose members are its fields in that order. Raises
    InvalidParameters with everything that is wrong with any part.
    """
    parts: list[Part] = []
    problems: list[Violation] = []
    for spot in _spots(content):
        try:
            parts.extend(_parts(spot))
        except InvalidParameters as fault:
            problems.extend(fault.details.violations)
    if problems:
        raise refused(*problems)
    return parts


def judged(value: Any, rules: Rules) -> Any:
    """What of a multipart body its schema speaks of: values without what stands beside them."""
    if isinstance(value, dict):
        return {name: _judged(each, rules.of_name(name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_judged(each, rules.of_position(index)) for index, each in enumerate(value)]
    return value


def _judged(value: Any, rule: Rule) -> Any:
    if isinstance(value, list):
        return [_judged(each, rule) for each in value]
    if isinstance(value, Binary):
        return value.data.decode("latin-1")  # A character an octet: lengths of bytes count those.
    if is_wrapped(value):
        return value["value"]
    if isinstance(value, dict) and _is_bytes(value, rule):
        return value.get("content", value.get("text", ""))
    return value


def _spots(content: Content) -> Iterator[Spot]:
    rules = content.option.rules or Rules()
    argument, place = content.argument, content.place
    if isinstance(argument.value, dict):
        yield from _named(content, rules, argument, place)
        return
    for index, item in enumerate(items_of(argument)):
        inner = place + pointer((index,))
        if content.type.subtype != "form-data":
            yield Spot(None, rules.of_position(index), content, item, inner)
        else:
            yield from _named(content, rules, item, inner)


def _named(content: Content, rules: Rules, argument: Argument, place: str) -> Iterator[Spot]:
    for name, member in members_of(argument).items():
        yield Spot(name, rules.of_name(name), content, member, place + pointer((name,)))


def _parts(spot: Spot) -> Iterator[Part]:
    """By name, an array is one part for each item, and null none; by position, one for each."""
    value, encoding = spot.argument.value, spot.rule.encoding
    if spot.name is None:
        yield _part(spot)
    elif encoding.style is not None and not _is_bytes(value, spot.rule) and not spot.rule.file:
        yield from _styled(spot.name, spot)
    elif isinstance(value, list):
        for index, item in enumerate(items_of(spot.argument)):
            if item.value is not None:
                yield _part(spot.item(index, item))
    elif value is not None:
        yield _part(spot)


def _styled(name: str, spot: Spot) -> Iterator[Part]:
    """By style; nothing is encoded there, so an item must not hold what stands between items."""
    inner, notes = _unwrapped(spot)
    for pair in pairs_of(name, inner.argument, spot.rule.encoding, spot.content.arrays):
        if len(pair.pieces) > 1 and any(pair.delimiter in piece for piece in pair.pieces):
            description = f"has an item with `{pair.delimiter}` in it, which stands between items"
            raise refused(Violation(field=inner.place, description=description))
        yield Part(
            name=pair.name,
            data=pair.delimiter.join(pair.pieces).encode(),
            content_type=notes.content_type,
            filename=notes.filename or None,
            headers=_headers(spot, notes),
        )


def _part(spot: Spot) -> Part:
    if _is_bytes(spot.argument.value, spot.rule):
        return _of_bytes(spot)
    inner, notes = _unwrapped(spot)
    kind = _type_of(spot, inner.argument.value, notes)
    sent, data = _written(inner, kind) if kind else _plain(inner)
    return Part(
        name=spot.name,
        data=data,
        content_type=sent,
        filename=notes.filename or None,
        headers=_headers(spot, notes),
    )


def _unwrapped(spot: Spot) -> tuple[Spot, Binary]:
    """The value of a part, and what an object of `value` says beside it."""
    if not is_wrapped(spot.argument.value):
        return spot, Binary(data=b"")
    notes = noted(spot.argument.value, spot.place)
    argument = members_of(spot.argument)["value"]
    return replace(spot, argument=argument, place=f"{spot.place}/value"), notes


def _is_bytes(value: Any, rule: Rule) -> bool:
    """Whether a value is given as bytes: base64, or an object of `content` or `text`.

    Where bytes are not what the document asks for, the object says more beside them: else it
    might be the value itself.
    """
    if isinstance(value, Binary):
        return True
    wanted = rule.file or rule.transfer != ""
    if isinstance(value, str):
        return wanted
    if isinstance(value, dict) and is_bytes_object(value):
        return wanted or (len(value) > 1 and not rule.object)
    return rule.file and not rule.untyped


def _of_bytes(spot: Spot) -> Part:
    """A file, or text that is encoded already; a file without a name is called as its field.

    Servers take a part for a file by its file name, so a file of a form always has one.
    """
    rule, value = spot.rule, spot.argument.value
    if rule.transfer and isinstance(value, str):
        binary = Binary(data=value.encode())
    else:
        binary = read_binary(value, spot.place)
        binary = replace(binary, data=_encoded(binary, rule, spot.place))
    headers = _headers(spot, binary)
    if rule.transfer and not any(name.lower() == TRANSFER.lower() for name, _ in headers):
        headers = (*headers, (TRANSFER, rule.transfer))
    return Part(
        name=spot.name,
        data=binary.data,
        content_type=_bytes_type(binary, rule, spot.place),
        filename=binary.filename or (spot.name if rule.file else None),
        headers=headers,
    )


def _encoded(binary: Binary, rule: Rule, place: str) -> bytes:
    if not rule.transfer or binary.plain:
        return binary.data
    if rule.transfer not in ENCODERS:
        description = f"must be a string that is in {rule.transfer} already"
        raise refused(Violation(field=place, description=description))
    return ENCODERS[rule.transfer](binary.data)


def _bytes_type(binary: Binary, rule: Rule, place: str) -> str:
    """The caller's content type where the encoding allows it, else the encoding's own."""
    given = _given_type(binary, rule, place)
    if given is not None:
        return given.text
    unsaid = TEXT if binary.plain and not rule.transfer else OCTETS
    return rule.type.text if rule.type is not None else unsaid


def _given_type(notes: Binary, rule: Rule, place: str) -> MediaType | None:
    given = parse(notes.content_type)
    if given is not None and rule.types and not any(each.covers(given) for each in rule.types):
        description = f"must be {rule.encoding.content_type}, and is {given.essence}"
        raise refused(Violation(field=f"{place}/contentType", description=description))
    return given


def _type_of(spot: Spot, value: Any, notes: Binary) -> MediaType | None:
    """The type of a part that is no bytes: the caller's, the first that holds it, or none said."""
    given = _given_type(notes, spot.rule, spot.place)
    if given is not None:
        return given
    concrete = [each for each in spot.rule.types if not each.is_range]
    able = [each for each in concrete if _option(spot, each).takes(value)]
    if concrete:
        return (able or concrete)[0]
    return JSON if isinstance(value, dict | list) or value is None else None


def _plain(spot: Spot) -> tuple[str, bytes]:
    """Text; a form's field says no type, which means just that, unless its schema says one."""
    argument, said = spot.argument, spot.rule.said
    text = argument.value if isinstance(argument.value, str) else argument.text
    if said is not None:
        return said.text, text.encode()
    sent = TEXT if not text.isascii() else "text/plain"
    return "" if spot.name is not None else sent, text.encode()


def _written(spot: Spot, kind: MediaType) -> tuple[str, bytes]:
    """A part as a body of its own type, by the table of bodies."""
    option = _option(spot, kind)
    inner = structs.replace(spot.content, argument=spot.argument, place=spot.place, option=option)
    as_text = kind.is_text and not kind.is_xml
    if not option.takes(spot.argument.value) and not as_text:
        raise inner.refused(f"{option.row.wanted} ({kind.essence})")
    return option.row.write(inner)


def _option(spot: Spot, kind: MediaType) -> Option:
    media = Media(type=kind.text, encoding=spot.rule.encoding.members, xml=spot.rule.shape)
    row = spot.content.row_of(kind)
    return Option(media=media, type=kind, row=row, rules=spot.rule.nested)


def _headers(spot: Spot, notes: Binary) -> tuple[tuple[str, str], ...]:
    free = spot.content.type.subtype != "form-data"
    return part_headers(notes.headers, spot.rule.encoding, spot.place, free=free)
