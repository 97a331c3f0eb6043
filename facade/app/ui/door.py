"""The door: who comes, whether they may, and what they are shown where something is wrong."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from facade.access.hints import narrow
from facade.access.identities import unknown
from facade.access.presented import presented
from facade.app.addresses import UNIX
from facade.app.attended import attended, client_of
from facade.app.body import Body
from facade.app.errors import bug
from facade.app.origin import Origins
from facade.app.ui.session import COOKIE
from facade.app.ui.visit import House, Show, Visit, base_of
from facade.catalog.request import invalid
from facade.errors.access import CallerUnknown
from facade.errors.caller import RequestTooLarge
from facade.errors.fault import Fault, Violation
from facade.errors.http import http_status
from facade.model.access import ANYONE, Identity
from facade.telemetry.spans import current

FORM: Final = "application/x-www-form-urlencoded"
SIGN_IN: Final = "sign-in"


class Door:
    """Lets callers in as they are known elsewhere, or by their session."""

    def __init__(self, house: House) -> None:
        """Takes what pages are made of."""
        self._house = house
        self._origins = Origins(house.settings)
        self._is_socket = house.settings.http.startswith(UNIX)
        self._limit = house.settings.max_request_bytes

    async def answer(self, request: Request, show: Show) -> Response:
        """The page for a caller who is known, the way to sign in, or what is wrong."""
        try:
            identity, is_session = await self._who(request)
        except CallerUnknown as fault:
            return self._outside(request, fault)
        except Fault as fault:
            return self.refused(request, fault)
        request.scope["state"]["identity"] = identity
        current().belong(identity.tenant)
        visit = Visit(house=self._house, request=request, identity=identity, is_session=is_session)
        try:
            visit = await self._read(visit)
            return await attended(show(visit), client_of(request.scope))
        except Fault as fault:
            narrow(fault, identity)
            return self._told(visit, fault)
        except (ClientDisconnect, HTTPException):
            raise
        except Exception as mistake:  # noqa: BLE001 - one of ours is told on a page, too
            return self._told(visit, bug(request.scope, mistake))

    async def form(self, request: Request) -> Mapping[str, str]:
        """What was filled in on a page of ours; raises CrossSite, InvalidRequest."""
        self._origins.check(request, "change anything")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise invalid(Violation(field="content-type", description=f"must be {FORM}"))
        body = await Body(request.receive, request.headers, self._limit).whole()
        if body is None:
            raise RequestTooLarge(f"The form is larger than {self._limit} bytes.")
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000))
        except ValueError:
            raise invalid(Violation(field="body", description="is no form in UTF-8")) from None

    def refused(self, request: Request, fault: Fault) -> Response:
        """What somebody is told of whom nothing is known."""
        identity: Identity = request.scope["state"]["identity"]
        visit = Visit(house=self._house, request=request, identity=identity)
        return self._told(visit, fault, is_known=False)

    async def _who(self, request: Request) -> tuple[Identity, bool]:
        """Who comes: by a session, else as everywhere; raises CallerUnknown, CallerForbidden."""
        found = self._house.sessions.of(request)
        if found is not None:
            return found, True
        state = request.scope["state"]
        shown = presented(
            request.headers.items(),
            state.get("peer_names", ()),
            state.get("peer_uid"),
            is_socket=self._is_socket,
        )
        known = self._house.parts.access.identities.of(shown)
        identity = known if isinstance(known, Identity) else await known
        if identity is ANYONE and request.cookies.get(COOKIE):
            raise unknown()  # whoever signed in is not made somebody else behind their back
        return identity, False

    def _outside(self, request: Request, fault: CallerUnknown) -> Response:
        """The way to sign in, and from there to where somebody was going."""
        request.scope["state"]["fault"] = fault
        base = base_of(request)
        wanted = request.scope["raw_path"].decode("latin-1").removeprefix("/ui/")
        before = f"?next={quote(wanted, safe='')}" if request.method == "GET" and wanted else ""
        if request.headers.get("hx-request") == "true":
            return Response(status_code=204, headers={"hx-redirect": f"{base}{SIGN_IN}"})
        return RedirectResponse(f"{base}{SIGN_IN}{before}", 303)

    async def _read(self, visit: Visit) -> Visit:
        if visit.request.method != "POST":
            return visit
        return Visit(
            house=visit.house,
            request=visit.request,
            identity=visit.identity,
            is_session=visit.is_session,
            form=await self.form(visit.request),
        )

    def _told(self, visit: Visit, fault: Fault, *, is_known: bool = True) -> Response:
        """The page of an error, with its cause and its remedy."""
        visit.request.scope["state"]["fault"] = fault
        known = {"fault": told(fault), "is_known": is_known, "trace_id": current().trace_id}
        if visit.is_part:
            return visit.part("parts/fault", known)  # with 200: others are not put into the page
        title = f"{fault.reason.replace('_', ' ').capitalize()}"
        response = visit.page("fault", known, title=title, status=http_status(fault))
        if fault.details.headers.get("allow"):
            response.headers["allow"] = fault.details.headers["allow"]
        return response


def told(fault: Fault) -> dict[str, object]:
    """A fault as templates have it."""
    return {
        "reason": fault.reason,
        "code": fault.status.name,
        "message": fault.message,
        "cause": fault.cause,
        "remedy": fault.remedy,
        "outcome": fault.effect.value,
        "domain": fault.domain.value,
        "retryable": fault.retryable,
        "retry_after": fault.details.retry_after,
        "violations": [(each.field, each.description) for each in fault.details.violations],
        "excerpt": fault.details.excerpt,
    }
