"""The numbers of a document as they are written: a double, or a Decimal where one loses a digit."""

import json
import re
from decimal import Decimal
from math import isinf
from typing import Any, Final

import msgspec

LONGEST: Final = 1000
"""Characters of a number that is kept as it is written; what is longer is a double."""
SMALLEST: Final = -1000
"""The least exponent of a digit that is kept: exact arithmetic takes time by it."""
_LOSSY: Final = re.compile(
    r"\.(?:[0-9]++(?<=0)(?<!\.0)|[0-9]{14}|[0-9]++[eE]|(?<=[0-9]{14}\.)[0-9])|[eE]-[0-9]{3}"
    r"|(?<=[0-9]{16})[eE]"
)
"""What a number has in it that may lose digits: seldom anything else has."""
_DIGITS: Final = frozenset("0123456789")
_BEFORE: Final = frozenset(":,[-?")
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?")
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def number_of(text: str) -> float | Decimal:
    """The value of a number with a point or an exponent: infinite where no double reaches."""
    near = float(text)
    if isinf(near) or len(text) > LONGEST:
        return near
    written = Decimal(text)
    lowest = written.as_tuple().exponent
    if not isinstance(lowest, int) or lowest < SMALLEST:
        return near
    shown = Decimal(repr(near))
    is_whole = shown == written and int(shown.as_tuple().exponent) <= min(lowest, -1)
    return near if is_whole else written


def loses_digits(text: str) -> bool:
    """Whether a JSON or YAML text may have a number that doubles do not hold as it is written."""
    return any(_is_lossy(text, match.start()) for match in _LOSSY.finditer(text))


def _is_lossy(text: str, at: int) -> bool:
    start = _digits_before(text, at)
    if text[at] != "." and text[start - 1 : start] == ".":
        start = _digits_before(text, start - 1)
    start -= text[start - 1 : start] in {"-", "+"}
    before = text[max(start - LONGEST, 0) : start]
    kept = before.rstrip()
    if kept and kept[-1] not in _BEFORE and "\n" not in before[len(kept) :]:
        return False  # among the words of a text
    number = _NUMBER.match(text, start)
    return number is not None and isinstance(number_of(number.group()), Decimal)


def _digits_before(text: str, at: int) -> int:
    while at and text[at - 1] in _DIGITS:
        at -= 1
    return at


def as_doubles(tree: Any) -> Any:
    """A tree whose numbers are doubles, for what asks for no more; the same tree, changed."""
    if isinstance(tree, Decimal):
        return float(tree)
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict | list):
            members = node.items() if isinstance(node, dict) else enumerate(node)
            for key, value in list(members):
                if isinstance(value, Decimal):
                    node[key] = float(value)
                else:
                    pending.append(value)
    return tree


def dumps(tree: Any, **style: Any) -> str:
    """A tree as JSON in the style of `json.dumps`, compact where a number is no double's."""
    try:
        return json.dumps(tree, **style)
    except TypeError:  # it writes no Decimal
        pass
    try:
        return _ENCODER.encode(tree).decode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can write
        return json.dumps(tree, default=float, **style)
