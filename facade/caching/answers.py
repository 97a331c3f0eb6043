"""An answer out of what is remembered: whole, a part, or that nothing has changed."""

import re

from facade.caching.dates import parse_date
from facade.caching.entry import Stored
from facade.caching.request import Request
from facade.model.call import Headers, Reply
from facade.model.said import Fields

NOT_MODIFIED_FIELDS = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary"}
)
"""What a 304 says (RFC 9110 section 15.4.5)."""

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.IGNORECASE)


def answer(stored: Stored, request: Request, now: float) -> Reply:
    """Answers a request with a remembered answer, whose age it says (RFC 9111 section 4)."""
    age = ("age", str(int(stored.age(now))))
    if request.conditions and stored.status == 200:
        if _unchanged(stored, request.fields, now):
            said = tuple(each for each in stored.headers if each[0] in NOT_MODIFIED_FIELDS)
            return Reply(status=304, headers=(*said, age), body=b"")
        part = _part(stored, request, now)
        if part is not None:
            return _partial(stored, part, age)
    body = b"" if request.method == "HEAD" else stored.body
    return Reply(status=stored.status, headers=(*stored.headers, age), body=body)


def _unchanged(stored: Stored, fields: Fields, now: float) -> bool:
    """Whether the caller has the answer already (RFC 9110 section 13.2.2)."""
    tags = fields.get("if-none-match")
    if tags is not None:
        return is_known(stored.header("etag"), tags)
    since = parse_date(fields.get("if-modified-since", ""), now)
    if since is None:
        return False
    modified = stored.header("last-modified") or stored.header("date") or ""
    changed = parse_date(modified, now)
    return changed is not None and changed <= since


def is_known(etag: str | None, tags: str) -> bool:
    """Whether If-None-Match names an answer's tag, or any: weak comparison (section 13.1.2)."""
    if tags.strip() == "*":
        return True
    if etag is None:
        return False
    match = _TAG.fullmatch(etag)
    if match is None:
        return tags.strip() == etag
    return match[1] in _TAG.findall(tags)


def _part(stored: Stored, request: Request, now: float) -> slice | None:
    """The range that is asked for; None where the whole is to be given (section 14.2)."""
    match = _RANGE.fullmatch(request.fields.get("range", ""))
    if match is None or request.method != "GET" or stored.header("content-encoding"):
        return None
    if not _same(stored, request.fields.get("if-range"), now):
        return None
    size = len(stored.body)
    if match[3] is not None:
        part = slice(max(0, size - int(match[3])), size)
    else:
        part = slice(int(match[1]), min(int(match[2]) + 1, size) if match[2] else size)
    return part if part.start < part.stop else None


def _same(stored: Stored, validator: str | None, now: float) -> bool:
    """Whether an If-Range speaks of this answer: strong comparison (section 13.1.5)."""
    if validator is None:
        return True
    if validator.startswith('"'):
        return validator == stored.header("etag")
    date = parse_date(validator, now)
    return date is not None and validator == stored.header("last-modified")


def _partial(stored: Stored, part: slice, age: tuple[str, str]) -> Reply:
    size = len(stored.body)
    kept: Headers = tuple(each for each in stored.headers if each[0] != "content-length")
    said = (
        ("content-range", f"bytes {part.start}-{part.stop - 1}/{size}"),
        ("content-length", str(part.stop - part.start)),
    )
    return Reply(status=206, headers=(*kept, *said, age), body=stored.body[part])
