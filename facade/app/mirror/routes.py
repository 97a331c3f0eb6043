"""The routes of the mirror: the paths of versions and connections, and their documents."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from facade.app.identity import identity_of
from facade.app.mirror.document.documents import Documents, Served
from facade.app.mirror.mirror import Mirror
from facade.app.mirror.request import address_of
from facade.caching.answers import is_known
from facade.config import Settings
from facade.model.names import ConnectionName, VersionName
from facade.parts import Parts

UNSNIFFED = {"x-content-type-options": "nosniff"}
"""Whatever a document says of scripts, it is JSON."""

DOCUMENT = "/v1/connectors/{connector}/versions/{version}/openapi.json"
CONNECTED = "/v1/connections/{connection}/openapi.json"


class MirrorRoute(BaseRoute):
    """Every path below the prefix of a version or connection, matched as it came, not decoded."""

    def __init__(self, mirror: Mirror) -> None:
        """Takes what answers."""
        self._mirror = mirror

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for such a path, of whatever method."""
        address = address_of(scope) if scope["type"] == "http" else None
        return (Match.NONE, {}) if address is None else (Match.FULL, {"address": address})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self._mirror(scope, receive, send)


def routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    """The routes of the mirror."""
    documents, authority = Documents(parts.catalog, settings), parts.access.authority

    async def document(request: Request) -> Response:
        params = request.path_params
        identity = identity_of(request.scope)
        name = VersionName(params["connector"], params["version"], identity.tenant)
        authority.check("GetVersion", identity, str(name))
        return answer(request, await documents.get(name))

    async def connected(request: Request) -> Response:
        identity = identity_of(request.scope)
        name = ConnectionName(request.path_params["connection"], identity.tenant)
        authority.check("GetConnection", identity, str(name))
        return answer(request, await documents.through(name))

    def answer(request: Request, found: Served) -> Response:
        headers = {"etag": found.etag, "cache-control": "no-cache", **UNSNIFFED}
        if is_known(found.etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(found.body, headers=headers, media_type="application/json")

    return [
        MirrorRoute(Mirror(parts, settings)),
        Route(DOCUMENT, document, methods=["GET"]),
        Route(CONNECTED, connected, methods=["GET"]),
    ]
