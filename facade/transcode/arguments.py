"""Arguments: the caller's JSON, without loss and within bounds."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, NoReturn

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation
from facade.model.call import Argument, Arguments

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
MAX_STRUCT = 2**53 - 1
"""The largest integer that a double holds and no other integer becomes (RFC 8259 section 6)."""

SPACE = r"[ \t\n\r]*"
OPEN = re.compile(rf"{SPACE}\{{{SPACE}")
COLON = re.compile(rf"{SPACE}:{SPACE}")
COMMA = re.compile(rf"{SPACE},{SPACE}")
CLOSE = re.compile(rf"{SPACE}\}}{SPACE}\Z")
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
STEPS: Mapping[int, int] = MappingProxyType({91: 1, 123: 1, 93: -1, 125: -1})
"""What each bracket does to the depth: `[`, `{`, `]`, `}`."""
EMPTY = re.compile(rf"\[{SPACE}\]|\{{{SPACE}\}}")
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
    if text.startswith("\ufeff"):
        raise refused(
            Violation(field=WHOLE, description="begins with a byte order mark; leave it out")
        )
    measure(text)
    try:
        arguments = {
            name: Argument(value=value, text=raw) for name, value, raw in _members(text, STRICT)
        }
    except Defect:
        return _explain(text)
    except json.JSONDecodeError as error:
        _broken(text, error.pos)
    if not text.isascii() or ESCAPED_SURROGATE.search(text):
        _check_surrogates(text, arguments)
    return arguments


def tokens(text: str) -> Any:
    """Reads JSON that `parse` has taken, every number as the Number that was written."""
    return Number(text) if text[-1:].isdigit() else LITERAL.decode(text)


def from_values(values: Mapping[str, Any]) -> Arguments:
    """Takes the members of a google.protobuf.Struct, whose numbers are all doubles.

    Whole numbers become integers again. Raises InvalidParameters for what a double cannot say
    for certain (2^53 and beyond), NaN, infinities, lone surrogates and what is too deep or much.
    """
    restored = _Restored()
    plain = {name: restored.take(value, (name,)) for name, value in values.items()}
    if restored.violations:
        raise refused(*restored.violations)
    return {name: argument(value) for name, value in plain.items()}


def argument(value: object) -> Argument:
    """Makes an Argument of a plain Python value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Argument(value=STRICT.decode(text), text=text)


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
    if opened <= MAX_DEPTH and opened + text.count(",") < MAX_NODES:
        return
    skeleton = STRING.sub("0", text)
    depth = 0
    brackets = skeleton.encode("ascii", "ignore").translate(None, NO_BRACKETS)
    for bracket in brackets[: 2 * MAX_NODES]:
        depth += STEPS[bracket]
        if depth > MAX_DEPTH:
            raise refused(_too_deep(WHOLE))
    opened = skeleton.count("[") + skeleton.count("{")
    nodes = skeleton.count(",") + opened + 1
    if nodes > MAX_NODES and nodes - len(EMPTY.findall(skeleton)) > MAX_NODES:
        raise refused(_too_many(WHOLE))


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


def _explain(text: str) -> NoReturn:
    """Finds every defect with its place, once one is known to be there."""
    violations: list[Violation] = []
    try:
        for name, value, _ in _members(text, LENIENT):
            violations.extend(_defects(value, (name,)))
    except json.JSONDecodeError as error:
        _broken(text, error.pos, *violations)
    raise refused(*violations)


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
        for violation in _surrogates({name: argument.value}, ())
    ]
    if violations:
        raise refused(*violations)


def _surrogates(value: object, path: tuple[str | int, ...]) -> Iterator[Violation]:
    if isinstance(value, str) and SURROGATE.search(value):
        yield _lone(pointer(path))
    for key, inner in _children(value):
        if isinstance(key, str) and SURROGATE.search(key):
            yield _lone(pointer((*path, SURROGATE.sub("\ufffd", key))))
        else:
            yield from _surrogates(inner, (*path, key))


class _Restored:
    """Turns the doubles of a Struct into the numbers that were meant, counting as it goes."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.nodes = 0

    def take(self, value: object, path: tuple[str | int, ...]) -> Any:
        """The value as JSON would have it; what is wrong is added to the violations."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise refused(_too_many(pointer(path[:1])))
        if isinstance(value, float):
            return self._number(value, path)
        if isinstance(value, str):
            self.violations.extend(_surrogates(value, path))
            return value
        if isinstance(value, list | dict):
            return self._container(value, path)
        if isinstance(value, bool | None):
            return value
        return self._integer(value, path)

    def _container(
        self, value: list[Any] | dict[str, Any], path: tuple[str | int, ...]
    ) -> list[Any] | dict[str, Any]:
        if len(path) >= MAX_DEPTH:
            raise refused(_too_deep(pointer(path)))
        if isinstance(value, list):
            return [self.take(item, (*path, index)) for index, item in enumerate(value)]
        self.violations.extend(_surrogates(dict.fromkeys(value), path))
        return {key: self.take(item, (*path, key)) for key, item in value.items()}

    def _integer(self, value: object, path: tuple[str | int, ...]) -> int:
        if isinstance(value, int) and abs(value) < 10**MAX_DIGITS:
            return value
        self.violations.append(
            Violation(field=pointer(path), description="is no JSON value that can be sent")
        )
        return 0

    def _number(self, value: float, path: tuple[str | int, ...]) -> float:
        if value.is_integer() and abs(value) <= MAX_STRUCT:
            return int(value)
        if value.is_integer():
            description = (
                "is a whole number beyond 2^53, which a double does not hold for certain; "
                "send it through `parameters_json`"
            )
        elif value - value != 0:
            description = "is NaN or infinite, which JSON has no words for"
        else:
            return value
        self.violations.append(Violation(field=pointer(path), description=description))
        return 0


def _integer(literal: str) -> int:
    if len(literal) - literal.startswith("-") > MAX_DIGITS:
        raise Defect(f"is an integer of more than {MAX_DIGITS} digits; send it as a string")
    return int(literal)


def _decimal(literal: str) -> Decimal:
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


def _too_deep(field: str) -> Violation:
    return Violation(field=field, description=f"is nested deeper than {MAX_DEPTH} levels")


def _too_many(field: str) -> Violation:
    return Violation(field=field, description=f"holds more than {MAX_NODES:,} values")
