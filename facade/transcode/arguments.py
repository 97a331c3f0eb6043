"""Arguments: the caller's JSON, without loss and within bounds."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType, NoneType
from typing import Any, NoReturn

import msgspec

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation
from facade.model.call import Argument, Arguments
from facade.transcode.json_text import repeats_names

MAX_DEPTH = 64
"""Containers within one another, the outermost counted."""
MAX_NODES = 100_000
"""Values, members and items together."""
MAX_DIGITS = 64
"""Of an integer."""
MAX_LITERAL = 128
"""Characters of a number with a point or an exponent."""
MAX_EXPONENT = 9_999
"""Decimal places to either side of the point."""
LISTED = 20
"""Violations that are named; the rest is counted."""

SPACE = r"[ \t\n\r]*"
OPEN = re.compile(rf"{SPACE}\{{{SPACE}")
COLON = re.compile(rf"{SPACE}:{SPACE}")
COMMA = re.compile(rf"{SPACE},{SPACE}")
CLOSE = re.compile(rf"{SPACE}\}}{SPACE}\Z")
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
NO_MARKS = bytes(set(NO_BRACKETS) - set(b'"'))
SQUARE = bytes.maketrans(b"{}", b"[]")
STEPS: Mapping[int, int] = MappingProxyType({91: 1, 123: 1, 93: -1, 125: -1})
"""What each bracket does to the depth: `[`, `{`, `]`, `}`."""
EMPTY = re.compile(rf"\[{SPACE}\]|\{{{SPACE}\}}")
DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
LONG = b"0" * (MAX_DIGITS + 1)
"""What every integer has that is too long, once all digits are alike."""
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
SURROGATE = re.compile("[\ud800-\udfff]")

WHOLE = "parameters_json"
"""What a violation names that is not within one argument."""


class Number(str):
    """A number as the literal text that it was written in."""

    __slots__ = ()


class Defect(ValueError):
    """What is wrong with one value; stands in its place while all defects are gathered."""

    def __init__(self, description: str, inner: object = None) -> None:
        """Takes the words for the caller, and what of the value can be searched further."""
        super().__init__(description)
        self.description = description
        self.inner = inner


def parse(text: str) -> Arguments:
    """Parses a JSON object into its members, each with its value and its text as written.

    Raises InvalidParameters for anything that is not one JSON object (RFC 8259), and for what
    JSON allows but two readers read differently or one cannot hold: a name given twice, a lone
    surrogate, integers beyond 64 digits, more than 64 levels or 100,000 values.
    """
    if len(text) > MAX_DEPTH:
        measure(text)
    try:
        values, raws = VALUES.decode(text), MEMBERS.decode(text)
    except ValueError:
        return _read(text)
    if (len(text) > MAX_DIGITS or text.count(":") != len(values)) and _is_doubtful(text, values):
        return _read(text)
    return {
        name: Argument(value=values[name], text=str(raw, "utf-8")) for name, raw in raws.items()
    }


def tokens(text: str) -> Any:
    """Reads JSON that `parse` has taken, every number as the Number that was written."""
    return Number(text) if text[-1:].isdigit() else LITERAL.raw_decode(text)[0]


def tokens_of(argument: Argument) -> Any:
    """The same of an argument; only numbers, and what may hold some, are read once more."""
    kind = type(argument.value)
    if kind in WORDS:
        return argument.value
    return Number(argument.text) if kind is int else tokens(argument.text)


def argument(value: object) -> Argument:
    """Makes an Argument of a plain Python value."""
    kind = type(value)
    try:
        text = str(value) if kind is int else COMPACT.encode(value)
    except TypeError:  # of a document, whose numbers are Decimals where a double loses a digit
        text = WRITTEN.encode(value).decode()
    return Argument(value=value if kind in EXACT else VALUES.decode(text), text=text)


def refused(*violations: Violation) -> InvalidParameters:
    """Says what is wrong with arguments: names twenty things and counts the rest."""
    first, listed = violations[0], violations[:LISTED]
    if more := len(violations) - len(listed):
        listed += (Violation(field="", description=f"… and {more} more"),)
    others = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    return InvalidParameters(
        f"{first.field}: {first.description}{others}"[:1000], details=Details(violations=listed)
    )


def pointer(path: tuple[str | int, ...]) -> str:
    """Writes a JSON pointer (RFC 6901 section 3)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def measure(text: str) -> None:
    """Bounds depth and number of values before anything is built of them."""
    opened = text.count("[") + text.count("{")
    if opened + text.count(",") < MAX_NODES and (opened <= MAX_DEPTH or _is_shallow(text)):
        return
    skeleton = STRING.sub("0", text)
    depth = 0
    brackets = skeleton.encode("ascii", "ignore").translate(None, NO_BRACKETS)
    for bracket in brackets[: 2 * MAX_NODES]:
        depth += STEPS[bracket]
        if depth > MAX_DEPTH:
            raise refused(too_deep(WHOLE))
    opened = skeleton.count("[") + skeleton.count("{")
    nodes = skeleton.count(",") + opened + 1
    if nodes > MAX_NODES and nodes - len(EMPTY.findall(skeleton)) > MAX_NODES:
        raise refused(too_many(WHOLE))


def _is_shallow(text: str) -> bool:
    """Whether JSON is not too deep for sure, because no string in it holds a bracket.

    Of quotes and brackets alone, the quotes then stand in pairs, and the innermost brackets go
    level by level.
    """
    data = text.encode(errors="replace")
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = data.translate(SQUARE, NO_MARKS).replace(b'""', b"")
    if b'"' in marks:
        return False
    for _ in range(MAX_DEPTH):
        if not marks:
            break
        marks = marks.replace(b"[]", b"")
    return not marks


def _members(text: str, decoder: json.JSONDecoder) -> Iterator[tuple[str, Any, str]]:
    """The object's members, in order: name, value and the value's text."""
    opening = OPEN.match(text)
    if opening is None:
        raise refused(
            Violation(field=WHOLE, description="is not a JSON object: `{` was expected first")
        )
    at = opening.end()
    if CLOSE.match(text, at):
        return
    seen: set[str] = set()
    while True:
        if text[at : at + 1] != '"':
            _broken(text, at)
        name, at = decoder.raw_decode(text, at)
        if name in seen:
            raise refused(_twice(pointer((name,))))
        seen.add(name)
        start = _expect(COLON, text, at)
        value, end = decoder.raw_decode(text, start)
        yield name, value, text[start:end]
        if CLOSE.match(text, end):
            return
        at = _expect(COMMA, text, end)


def _expect(mark: re.Pattern[str], text: str, at: int) -> int:
    match = mark.match(text, at)
    if match is None:
        _broken(text, at)
    return match.end()


def _is_doubtful(text: str, values: Mapping[str, Any]) -> bool:
    """Whether an integer may be too long, or a name be given twice."""
    data = text.encode()
    if LONG in data.translate(DIGITS):
        return True
    return text.count(":") != len(values) and repeats_names(data, values)


def _read(text: str) -> Arguments:
    """Reads what is doubtful, and finds every defect with its place."""
    if text.startswith("\ufeff"):
        raise refused(
            Violation(field=WHOLE, description="begins with a byte order mark; leave it out")
        )
    violations: list[Violation] = []
    arguments = {}
    try:
        for name, value, raw in _members(text, LENIENT):
            violations.extend(_defects(value, (name,)))
            arguments[name] = Argument(value=value, text=raw)
    except json.JSONDecodeError as error:
        _broken(text, error.pos, *violations)
    if violations:
        raise refused(*violations)
    if not text.isascii() or ESCAPED_SURROGATE.search(text):
        _check_surrogates(text, arguments)
    return arguments


def _defects(value: object, path: tuple[str | int, ...]) -> Iterator[Violation]:
    if isinstance(value, Defect):
        yield Violation(field=pointer(path), description=value.description)
        value = value.inner
    for key, inner in _children(value):
        yield from _defects(inner, (*path, key))


def _children(value: object) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _check_surrogates(text: str, arguments: Arguments) -> None:
    """Refuses half a pair: it is no character, and UTF-8 cannot carry it (RFC 8259 section 8.2)."""
    raw = SURROGATE.search(text)
    if raw:
        _broken(text, raw.start())
    violations = [
        violation
        for name, argument in arguments.items()
        for violation in surrogates({name: argument.value}, ())
    ]
    if violations:
        raise refused(*violations)


def surrogates(value: object, path: tuple[str | int, ...]) -> Iterator[Violation]:
    """The texts and names in a value that hold half a pair."""
    if isinstance(value, str) and SURROGATE.search(value):
        yield _lone(pointer(path))
    for key, inner in _children(value):
        if isinstance(key, str) and SURROGATE.search(key):
            yield _lone(pointer((*path, SURROGATE.sub("\ufffd", key))))
        else:
            yield from surrogates(inner, (*path, key))


def _integer(literal: str) -> int:
    if len(literal) - literal.startswith("-") > MAX_DIGITS:
        raise Defect(f"is an integer of more than {MAX_DIGITS} digits; send it as a string")
    return int(literal)


def _decimal(literal: str) -> Decimal:
    if len(literal) <= MAX_DIGITS and "e" not in literal and "E" not in literal:
        return Decimal(literal)
    if len(literal) > MAX_LITERAL:
        raise Defect(f"is a number of more than {MAX_LITERAL} characters; send it as a string")
    try:
        value = Decimal(literal)
    except InvalidOperation:
        value = Decimal("Infinity")
    if not value.is_finite() or (value and abs(value.adjusted()) > MAX_EXPONENT):
        raise Defect(f"has an exponent beyond {MAX_EXPONENT}")
    return value


def _constant(name: str) -> NoReturn:
    raise Defect(f"is {name}, which is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Defect(f"has the name `{twice[:100]}` twice; names must be unique", value)
    return value


def _gather(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same hook, leaving the defect in the value's place."""

    def hooked(given: Any) -> Any:
        try:
            return hook(given)
        except Defect as defect:
            return defect

    return hooked


STRICT = json.JSONDecoder(
    parse_int=_integer,
    parse_float=_decimal,
    parse_constant=_constant,
    object_pairs_hook=_object,
)
LENIENT = json.JSONDecoder(
    parse_int=_gather(_integer),
    parse_float=_gather(_decimal),
    parse_constant=_gather(_constant),
    object_pairs_hook=_gather(_object),
)
VALUES = msgspec.json.Decoder(float_hook=_decimal)
"""The same as STRICT, but for what `_is_doubtful` tells."""
MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
WRITTEN = msgspec.json.Encoder(decimal_format="number")
EXACT = frozenset({str, int, bool, NoneType})
"""Types of values that their own JSON reads as."""
WORDS = EXACT - {int}
"""Those that are no numbers."""
LITERAL = json.JSONDecoder(parse_int=Number, parse_float=Number)


def _broken(text: str, at: int, *before: Violation) -> NoReturn:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    place = f"line {line}, column {column} (character {at})"
    raise refused(*before, Violation(field=WHOLE, description=f"is not JSON at {place}"))


def _twice(field: str) -> Violation:
    return Violation(field=field, description="is given twice; names must be unique")


def _lone(field: str) -> Violation:
    return Violation(field=field, description="holds a lone surrogate, which is no character")


def too_deep(field: str) -> Violation:
    """Says that a value has too many levels."""
    return Violation(field=field, description=f"is nested deeper than {MAX_DEPTH} levels")


def too_many(field: str) -> Violation:
    """Says that there are too many values."""
    return Violation(field=field, description=f"holds more than {MAX_NODES:,} values")
