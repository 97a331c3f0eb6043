"""Cache directives as fields say them (RFC 9111 section 5.2, RFC 9213)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from facade.caching.fields import members
from facade.model.said import Fields

LONGEST = 2.0**31
"""Seconds beyond which all times are one (RFC 9111 section 1.2.2)."""

TARGETED = ("cdn-cache-control", "surrogate-control")
"""Fields for caches such as this one, the most telling first: the first that says anything stands
in place of Cache-Control and Expires (RFC 9213 section 2.2; Edge Architecture 1.0). Parameters
are not told apart: this cache has announced no name by which it could be meant or not."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the grammar's word
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_PLAIN = rf"({_TOKEN})(?:=(?:({_TOKEN})|{_QUOTED}))?"
_PARAMETER = rf"[ \t]*;[ \t]*{_TOKEN}(?:=(?:{_TOKEN}|\"[^\"]*\"))?"
_REST = rf"[ \t]*(?=,|$)|({_TOKEN})?[^,]+"
"""The end of a directive; or all of one that is malformed."""
_DIRECTIVE = re.compile(rf"[ \t,]*(?:{_PLAIN}{_REST})")
_TARGETED_DIRECTIVE = re.compile(rf"[ \t,]*(?:{_PLAIN}(?:{_PARAMETER})*{_REST})")
_ESCAPE = re.compile(r"\\(.)")
_DIGITS = re.compile(r"[0-9]+")

_KEY = r"[a-z*][a-z0-9_.*-]*"
_ITEM = (
    r"(?:-?[0-9]{1,15}(?:\.[0-9]{1,3})?"
    r'|"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"'
    r"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|:[A-Za-z0-9+/=]*:|\?[01])"
)
_TIMED = r"(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)"
_SAID = rf"(?:{_TIMED}=-?[0-9]{{1,15}}(?![0-9.])|(?!{_TIMED}(?:[= ,;]|$)){_KEY}(?:={_ITEM})?)"
_MEMBER = rf"{_SAID}(?: *;{_KEY}(?:={_ITEM})?)*"
_DICTIONARY = re.compile(rf" *{_MEMBER}(?:[ \t]*,[ \t]*{_MEMBER})* *")
"""A Structured Fields dictionary (RFC 8941): times are integers, and nothing is an inner list."""


@dataclass(frozen=True, slots=True)
class Directives:
    """What one field says to caches."""

    values: Mapping[str, str | None]
    """By lower-case name: None where there is no value."""
    broken: frozenset[str] = frozenset()
    """Those that are malformed, or said twice and not alike."""

    def __contains__(self, name: str) -> bool:
        """Whether a directive is there, in whatever shape."""
        return name in self.values

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.values)

    def seconds(self, name: str) -> float | None:
        """A time; None where it is not said, 0 where it cannot be read (section 4.2.1)."""
        if name not in self.values:
            return None
        value = self.values[name]
        if name in self.broken or value is None or not _DIGITS.fullmatch(value):
            return 0.0
        return min(float(value), LONGEST)

    def whole(self, name: str) -> bool:
        """Whether `no-cache` or `private` is of the whole answer, not of some fields."""
        return name in self.values and (name in self.broken or not self.values[name])

    def names(self, name: str) -> frozenset[str]:
        """The fields, in lower case, that `no-cache` or `private` is of."""
        return frozenset(members(self.values.get(name) or ""))


NONE = Directives(MappingProxyType({}))


def parse_directives(text: str, form: re.Pattern[str] = _DIRECTIVE) -> Directives:
    """Reads a field's value; what is malformed spoils no other directive."""
    values: dict[str, str | None] = {}
    broken: set[str] = set()
    for match in form.finditer(text):
        name = (match[1] or match[4] or "").lower()
        value = match[2] if match[3] is None else _ESCAPE.sub(r"\1", match[3])
        if match[1] is None or values.get(name, value) != value:
            broken.add(name)
        values[name] = value
    return Directives(values, frozenset(broken))


def response_directives(fields: Fields) -> tuple[Directives, bool]:
    """What an answer says to this cache, and whether a targeted field says it."""
    for name in TARGETED:
        text = fields.get(name, "")
        if text and (name != "cdn-cache-control" or _DICTIONARY.fullmatch(text)):
            found = parse_directives(text, _TARGETED_DIRECTIVE)
            if found:
                return found, True
    return request_directives(fields), False


def request_directives(fields: Fields) -> Directives:
    """What Cache-Control says."""
    text = fields.get("cache-control")
    return parse_directives(text) if text else NONE
