"""Sign-in: signing in by an API key, and out again."""

import re
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from facade.access.identities import unknown
from facade.app.ui.door import Door
from facade.app.ui.visit import House, Visit
from facade.errors.fault import Fault
from facade.model.access import Identity

INSIDE: Final = re.compile(r"[A-Za-z0-9_.~%:@!$&'()*+,;=-]+(/[A-Za-z0-9_.~%:@!$&'()*+,;=-]+)*")
"""The path of a page below /ui/."""
LONGEST: Final = 2048


class SignIn:
    """Begins and ends sessions."""

    def __init__(self, house: House, door: Door) -> None:
        """Takes what pages are made of, and what reads forms."""
        self._house = house
        self._door = door

    async def ask(self, request: Request) -> Response:
        """The page that asks for a key."""
        return self._page(request, request.query_params.get("next", ""))

    async def sign_in(self, request: Request) -> Response:
        """Begins a session, and goes on to where somebody was going."""
        try:
            form = await self._door.form(request)
        except Fault as fault:
            return self._door.refused(request, fault)
        response: Response = RedirectResponse(f"./{inside(form.get('next', ''))}", 303)
        if self._house.sessions.begin(response, form.get("key", "").strip()):
            return response
        refusal = unknown()
        request.scope["state"]["fault"] = refusal
        self._house.authority.note("POST /ui/sign-in", None, refusal)
        return self._page(request, form.get("next", ""), refused=True)

    async def sign_out(self, request: Request) -> Response:
        """Ends a session."""
        try:
            await self._door.form(request)
        except Fault as fault:
            return self._door.refused(request, fault)
        response = RedirectResponse("./sign-in", 303)
        self._house.sessions.end(response)
        return response

    def _page(self, request: Request, after: str, *, refused: bool = False) -> Response:
        identity: Identity = request.scope["state"]["identity"]
        visit = Visit(house=self._house, request=request, identity=identity)
        known = {
            "next": inside(after),
            "refused": refused,
            "is_known": False,
            "anyone": self._house.parts.access.identities.is_open,
        }
        status = 401 if refused else 200
        return visit.page("sign_in", known, title="Sign in", status=status)


def inside(path: str) -> str:
    """The path if it is one of a page here; else that of the first."""
    fits = len(path) <= LONGEST and INSIDE.fullmatch(path) and ".." not in unquote(path)
    return path if fits else ""
