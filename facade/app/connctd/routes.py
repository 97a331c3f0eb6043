"""The routes of the face: a request goes to its endpoint, once it is known who asks."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from facade.access.authorize import Authority
from facade.app.api.told import ALWAYS, ENCODER
from facade.app.attended import attended, client_of
from facade.app.body import Body
from facade.app.connctd.document import document
from facade.app.connctd.endpoint import Asked, Desk, Endpoint
from facade.app.connctd.links import ROOT, Callbacks, Links
from facade.app.connctd.table import ENDPOINTS
from facade.app.identity import identity_of
from facade.config import Settings
from facade.connections.things.thing import Things
from facade.errors.caller import RequestTooLarge
from facade.model.face import joined
from facade.parts import Parts

LARGEST: Final = 2**20
"""Bytes that a body may have."""


def routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    """The endpoints, and the document that tells of them."""
    desk = Desk(
        catalog=parts.catalog,
        connections=parts.connections,
        subjects=parts.subjects,
        consenting=parts.consenting,
        safe=parts.safe,
        things=Things(parts.connections, parts.subjects),
        actions=parts.actions,
        callbacks=Callbacks(parts.page_key),
        signer=parts.signer,
    )
    authority = parts.access.authority
    text = ENCODER.encode(document(settings.public_url))

    async def told(_: Request) -> Response:
        return Response(text, headers=ALWAYS, media_type="application/json")

    return [
        *(
            Route(
                ROOT + each.path, _answering(each, desk, settings, authority), methods=[each.verb]
            )
            for each in ENDPOINTS
        ),
        Route(f"{ROOT}/openapi.json", told),
    ]


def _answering(
    endpoint: Endpoint, desk: Desk, settings: Settings, authority: Authority
) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        asked = await _asked(request, endpoint, settings, authority)
        return await attended(endpoint.handler(desk, asked), client_of(request.scope))

    return answered


async def _asked(
    request: Request, endpoint: Endpoint, settings: Settings, authority: Authority
) -> Asked:
    data = await Body(request.receive, request.headers, LARGEST).whole()
    if data is None:
        raise RequestTooLarge(
            f"The body is larger than the {LARGEST} bytes that {endpoint.name} takes."
        )
    links = Links.of(request, settings)
    return Asked(
        method=f"connctd.{endpoint.name}",
        authority=authority,
        identity=identity_of(request.scope),
        id=request.path_params.get("id", ""),
        headers=joined(request.headers.items()),
        body=data,
        links=links,
        url=links.base + request.url.path,
    )
