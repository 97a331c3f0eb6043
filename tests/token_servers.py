"""Authorization servers on the loopback, that count what they are asked."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from facade.model.action import SecurityScheme
from facade.model.call import Plan
from facade.model.credential import Grant, OAuth2
from facade.policy.credentials.credentials import Credentials
from tests.fakes import HttpBackend, answer
from tests.signers import a_call, holds

SECRETS = {"SECRET": "s3cret", "REFRESH": "r0", "PASSWORD": "pässword"}
"""What the clients' references lead to."""

OAUTH = SecurityScheme(name="oauth", type="oauth2", scopes=("read",))


REFRESHING: dict[str, Any] = {"grant": Grant.REFRESH_TOKEN, "refresh_token": "env:REFRESH"}
"""A client's fields, for the grant of a refresh token."""


class TokenServer(HttpBackend):
    """Gives `t1`, `t2`, … for as long as it is told, or answers what a test wants."""

    def __init__(
        self, said: Callable[[dict[str, str]], bytes] | None = None, **fields: Any
    ) -> None:
        super().__init__(self._say)
        self.fields = fields
        self.said = said
        self.forms: list[dict[str, str]] = []

    def _say(self, request: bytes) -> bytes:
        form = dict(parse_qsl(request.partition(b"\r\n\r\n")[2].decode()))
        self.forms.append(form)
        return self.said(form) if self.said is not None else self.token()

    def token(self, **fields: Any) -> bytes:
        """The next token, as it is answered."""
        told = {"access_token": f"t{len(self.forms)}", "token_type": "bearer", "expires_in": 100}
        return said(told | self.fields | fields)

    @property
    def uri(self) -> str:
        return f"{self.origin}/token"


def said(told: Any, status: int = 200) -> bytes:
    """An answer in JSON."""
    headers = (("Content-Type", "application/json"),)
    return answer(json.dumps(told).encode(), status=status, headers=headers)


def a_client(uri: str, **fields: Any) -> OAuth2:
    """A client whose secrets are `env:` references."""
    given: dict[str, Any] = {
        "grant": Grant.CLIENT_CREDENTIALS,
        "token_uri": uri,
        "client_id": "me",
        "client_secret": "env:SECRET",
    }
    return OAuth2(**given | fields)


def needing(kind: OAuth2, scheme: SecurityScheme = OAUTH, **fields: Any) -> Plan:
    """A call that needs a token."""
    return a_call(((scheme,),), holds(scheme, kind), **fields)


def token_in(plan: Plan) -> str:
    """The token that a plan was signed with."""
    return dict(plan.headers)["Authorization"].removeprefix("Bearer ")


async def tokens(signer: Credentials, plan: Plan, calls: int = 1) -> list[str]:
    """The tokens that so many calls at once are signed with."""
    signed = await asyncio.gather(*(signer.sign(plan) for _ in range(calls)))
    return [token_in(each.plan) for each in signed]


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Rotating:
    """Gives a new refresh token each time, and takes only the last one."""

    def __init__(self, server: TokenServer) -> None:
        self.server = server
        self.valid = "r0"

    def __call__(self, form: dict[str, str]) -> bytes:
        if form["refresh_token"] != self.valid:
            return said({"error": "invalid_grant"}, 400)
        self.valid = f"r{len(self.server.forms)}"
        return self.server.token(refresh_token=self.valid)
