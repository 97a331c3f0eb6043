"""The border of the HTTP face: a Fault becomes an answer, and anything else a bug of ours."""

import logging
import math
import secrets
import time
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from facade.access.hints import narrow
from facade.app.answering import answering
from facade.app.error_schema import JSON, PROBLEM_JSON
from facade.errors.access import CallerUnknown
from facade.errors.caller import InvalidRequest, RequestTooLarge, RouteNotFound
from facade.errors.fault import Code, Details, Domain, Fault
from facade.errors.http import http_status
from facade.errors.service import Internal
from facade.hop.envelope import envelope, problem
from facade.hop.mark import of_fault
from facade.model.access import ANYONE
from facade.telemetry.spans import current
from facade.transcode.accept import named, preference
from facade.transcode.media_type import MediaType, parse

LOGGER: Final = logging.getLogger("portico.faults")

MIRROR: Final = ("/connectors/", "/connections/")
"""Below which a gateway may be the caller, that reads marks."""

ALLOW: Final = "allow"
"""Among the headers of a fault: the path is there, and has other methods (RFC 9110, 15.5.6)."""

TYPES: Final = tuple(
    kind for kind in map(parse, (JSON, PROBLEM_JSON)) if isinstance(kind, MediaType)
)


class Faults:
    """Ends a request with its answer, or with that of its fault.

    So that no mistake can tell a caller anything: of what is no Fault it says an error id, beside
    which the stack stands in the log `portico.faults`. A caller who has gone is no error.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Takes what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers; an answer that has begun is broken off where it fails."""
        began, told = time.perf_counter(), answering(scope, send)
        try:
            await self._app(scope, receive, told.send)
        except ClientDisconnect:
            return
        except Fault as found:
            fault = found
        except HTTPException as refusal:
            fault = _refused(refusal)
        except Exception as mistake:  # noqa: BLE001 - the border; see the class
            fault = bug(scope, mistake)
        else:
            return
        narrow(fault, scope["state"].get("identity", ANYONE))
        scope["state"]["fault"] = fault
        if not told.status:
            await answer(fault, scope, time.perf_counter() - began)(scope, receive, told.send)


def bug(scope: Scope, mistake: Exception) -> Fault:
    """What is told of a mistake of ours; the log has its stack."""
    error_id = secrets.token_hex(8)
    LOGGER.error(
        "error %s in %s %s",
        error_id,
        scope["method"],
        route_of(scope),
        exc_info=mistake,
        extra={"error_id": error_id},
    )
    return Internal(
        f"A bug of ours. Error id: {error_id}",
        details=Details(facts={"errorId": error_id}),
    )


def answer(fault: Fault, scope: Scope, seconds: float) -> Response:
    """The answer that tells a fault; `seconds` is how long it took.

    The envelope of our own, or problem+json (RFC 9457) where the Accept field prefers that.
    """
    trace_id = current().trace_id
    if prefers_problem(Headers(scope=scope).get("accept", "")):
        body, kind = problem(fault, trace_id), PROBLEM_JSON
    else:
        body, kind = envelope(fault, trace_id), JSON
    status = http_status(fault)
    headers = {
        "content-type": kind,
        "cache-control": "no-store",
        "vary": "accept",
        "x-content-type-options": "nosniff",
        **fault.details.headers,
    }
    if fault.details.retry_after is not None:
        headers["retry-after"] = str(math.ceil(fault.details.retry_after))
    if status == 401:
        realm = "backend" if fault.domain is Domain.BACKEND else "facade"
        scheme = "Bearer" if isinstance(fault, CallerUnknown) else "Portico"
        headers["www-authenticate"] = f'{scheme} realm="{realm}"'
    if scope["path"].startswith(MIRROR):
        headers.update(of_fault(fault, trace_id, seconds))
    return Response(body, status, headers)


def prefers_problem(accept: str) -> bool:
    """Whether an Accept field names problem+json, and JSON not before it."""
    json, problem_json = TYPES
    wish = named(accept, problem_json)
    return wish[0] > 0 and wish >= preference(accept, json)


def route_of(scope: Scope) -> str:
    """The template of a request's path, that holds no word of the caller's; empty: none fits."""
    own = getattr(scope.get("route"), "path", "")
    return str(scope.get("state", {}).get("route", own))


def no_route(scope: Scope, known: str = "/docs has them all") -> RouteNotFound:
    """What is said of a path that there is not; `known` says which there are."""
    return RouteNotFound(f"There is no path `{scope['path']}` here; {known}.")


def no_method(scope: Scope, allowed: Collection[str]) -> RouteNotFound:
    """What is said of a method that a path has not."""
    listed = ", ".join(sorted(allowed))
    return RouteNotFound(
        f"`{scope['path']}` has no method {scope['method']}; it has {listed}.",
        code=Code.UNIMPLEMENTED,
        details=Details(headers={ALLOW: listed}),
    )


def _refused(refusal: HTTPException) -> Fault:
    """What Starlette itself refuses: a body that is no form, or too large."""
    if refusal.status_code == 413:
        return RequestTooLarge("The request's body is larger than this path takes.")
    return InvalidRequest("The request cannot be read.")
