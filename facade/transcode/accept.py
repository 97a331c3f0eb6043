"""The Accept field (RFC 9110 section 12.5.1): what is asked for, read and written."""

import re
from collections.abc import Iterator
from functools import lru_cache

from facade.model.action import Action
from facade.transcode.headers import value_flaw
from facade.transcode.media_type import TCHARS, MediaType, parse

SPACE = r"[ \t]*+"
QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
PARAMETER = rf";{SPACE}(?:{TCHARS}=(?:{TCHARS}|{QUOTED}){SPACE})?"
MEMBER = re.compile(rf"{SPACE}({TCHARS}/{TCHARS}{SPACE}(?:{PARAMETER})*)(?:,|\Z)")
"""One media range of a list, with its parameters and its weight, and the comma after it."""
KNOWN = 256
"""Fields of which is known whether they are any: a client has few of them."""
WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""qvalue (RFC 9110 section 12.4.2)."""


def accept(action: Action) -> str:
    """Writes the Accept field: the types of the declared successes, JSON first.

    Where JSON is among them the others weigh 0.5; anything else is welcome at 0.1, since errors
    and undeclared answers have types of their own. Without declared types: anything.
    """
    successes = [each for each in action.responses if each.status.startswith("2")]
    declared = successes or [each for each in action.responses if each.status == "default"]
    types = dict.fromkeys(media.type.strip() for each in declared for media in each.media)
    known = [each for each in map(parse, types) if each and each.essence != "*/*"]
    json = [each.text for each in known if each.is_json]
    others = [each.text for each in known if not each.is_json]
    ranges = [*json, *(f"{each};q=0.5" for each in others)] if json else others
    return ", ".join([*ranges, "*/*;q=0.1"]) if ranges else "*/*"


@lru_cache(KNOWN)
def accept_flaw(text: str) -> str:
    """Why a text is no Accept field; empty if it is one."""
    if flaw := value_flaw(text):
        return flaw
    if None in _members(text):
        return "must be a list of media ranges such as `text/csv, application/json;q=0.5`"
    return ""


def accepts(text: str, kind: MediaType) -> bool:
    """Tells whether an Accept field asks for a type: by the nearest of its ranges, weight not 0."""
    return preference(text, kind)[0] > 0


def preference(text: str, kind: MediaType) -> tuple[float, int]:
    """The weight of a type in an Accept field, and how near the range comes that says so."""
    found = [(each.nearness, weight) for each, weight in _weighed(text) if each.covers(kind)]
    nearness, weight = max(found, default=(0, 0.0))
    return weight, nearness


def named(text: str, kind: MediaType) -> tuple[float, int]:
    """The same of a type that the field names itself; least of all where it does not."""
    weight, nearness = preference(text, kind)
    return (weight, nearness) if weight > 0 and nearness == kind.nearness else (0.0, 0)


def _weighed(text: str) -> Iterator[tuple[MediaType, float]]:
    for each in _members(text):
        if each is not None:
            yield each, float(each.parameters.get("q", "1"))


def _members(text: str) -> Iterator[MediaType | None]:
    """The ranges of the list; None, and no more, where one is none."""
    at = 0
    while True:
        match = MEMBER.match(text, at)
        found = parse(match[1]) if match else None
        if match is None or found is None or not _is_range(found):
            yield None
            return
        yield found
        at = match.end()
        if text[at - 1] != ",":
            return


def _is_range(found: MediaType) -> bool:
    known = found.type != "*" or found.subtype == "*"
    return known and WEIGHT.fullmatch(found.parameters.get("q", "1")) is not None
