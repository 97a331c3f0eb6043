"""Pause: how long a backend asks to be left alone, by the header fields of its answer."""

import re
import time
from collections.abc import Callable, Iterator

from facade.model.call import Reply
from facade.model.retry_after import LONGEST_WAIT, retry_after_of
from facade.model.said import said_of

ASKING = 429
"""The status whose Retry-After is for all calls (RFC 6585 section 4); a 503 may be one action's."""

PAIRS = (
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
)
"""What is left and when there is more, as fields of their own."""

EPOCH = 1e9
"""A greater reset is no number of seconds but a time since 1970, as GitHub gives it."""

NUMBER = re.compile(r"\d{1,18}(\.\d{1,9})?")

READ = 1024
"""Characters of a field that are read."""

BARE = r'(?:"(?:[^"\\]|\\["\\])*"|[^",;\s]+)'
PARAMETER = rf"; *([a-z*][a-z0-9_.*-]*)(?:=({BARE}))?"
MEMBER = re.compile(rf"[ \t]*({BARE})((?:; *[a-z*][a-z0-9_.*-]*(?:={BARE})?)*)[ \t]*(?:,|$)")
PARAMETERS = re.compile(PARAMETER)


def pause_of(reply: Reply, now: Callable[[], float] = time.time) -> float:
    """Gives the seconds for which the backend is not to be asked, 0 to 300.

    That is what Retry-After says to a 429, else the time until there is more of a rate
    limit of which nothing remains. Fields that cannot be read are ignored.
    """
    if reply.status == ASKING:
        said = retry_after_of(reply, now)
        if said is not None:
            return said
    resets = (_seconds(reset, now) for left, reset in _told(reply) if _number(left) == 0)
    return min(max((0.0, *resets)), LONGEST_WAIT)


def asks(reply: Reply) -> bool:
    """Whether a reply may ask for a pause at all."""
    return reply.status == ASKING or said_of(reply.headers).limits


def _told(reply: Reply) -> Iterator[tuple[str, str]]:
    """What is left and when there is more, of each limit that the reply tells of."""
    for name, value in reply.headers:
        if name == "ratelimit":
            yield from _members(value[:READ])
    for left, reset in PAIRS:
        yield reply.header(left) or "", reply.header(reset) or ""


def _members(value: str) -> Iterator[tuple[str, str]]:
    """Those of draft-ietf-httpapi-ratelimit-headers: `"default";r=0;t=30`.

    Up to its version 07 it was one dictionary: `limit=100, remaining=0, reset=30`.
    """
    place, old = 0, {}
    found = []
    while place < len(value):
        member = MEMBER.match(value, place)
        if member is None:
            return
        parameters = dict(PARAMETERS.findall(member[2]))
        found.append((parameters.get("r", ""), parameters.get("t", "")))
        key, _, told = member[1].partition("=")
        old[key] = told
        place = member.end()
    yield from found
    yield old.get("remaining", ""), old.get("reset", "")


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if NUMBER.fullmatch(text) else None


def _seconds(text: str, now: Callable[[], float]) -> float:
    reset = _number(text)
    if reset is None:
        return 0.0
    if reset <= EPOCH:
        return reset
    since = reset / 1000 if reset > EPOCH * 1000 else reset
    return since - now()
