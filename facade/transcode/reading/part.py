"""The parts of a multipart body become values again, by the rules that they are written by."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from facade.errors.fault import Violation
from facade.model.action import Media
from facade.transcode.arguments import STRICT, pointer, refused
from facade.transcode.body.content import Option
from facade.transcode.body.multipart import Part
from facade.transcode.body.part import TRANSFER
from facade.transcode.body.part_rule import OCTETS, Rule, Rules
from facade.transcode.body.table import BYTES, row_of
from facade.transcode.media_type import MediaType, parse
from facade.transcode.reading.form import in_order, read_fields
from facade.transcode.reading.kind import ARRAY, Fragment, Kind, array, dumps, object_of
from facade.transcode.reading.pairs import Pairs

PLAIN = MediaType(text="text/plain", type="text", subtype="plain")

ReadContent = Callable[[Option, bytes, MediaType, Kind, str], Fragment]
"""Reads content by its media type, and says what is wrong with it at a place."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A part on its way to a value."""

    part: Part
    rule: Rule
    kind: Kind
    place: str
    read: ReadContent


def read_parts(
    parts: list[Part], option: Option, kind: Kind, place: str, read: ReadContent
) -> Fragment:
    """Reads parts as an object by their names, or as an array by their positions.

    A form whose schema is an array is one of objects of a field each. Raises InvalidParameters.
    """
    rules = option.rules or Rules()
    if option.type.subtype != "form-data" and not all(each.name for each in parts):
        return _by_position(parts, rules, kind, place, read)
    if not kind.types <= ARRAY:
        return object_of(_by_name(parts, rules, kind, place, read))
    fields = [
        object_of(_by_name([part], rules, kind.item(at), f"{place}/{at}", read))
        for at, part in enumerate(parts)
    ]
    return array(fields)


def _by_position(
    parts: list[Part], rules: Rules, kind: Kind, place: str, read: ReadContent
) -> Fragment:
    spots = [
        Spot(part, rules.of_position(at), kind.item(at), f"{place}/{at}", read)
        for at, part in enumerate(parts)
    ]
    return array([_value(spot) for spot in spots])


def _by_name(
    parts: list[Part], rules: Rules, kind: Kind, place: str, read: ReadContent
) -> dict[str, Fragment]:
    """Parts of one name are the items of an array; fields with a style are read as in a form."""
    styled = {name: rule.encoding for name, rule in rules.named.items() if _has_style(rule)}
    texts: list[tuple[str, str]] = []
    named: dict[str, list[Part]] = {}
    for part in parts:
        name = part.name
        if name is None:
            raise refused(Violation(field=place, description="has a part without a name"))
        if styled and _is_styled(part, rules):
            texts.append((name, utf8(part.data, place + pointer((name,)))))
        else:
            named.setdefault(name, []).append(part)
    fragments = read_fields(Pairs(texts), kind, styled, place, str)
    for name, several in named.items():
        fragments[name] = _property(several, rules.of_name(name), kind.member(name), place, read)
    return in_order(fragments, (part.name or "" for part in parts))


def _has_style(rule: Rule) -> bool:
    return rule.encoding.style is not None and not rule.file


def _is_styled(part: Part, rules: Rules) -> bool:
    """Whether a part may be a pair of a property with a style: a member of it has its own name."""
    rule = rules.named.get(part.name or "")
    plain = part.filename is None and not part.content_type
    return plain and (rule is None or _has_style(rule))


def _property(parts: list[Part], rule: Rule, kind: Kind, place: str, read: ReadContent) -> Fragment:
    inner = place + pointer((parts[0].name or "",))
    if len(parts) == 1 and not kind.types <= ARRAY:
        return _value(Spot(parts[0], rule, kind, inner, read))
    spots = [
        Spot(part, rule, kind.item(at), f"{inner}/{at}", read) for at, part in enumerate(parts)
    ]
    return array([_value(spot) for spot in spots])


def _value(spot: Spot) -> Fragment:
    part, rule = spot.part, spot.rule
    sent = parse(part.content_type) if part.content_type else PLAIN
    if sent is None:
        description = "is a part whose Content-Type is no media type"
        raise refused(Violation(field=spot.place, description=description))
    if rule.transfer:
        return _transferred(spot)
    if rule.said is not None and not rule.file and sent.essence == rule.said.essence:
        sent = PLAIN  # the value is the text that is of that type
    option = _option(rule, sent)
    is_file = rule.file and (not rule.untyped or part.filename is not None)
    if is_file or option.row is BYTES:
        return _bytes(spot)
    fragment = spot.read(option, part.data, sent, spot.kind, spot.place)
    notes = _notes(spot, _default_type(rule, fragment), None)
    if not notes:
        return fragment
    key = "text" if _has_style(rule) and fragment.startswith('"') else "value"
    return object_of({key: fragment, **notes})


def _option(rule: Rule, kind: MediaType) -> Option:
    """How content of a part's type is written: the table of bodies knows."""
    media = Media(type=kind.text, encoding=rule.encoding.members, xml=rule.shape)
    return Option(media=media, type=kind, row=row_of(kind), rules=rule.nested)


def _bytes(spot: Spot) -> Fragment:
    """A file: an object of its bytes, with what is not as it would be written anyway."""
    default = spot.rule.type.essence if spot.rule.type is not None else OCTETS
    name = spot.part.name if spot.rule.file else None
    content = dumps(b64encode(spot.part.data).decode("ascii"))
    return object_of({"content": content, **_notes(spot, default, name)})


def _transferred(spot: Spot) -> Fragment:
    """Text in the encoding that the schema asks for, which stays so."""
    text = dumps(utf8(spot.part.data, spot.place))
    default = spot.rule.type.essence if spot.rule.type is not None else OCTETS
    notes = _notes(spot, default, None)
    return object_of({"text": text, **notes}) if notes else text


def _notes(spot: Spot, type_by_default: str, name_by_default: str | None) -> dict[str, Fragment]:
    """What a part says of itself beside its value."""
    part, notes = spot.part, dict[str, Fragment]()
    if part.filename and part.filename != name_by_default:
        notes["filename"] = dumps(part.filename)
    sent = parse(part.content_type)
    if sent is not None and sent.essence != type_by_default:
        notes["contentType"] = dumps(part.content_type)
    headers = {name: dumps(value) for name, value in part.headers if _is_kept(spot, name, value)}
    if headers:
        notes["headers"] = object_of(headers)
    return notes


def _is_kept(spot: Spot, name: str, value: str) -> bool:
    """Whether a header is one that the document speaks of, and not as it would be anyway."""
    lowered = name.lower()
    if lowered == TRANSFER.lower():
        return not spot.rule.transfer and spot.part.name is None
    for each in spot.rule.encoding.headers:
        if each.name.lower() == lowered:
            return not (each.required and each.default == value)
    return spot.part.name is None and lowered.startswith("content-")


def _default_type(rule: Rule, fragment: Fragment) -> str:
    """The media type that a value is written in where nothing else is said."""
    value = STRICT.decode(fragment)
    concrete = [each for each in rule.types if not each.is_range]
    able = [each for each in concrete if _option(rule, each).takes(value)]
    if concrete:
        return (able or concrete)[0].essence
    if isinstance(value, dict | list) or value is None:
        return "application/json"
    return (rule.said or PLAIN).essence


def utf8(data: bytes, place: str) -> str:
    """Text that is in UTF-8, or InvalidParameters."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise refused(Violation(field=place, description="is not UTF-8")) from None
