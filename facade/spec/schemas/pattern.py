"""Regular expressions of ECMA-262 in the words of an engine that runs in linear time."""

import re
from typing import Final

import jsonschema_rs

MAX_PATTERN: Final = 2_000
"""Characters of a regular expression."""

_DELIMITED: Final = re.compile(r"/(\^.*\$)/", re.DOTALL)
"""Written as a literal of JavaScript; as a pattern it could match nothing at all."""
_PAIR: Final = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_ESCAPE: Final = re.compile(
    r"\\(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^{}]*\}|.)",
    re.DOTALL,
)
_QUANTIFIER: Final = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_NO_MINIMUM: Final = re.compile(r"\{,[0-9]+\}")
_BEYOND: Final = re.compile(r"\(\?(?:[=!#>|]|<[=!]|P[=>])")
"""Look-around, comments, atomic groups and references: what is no regular language, or no ECMA."""
_SETS: Final = frozenset("dDsSwW")
_POSIX: Final = re.compile(r"\[[:.=]")


class _Untranslatable(Exception):
    """A part of a pattern that the engine has no words for."""


def linear(pattern: str) -> str | None:
    """The same language for the linear engine; None where it cannot be run there."""
    turned = translate(pattern)
    if turned is None:
        return None
    options = jsonschema_rs.RegexOptions()
    try:
        jsonschema_rs.Draft202012Validator({"pattern": turned}, pattern_options=options)
    except ValueError:
        return None
    return turned


def translate(pattern: str) -> str | None:
    r"""The same language in words of the linear engine; None where it has none for it.

    What only some engines read, such as `{,3}` or `\h`, counts as unknown: taken by
    the letter of ECMA-262 it would refuse what its author means to allow. What comes
    out has not been compiled: it may still be broken or need too much memory.
    """
    if len(pattern) > MAX_PATTERN:
        return None
    delimited = _DELIMITED.fullmatch(pattern)
    text = _PAIR.sub(_joined, delimited[1] if delimited else pattern)
    try:
        return "".join(_outside(text))
    except _Untranslatable:
        return None


def _joined(pair: re.Match[str]) -> str:
    """Both halves of a surrogate pair as the character that they mean."""
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\u{{{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):X}}}"


def _outside(text: str) -> list[str]:
    words: list[str] = []
    at = 0
    while at < len(text):
        word, width = _next(text, at)
        words.append(word)
        at += width
    return words


def _next(text: str, at: int) -> tuple[str, int]:
    """The translation of what stands at a place outside of classes, and its width."""
    sign = text[at]
    if sign == "\\":
        return _escape(text, at)
    if sign == "[":
        return _class(text, at)
    if _BEYOND.match(text, at) or _NO_MINIMUM.match(text, at):
        raise _Untranslatable
    quantifier = _QUANTIFIER.match(text, at)
    if quantifier:
        return quantifier[0], len(quantifier[0])
    return f"\\{sign}" if sign in "{}]" else sign, 1


def _escape(text: str, at: int, *, inside: bool = False) -> tuple[str, int]:
    match = _ESCAPE.match(text, at)
    if match is None:
        raise _Untranslatable
    whole = match[0]
    return _meaning(whole, inside=inside, last=text[match.end() : match.end() + 1]), len(whole)


def _meaning(escape: str, *, inside: bool, last: str) -> str:
    sign = escape[1]
    if sign == "c" and len(escape) == 3:
        return f"\\x{ord(escape[2]) % 32:02X}"
    if sign == "0" and not last.isdecimal():
        return "\\x00"
    if sign == "u" and escape[2:3] in {"d", "D"} and escape[3:4].lower() in set("89abcdef"):
        raise _Untranslatable
    if len(escape) > 2 or sign in _SETS or sign in "fnrtv":
        return escape
    if sign in "bB":
        return _boundary(sign, inside=inside)
    if sign.isalnum() and sign.isascii():
        return _anchor(sign, inside=inside)
    return sign if sign in "<> " or not sign.isascii() else escape


def _boundary(sign: str, *, inside: bool) -> str:
    if not inside:
        return f"\\{sign}"
    if sign == "B":
        raise _Untranslatable
    return "\\x08"


def _anchor(sign: str, *, inside: bool) -> str:
    """The ends of a text as other languages write them; all else is unknown or a reference."""
    if inside or sign not in "AzZ":
        raise _Untranslatable
    return "^" if sign == "A" else "$"


def _class(text: str, at: int) -> tuple[str, int]:
    """A class in brackets, and its width."""
    start = at
    negated = text.startswith("[^", at)
    at += 2 if negated else 1
    items: list[str] = []
    while at < len(text) and text[at] != "]":
        if _POSIX.match(text, at):
            raise _Untranslatable
        item, width = _escape(text, at, inside=True) if text[at] == "\\" else (text[at], 1)
        items.append(item)
        at += width
    if at >= len(text):
        raise _Untranslatable
    if not items:
        return "[\\s\\S]" if negated else "[^\\s\\S]", at + 1 - start
    members = "".join(_member(items, index) for index in range(len(items)))
    return f"[{'^' if negated else ''}{members}]", at + 1 - start


def _member(items: list[str], at: int) -> str:
    """One member of a class: signs that other engines take for operators are escaped."""
    item = items[at]
    if item == "-":
        around = items[max(at - 1, 0) : at + 2]
        edge = at in {0, len(items) - 1}
        return "\\-" if edge or any(map(_is_set, around)) else item
    if item in {"[", "~", "&"} or (item == "^" and at == 0):
        return f"\\{item}"
    return item


def _is_set(item: str) -> bool:
    return len(item) > 1 and (item[1] in _SETS or item[1] in "pP")
