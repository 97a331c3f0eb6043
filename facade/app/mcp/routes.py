"""Where MCP is spoken: `/mcp`, and below it the tools of one connector, or of one version."""

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from facade.app.api.body import check_media_type
from facade.app.attended import attended, client_of
from facade.app.body import Body
from facade.app.identity import identity_of
from facade.app.mcp.edition import HEADERS, STATELESS, VERSION, is_stateless
from facade.app.mcp.message import (
    BAD_REQUEST,
    HEADER_MISMATCH,
    METHOD_NOT_FOUND,
    Refused,
    answer,
    id_of,
    read,
    refusal,
    taken,
)
from facade.app.mcp.methods import Asking, Methods
from facade.app.origin import Origins
from facade.catalog.matching import VERSION_KEY, wanted_of
from facade.catalog.request import invalid
from facade.config import Settings
from facade.errors.caller import RequestTooLarge
from facade.errors.fault import Violation
from facade.listing.pages import Tokens
from facade.model.access import Identity
from facade.model.call import Caller
from facade.model.face import caller_of, joined
from facade.model.field_names import HOP
from facade.model.names import LIVE, ConnectionName, parse_version
from facade.parts import Parts
from facade.tools.toolbox import Shelf, Toolbox
from facade.tools.tools import Tools

PATHS: Final = ("/mcp", "/mcp/{connector}", "/mcp/{connector}/{version}")


class Endpoint:
    """Answers the requests for tools."""

    def __init__(self, methods: Methods, settings: Settings) -> None:
        """Takes what answers the messages, the bytes that they may have, and who we are."""
        self._methods = methods
        self._limit = settings.max_request_bytes
        self._origins = Origins(settings)

    async def __call__(self, request: Request) -> Response:
        """Answers one request; raises Faults for what is no matter of MCP's."""
        self._origins.check(request, "call tools")
        check_media_type(request.headers.get("content-type", ""))
        body = await Body(request.receive, request.headers, self._limit).whole()
        if body is None:
            raise RequestTooLarge(f"The body is larger than {self._limit} bytes.")
        asking = asking_of(request)
        try:
            message = read(body)
            _check_once(request)
            stateless = is_stateless(message, asking.headers)
            if message.id is None:
                return taken()
            work = self._methods.answer(message, asking, stateless=stateless)
            return answer(message.id, await attended(work, client_of(request.scope)))
        except Refused as refused:
            stateless = asking.headers.get(VERSION) == STATELESS
            return refusal(id_of(body), refused, _status(refused, stateless=stateless))


def routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    """The paths, which take POST alone: without sessions there is nothing to listen to or end."""
    toolbox = Toolbox(parts.catalog, Tools(), Tokens(parts.page_key))
    endpoint = Endpoint(Methods(parts.engine, toolbox), settings)

    async def answered(request: Request) -> Response:
        return await endpoint(request)

    return [Route(path, answered, methods=["POST"]) for path in PATHS]


def asking_of(request: Request) -> Asking:
    """Who asks, and of which tools; raises InvalidRequest.

    The query may say through which `connection`, and for which `subject` of it, calls go.
    """
    identity = identity_of(request.scope)
    headers = joined(each for each in request.headers.items() if not each[0].startswith(HOP))
    caller = _caller(request, identity)
    through = ConnectionName(caller.connection, caller.tenant) if caller.connection else None
    shelf = Shelf(connection=through, metadata=headers)
    params = request.path_params
    if "connector" in params:
        said = f"connectors/{params['connector']}/versions/{params.get('version', LIVE)}"
        version = parse_version(said, "path", identity.tenant)
        version = wanted_of(version, headers.get(VERSION_KEY, ""))
        shelf = replace(shelf, connector=version.connector, version=version.version)
    return Asking(shelf=shelf, identity=identity, caller=caller, headers=headers)


def _caller(request: Request, identity: Identity) -> Caller:
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
    unknown = query.keys() - {"connection", "subject"}
    if unknown:
        names = ", ".join(sorted(unknown))[:100]
        raise invalid(Violation(field=names, description="is no parameter of this path"))
    connection, subject = query.get("connection", ""), query.get("subject", "")
    through = f"connections/{connection}" if connection else ""
    of = f"{through}/subjects/{subject}" if subject else ""
    return caller_of(identity.tenant, through, of)


def _check_once(request: Request) -> None:
    """Two readers of a header that is there twice would each take another."""
    for name in HEADERS:
        if len(request.headers.getlist(name)) > 1:
            raise Refused(HEADER_MISMATCH, f"The header `{name}` is there twice.")


def _status(refused: Refused, *, stateless: bool) -> int:
    """The HTTP status: 200 for what a method by handshake refuses, as its clients expect."""
    if refused.code in BAD_REQUEST:
        return 400
    if not stateless:
        return 200
    return 404 if refused.code == METHOD_NOT_FOUND else 400
