"""The API's routes: a request goes to the method that its path and its verb name."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from facade.access.authorize import Authority
from facade.app.api.document import document
from facade.app.api.permission import check
from facade.app.api.reading import Reading
from facade.app.api.route import Desk, Route
from facade.app.api.table import ROUTES
from facade.app.api.told import ENCODER
from facade.app.attended import attended, client_of
from facade.app.body import Body
from facade.app.errors import no_method
from facade.app.identity import identity_of
from facade.config import Settings
from facade.entities.derive import Derived
from facade.entities.entities import Entities
from facade.entities.types import Types
from facade.errors.fault import Fault
from facade.flows.running.requests import RunRequests
from facade.hop.acceptance import Acceptance
from facade.listing.alerts import AlertList, ErrorKinds
from facade.listing.audit import Audits
from facade.listing.connections import ConnectionList
from facade.listing.editions import Editions
from facade.listing.events import EventLists
from facade.listing.executions import ExecutionList
from facade.listing.flows import FlowList
from facade.listing.keys import KeyList
from facade.listing.listing import Listing
from facade.listing.pages import Tokens
from facade.listing.runs import RunList
from facade.listing.secrets import Secrets
from facade.listing.subjects import SubjectList
from facade.listing.traces import Traces
from facade.model.face import facts_of
from facade.parts import Parts
from facade.telemetry.spans import current
from facade.tools.toolbox import Toolbox
from facade.tools.tools import Tools

LARGE = 33 * 2**20
"""Bytes: a document of 32 MiB and what stands around it."""

DOCUMENT = "/v1/openapi.json"


class Methods(BaseRoute):
    """Every method of the API."""

    def __init__(
        self, desk: Desk, acceptance: Acceptance, authority: Authority, limit: int
    ) -> None:
        """Takes what the methods hand on to, and the bytes that a body without documents has.

        `acceptance`: whose signatures are believed; `authority`: what callers may do.
        """
        self._desk = desk
        self._authority = authority
        self._readings = {
            route.rpc: Reading(route, acceptance, max(LARGE, limit) if route.is_large else limit)
            for route in ROUTES
        }

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The methods that are at a path, with what it says of their field.

        A verb at its end is no part of an id, which would write it `%3A`.
        """
        if scope["type"] != "http":
            return Match.NONE, {}
        path = scope["raw_path"].decode("latin-1")
        found = [(route, name) for route in ROUTES if (name := route.path.match(path)) is not None]
        custom = [each for each in found if each[0].path.is_custom]
        return (Match.FULL, {"methods": custom or found}) if found else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers by the method whose verb it is; raises RouteNotFound where none has it."""
        verb = "GET" if scope["method"] == "HEAD" else scope["method"]
        for route, name in scope["methods"]:
            if route.verb == verb:
                scope.setdefault("state", {})["route"] = route.path.shape
                response = await self._response(route, Request(scope, receive), name)
                await response(scope, receive, send)
                return
        allowed = {route.verb for route, _ in scope["methods"]}
        allowed |= {"HEAD"} if "GET" in allowed else set()
        raise no_method(scope, allowed)

    async def _response(self, route: Route, request: Request, name: str) -> Response:
        said = {"x-trace-id": current().trace_id}
        try:
            response = await self._handled(route, request, name)
        except Fault as fault:
            status = fault.details.facts.get("httpStatus")
            fault.add(facts_of(name), said | ({"x-http-status": status} if status else {}))
            raise
        response.headers.update(said)
        return response

    async def _handled(self, route: Route, request: Request, name: str) -> Response:
        reading = self._readings[route.rpc]
        body = Body(request.receive, request.headers, reading.limit)
        asked = await reading.read(request, body, name)
        current().belong(asked.identity.tenant)
        check(self._authority, asked)
        return await attended(route.handler(self._desk, asked), client_of(request.scope))


def routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    """The methods, and the document that tells of them."""
    tokens = Tokens(parts.page_key)
    desk = Desk(
        engine=parts.engine,
        catalog=parts.catalog,
        safe=parts.safe,
        listing=Listing(parts.catalog, tokens),
        editions=Editions(parts.catalog, parts.uses, parts.typed),
        secrets=Secrets(parts.safe, tokens),
        traces=Traces(parts.ring, parts.elsewhere, tokens),
        audits=Audits(parts.trail, tokens),
        keys=parts.access.keys,
        key_list=KeyList(parts.access.keys, tokens),
        source_addresses=parts.access.source_addresses,
        connections=parts.connections,
        entities=Entities(
            parts.engine, Types(parts.catalog, Derived(), parts.access.authority), tokens
        ),
        toolbox=Toolbox(parts.catalog, Tools(), tokens),
        artifacts=parts.artifacts,
        trials=parts.trials,
        triggers=parts.triggers.management,
        history=parts.history,
        execution_list=ExecutionList(parts.history, tokens),
        alerts=parts.alerts,
        alert_list=AlertList(parts.alerts, tokens),
        error_kinds=ErrorKinds(tokens),
        connection_list=ConnectionList(parts.connections, tokens),
        http_requests=parts.http_requests,
        events=parts.events,
        subscriptions=parts.subscriptions,
        deliveries=parts.deliveries,
        event_lists=EventLists(parts.events, parts.subscriptions, parts.deliveries, tokens),
        subjects=parts.subjects,
        subject_list=SubjectList(parts.subjects, tokens),
        consenting=parts.consenting,
        flows=parts.flows,
        flow_list=FlowList(parts.flows, parts.runs, tokens),
        runs=parts.runs,
        run_list=RunList(parts.flows, parts.runs, tokens),
        run_requests=RunRequests(parts.flows, parts.runs),
    )
    text = ENCODER.encode(document(ROUTES, settings.public_url))

    authority = parts.access.authority
    methods = Methods(desk, parts.acceptance, authority, settings.max_request_bytes)

    async def told(request: Request) -> Response:
        authority.check("Documents", identity_of(request.scope))
        return Response(text, media_type="application/json")

    return [Path(DOCUMENT, told), methods]
