"""Functions of texts and times."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from facade.errors.expressions import ExpressionFailed
from facade.expressions.budget import Budget
from facade.expressions.known import list_of, scalar
from facade.expressions.signature import LIST, NUMBER, TEXT, TEXT_OR_NULL, Function

MAX_FORMAT: Final = 64
"""Characters of the format of a time, and of a time."""
DIRECTIVES: Final = re.compile(r"(?:[^%]|%[YmdHMSfzjaAbBpIy%])*", re.DOTALL)

_STRING: Final = scalar("string")
_STRING_OR_NULL: Final = scalar("string", "null")


def upper(budget: Budget, text: str | None) -> str | None:
    """Gives a text in upper case."""
    _cased(budget, text)
    return text if text is None else text.upper()


def lower(budget: Budget, text: str | None) -> str | None:
    """Gives a text in lower case."""
    _cased(budget, text)
    return text if text is None else text.lower()


def _cased(budget: Budget, text: str | None) -> None:
    """Takes what the other case of a text costs: beyond ASCII it is longer, and looked up."""
    if text:
        budget.grow(len(text) << 1)
        budget.spend(0 if text.isascii() else len(text) >> 2)


def trim(budget: Budget, text: str | None) -> str | None:
    """Gives a text without white space around."""
    budget.grow(len(text) if text else 0)
    return text if text is None else text.strip()


def replace(budget: Budget, text: str | None, old: str, new: str) -> str | None:
    """Gives a text with another in place of each occurrence."""
    if text is None or not old:
        return text
    budget.spend(len(text) >> 4)
    times = text.count(old)
    budget.spend(times >> 2)
    budget.grow(len(text) + times * max(len(new) - len(old), 0))
    return text.replace(old, new)


def split(budget: Budget, text: str | None, separator: str) -> list[str] | None:
    """Gives the parts of a text between separators; without a separator its characters."""
    if text is None:
        return None
    budget.spend(text.count(separator) + (len(text) >> 4) + 1)
    budget.grow(len(text))
    return text.split(separator) if separator else list(text)


def join(budget: Budget, glue: str, texts: list[Any]) -> str:
    """Gives texts as one, with another between."""
    budget.spend(len(texts))
    if not all(isinstance(each, str) for each in texts):
        raise ExpressionFailed("join() takes a list of strings; to_string() makes them")
    budget.grow(sum(map(len, texts)) + len(glue) * len(texts))
    return glue.join(texts)


def starts_with(budget: Budget, text: str, start: str) -> bool:
    """Tells whether a text begins so."""
    budget.spend(len(start) >> 8)
    return text.startswith(start)


def ends_with(budget: Budget, text: str, end: str) -> bool:
    """Tells whether a text ends so."""
    budget.spend(len(end) >> 8)
    return text.endswith(end)


def substring(budget: Budget, text: str | None, start: int, end: int | None = None) -> str | None:
    """Gives a part of a text by its characters, counted from 0; negative ones from the end."""
    for each in (start, end):
        if each is not None and not isinstance(each, int):
            raise ExpressionFailed("substring() counts whole characters")
    made = text if text is None else text[start:end]
    budget.grow(len(made) if made else 0)
    return made


def parse_date(budget: Budget, text: str | None, pattern: str | None = None) -> str | None:
    """Gives a time as RFC 3339 writes it, in UTC where it names no zone."""
    budget.spend(50)
    return None if text is None else _rfc3339(_time(text, pattern))


def format_date(
    budget: Budget, text: str | None, pattern: str, zone: str | None = None
) -> str | None:
    """Gives a time of RFC 3339 in another form."""
    budget.spend(50)
    if text is None:
        return None
    form = _checked(pattern)
    try:
        return _time(text, None).astimezone(_zone(zone)).strftime(form)
    except (ValueError, OverflowError):
        raise ExpressionFailed(f"`{text}` is no time that can be written so") from None


def _rfc3339(time: datetime) -> str:
    """A time as RFC 3339 has it, with `Z` for UTC."""
    return time.isoformat().replace("+00:00", "Z")


def _time(text: str, pattern: str | None) -> datetime:
    """A time that is written so; without a zone it is of UTC."""
    if len(text) > MAX_FORMAT:
        raise ExpressionFailed(f"a time of more than {MAX_FORMAT} characters")
    try:
        if pattern is None:
            made = datetime.fromisoformat(text)
        else:
            # The zone is set below.
            made = datetime.strptime(text, _checked(pattern))  # noqa: DTZ007 - see above
    except (ValueError, re.error):
        form = "of RFC 3339" if pattern is None else f"of the form `{pattern}`"
        raise ExpressionFailed(f"`{text}` is no time {form}") from None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _checked(pattern: str) -> str:
    """A format of times, if it is short and says the same everywhere."""
    if len(pattern) > MAX_FORMAT or not DIRECTIVES.fullmatch(pattern):
        raise ExpressionFailed(
            f"the format of a time has up to {MAX_FORMAT} characters, and of directives only "
            "%Y %m %d %H %M %S %f %z %j %a %A %b %B %p %I %y %%"
        )
    return pattern


def _zone(name: str | None) -> ZoneInfo:
    """A time zone of the IANA database."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ExpressionFailed(f"`{name}` is no time zone of the IANA database") from None


def _text(run: Any, usage: str, help_: str) -> Function:
    """A function of one text that gives another; null gives null."""
    return Function(
        takes=(TEXT_OR_NULL,), run=run, gives=lambda *_: _STRING_OR_NULL, usage=usage, help=help_
    )


OF_TEXTS: Final[Mapping[str, Function]] = {
    "upper": _text(upper, "upper(text)", "the text in upper case"),
    "lower": _text(lower, "lower(text)", "the text in lower case"),
    "trim": _text(trim, "trim(text)", "the text without white space around"),
    "replace": Function(
        takes=(TEXT_OR_NULL, TEXT, TEXT),
        run=replace,
        gives=lambda *_: _STRING_OR_NULL,
        usage="replace(text, old, new)",
        help="the text with `new` for each `old`; no patterns",
    ),
    "split": Function(
        takes=(TEXT_OR_NULL, TEXT),
        run=split,
        gives=lambda *_: list_of(_STRING),
        usage="split(text, separator)",
        help="the parts between separators; with an empty separator the characters",
    ),
    "substring": Function(
        takes=(TEXT_OR_NULL, NUMBER, NUMBER),
        run=substring,
        optional=1,
        gives=lambda *_: _STRING_OR_NULL,
        usage="substring(text, start, end?)",
        help="the characters from `start`, counted from 0, up to `end`; negative: from the end",
    ),
    "join": Function(
        takes=(TEXT, LIST),
        run=join,
        gives=lambda *_: _STRING,
        usage="join(glue, texts)",
        help="the texts as one, with `glue` between",
    ),
    "starts_with": Function(
        takes=(TEXT, TEXT),
        run=starts_with,
        gives=lambda *_: scalar("boolean"),
        usage="starts_with(text, start)",
        help="whether the text begins so",
    ),
    "ends_with": Function(
        takes=(TEXT, TEXT),
        run=ends_with,
        gives=lambda *_: scalar("boolean"),
        usage="ends_with(text, end)",
        help="whether the text ends so",
    ),
    "parse_date": Function(
        takes=(TEXT_OR_NULL, TEXT_OR_NULL),
        run=parse_date,
        optional=1,
        gives=lambda *_: _STRING_OR_NULL,
        usage="parse_date(text, format?)",
        help="a time as RFC 3339 writes it; without a zone it is taken for UTC",
    ),
    "format_date": Function(
        takes=(TEXT_OR_NULL, TEXT, TEXT_OR_NULL),
        run=format_date,
        optional=1,
        gives=lambda *_: _STRING_OR_NULL,
        usage="format_date(time, format, zone?)",
        help="a time of RFC 3339 in another form: `%d.%m.%Y %H:%M`, in a zone as `Europe/Berlin`",
    ),
}
"""By name."""
