"""The callback of consents: browsers come back to it from an authorization server (RFC 6749)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from facade.app.addresses import UNIX, is_local
from facade.config import Settings
from facade.connections.authorizations import CALLBACK
from facade.connections.consenting import Answered, End
from facade.connections.returning import address
from facade.errors.service import StoreUnavailable
from facade.parts import Parts

STATUSES: Final = {End.NOTED: 200, End.LATER: 503}

HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""The address holds a code: it is told to nobody, and nobody shows the page within theirs."""

FIELDS: Final = ("state", "code", "iss", "error")


def own_url(settings: Settings) -> str:
    """Where browsers find the HTTP face; empty where that is not known."""
    address = settings.http
    if settings.public_url or not address:
        return settings.public_url
    if address.startswith(UNIX) or not is_local(address) or address.endswith(":0"):
        return ""
    return f"http{'s' if settings.tls_cert else ''}://{address}"


def routes(parts: Parts) -> list[Route]:
    """The callback. Nobody is asked who they are: the state says it, and is good once."""

    async def callback(request: Request) -> Response:
        given = request.query_params
        if any(len(given.getlist(name)) > 1 for name in FIELDS):
            return page(End.FOREIGN, 400)  # RFC 6749 section 3.1: none is there twice
        answer = Answered(
            state=given.get("state", ""),
            code=given.get("code", ""),
            issuer=given.get("iss", ""),
            error=given.get("error", ""),
        )
        try:
            end, return_uri = await parts.consenting.answered(answer)
        except StoreUnavailable:
            end, return_uri = End.LATER, ""
        if not return_uri:
            return page(end, STATUSES.get(end, 400))
        error = "" if end is End.NOTED else end.name.lower()
        return Response(
            status_code=303, headers={**HEADERS, "location": address(return_uri, error)}
        )

    return [Route(CALLBACK, callback, methods=["GET"])]


def page(text: str, status: int) -> Response:
    """A page for people, with nothing of the request in it."""
    return PlainTextResponse(f"{text}\n", status, HEADERS)
