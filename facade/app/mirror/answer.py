"""The backend's answer as the mirror gives it: status, fields and body as they came."""

import re
from collections.abc import Iterable

import msgspec
from starlette.types import Message

from facade.app.mirror.browser import OF_HOSTS, guards
from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Details, Domain
from facade.hop.mark import ORIGIN
from facade.http1.head import BODILESS
from facade.model.call import Headers, Reply
from facade.model.field_names import HOP

OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that are for the next hop alone (RFC 9110 section 7.6.1)."""
NOT_FOR_CALLERS = OF_THE_CONNECTION | OF_HOSTS
OF_THE_CODED = frozenset({"content-length", "content-encoding", "content-digest", "content-md5"})
"""Fields that speak of the coded bytes; a strong ETag does, too, so that only a weak one stays (RFC
9110 section 8.8.1, RFC 9530 section 2)."""
OF_THE_PLAIN = frozenset({"content-length"})
"""The field of those bytes that is written anew where they go on as they came."""
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What a field's value never has; a space goes on in its place (RFC 9110 section 5.5)."""

EMPTY: Message = {"type": "http.response.body", "body": b""}
"""The body of an answer that has none, and its end."""


class Asker(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who gets an answer."""

    method: str
    """By which it was asked for."""
    is_gateway: bool
    """Whether it is a gateway, which hands on what the backend said, and nothing of ours."""


def head_of(reply: Reply | None, marks: Headers, asker: Asker, *, whole: bool) -> Message:
    """The beginning of an answer; raises BackendBadResponse for a status that HTTP does not have.

    Bodies are unpacked: they have no coding, and their length is counted where they are `whole`.
    """
    if reply is None or not 200 <= reply.status <= 599:
        status = reply.status if reply is not None else 0
        raise BackendBadResponse(
            f"the backend answered with the status {status}, which HTTP does not have",
            details=Details(facts={"httpStatus": str(status)}),
        )
    fields = (*_fields(reply, asker), *_length(reply, asker.method, whole=whole), *marks)
    return {
        "type": "http.response.start",
        "status": reply.status,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields],
    }


def methods_of(allow: str) -> Message:
    """The beginning of the answer to a question for an address's methods."""
    headers = [(b"allow", allow.encode("latin-1")), (ORIGIN.encode(), Domain.FACADE.encode())]
    return {"type": "http.response.start", "status": 204, "headers": headers}


def _fields(reply: Reply, asker: Asker) -> Iterable[tuple[str, str]]:
    """The backend's fields that are for the asker, with what guards it where it is a browser."""
    if asker.is_gateway:
        return _passed_on(reply, OF_THE_CONNECTION)
    fields = tuple(_passed_on(reply, NOT_FOR_CALLERS))
    return (*fields, *guards(fields, has_body=reply.status not in BODILESS))


def _passed_on(reply: Reply, dropped: frozenset[str]) -> list[tuple[str, str]]:
    """The fields that go on, in their order."""
    names = dict(reply.headers)
    coded = "content-encoding" in names
    renewed = OF_THE_CODED if coded else OF_THE_PLAIN
    if "connection" in names:
        dropped = dropped | _named(reply)
    found = []
    for name, value in reply.headers:
        if name in dropped or name in renewed or name.startswith(HOP):
            continue
        shown = value if value.isprintable() else CONTROLS.sub(" ", value)
        weaker = coded and name == "etag" and not value.startswith("W/")
        found.append((name, f"W/{shown}" if weaker else shown))
    return found


def _named(reply: Reply) -> set[str]:
    """The fields that the backend's Connection field names: they are for the next hop alone."""
    listed = [value for name, value in reply.headers if name == "connection"]
    return {each.strip().lower() for value in listed for each in value.split(",")}


def _length(reply: Reply, method: str, *, whole: bool) -> Headers:
    """The length of the body; that of a HEAD's as the backend tells it, which alone knows."""
    if reply.status in BODILESS:
        return ()
    if whole and method != "HEAD":
        return (("content-length", str(len(reply.body))),)
    told = reply.header("content-length")
    if told is not None and told.isdecimal() and reply.header("content-encoding") is None:
        return (("content-length", told),)
    return ()
