"""The routes of the mirror: the paths of every version, and the documents that tell of them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from facade.app.mirror.document.documents import Documents
from facade.app.mirror.mirror import Mirror
from facade.app.mirror.request import address_of
from facade.app.parts import Parts
from facade.caching.answers import is_known
from facade.config import Settings
from facade.model.names import VersionName

UNSNIFFED = {"x-content-type-options": "nosniff"}
"""Whatever a document says of scripts, it is JSON."""

DOCUMENT = "/v1/connectors/{connector}/versions/{version}/openapi.json"


class MirrorRoute(BaseRoute):
    """Every path below the prefix of a version, matched as it came and not as it is decoded."""

    def __init__(self, mirror: Mirror) -> None:
        """Takes what answers."""
        self._mirror = mirror

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for a version's path, of whatever method."""
        address = address_of(scope) if scope["type"] == "http" else None
        return (Match.NONE, {}) if address is None else (Match.FULL, {"address": address})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self._mirror(scope, receive, send)


def routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    """The routes of the mirror."""
    documents = Documents(parts.catalog, settings)

    async def document(request: Request) -> Response:
        params = request.path_params
        found = await documents.get(VersionName(params["connector"], params["version"]))
        headers = {"etag": found.etag, "cache-control": "no-cache", **UNSNIFFED}
        if is_known(found.etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(found.body, headers=headers, media_type="application/json")

    return [MirrorRoute(Mirror(parts, settings)), Route(DOCUMENT, document, methods=["GET"])]
