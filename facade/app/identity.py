"""Who asks: known by what the request shows, or refused before anything is done for it."""

from collections.abc import Awaitable
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from facade.access.identities import Identities
from facade.access.opening import Access
from facade.access.presented import AUTHORIZATION, SHOWN, Presented, is_own, presented
from facade.app.addresses import UNIX
from facade.app.errors import MIRROR
from facade.app.observed import OWN, PROBED
from facade.config import Settings
from facade.errors.access import CallerForbidden, CallerUnknown
from facade.hop.fields import SIGNATURE, TENANT, own, read
from facade.model.access import ANYONE, Grant, Identity, Role
from facade.telemetry.spans import current

FREE: Final = ("/docs/assets/", "/api/v1/connectors/actions/", "/oauth2/callback", "/ui", "/hooks/")
"""Below which nobody has to be known: files that everybody has, addresses that are proof
themselves, since nobody can guess them, pages whose own door asks (see `facade.app.ui`), and
messages that are signed."""

OPEN: Final = (
    "/api/v1/connectors/descriptions",
    "/api/v1/connectors/jwks.json",
    "/api/v1/connectors/openapi.json",
)
"""Where nobody has to be known (seed 004), though whoever is sees what their tenant has."""

NOBODY: Final = Identity(name="nobody")
"""Who asks where nobody has to be known; may do nothing by itself."""

GATEWAY: Final = "gateway"
"""The name of a gateway that makes calls for its own callers."""

HANDS_ON: Final = (Grant(role=Role.INVOKER),)
"""What a gateway that is believed may do: it has asked its callers already."""

FIELDS: Final = frozenset(each.encode() for each in SHOWN)
SIGNED: Final = SIGNATURE.encode()


class Identified:
    """Wraps an application: puts the caller's identity into `scope["state"]["identity"]`.

    What proves it goes no further. The signature of a hop is proved by whoever has read the body:
    until then its gateway may do nothing; see `proven`. Raises CallerUnknown, and CallerForbidden
    for another tenant than the credential's.
    """

    def __init__(self, app: ASGIApp, access: Access, settings: Settings) -> None:
        """Takes what answers, and who knows callers."""
        self._app = app
        self._identities = access.identities
        self._authority = access.authority
        self._is_open = access.identities.is_open
        self._is_socket = settings.http.startswith(UNIX)
        self._gateways = frozenset(settings.hop_names)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers one request."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            state: dict[str, Any] = scope.setdefault("state", {})
            if _is_free(scope["path"]) or self._is_nobody(scope, headers):
                state["identity"] = NOBODY
            elif self._is_gateway(scope, headers):
                state["identity"] = self._of_gateway(scope)
                _strip(scope, "")
            elif self._is_open and FIELDS.isdisjoint(headers):
                state["identity"] = ANYONE
            else:
                return self._asked(scope, receive, send)
        return self._app(scope, receive, send)

    def _is_nobody(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        """Whether nothing is shown where nothing has to be."""
        names = scope["state"].get("peer_names", ())
        return scope["path"].startswith(OPEN) and not names and FIELDS.isdisjoint(headers)

    def _is_gateway(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        """Whether a gateway asks, or somebody who says so."""
        if not scope["path"].startswith((*MIRROR, OWN)):
            return False
        names = scope["state"].get("peer_names", ())
        return SIGNED in headers or not self._gateways.isdisjoint(names)

    def _of_gateway(self, scope: Scope) -> Identity:
        said = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in scope["headers"]]
        tenant = read(each for each in own(said) if each[0] == TENANT).tenant
        names = scope["state"].get("peer_names", ())
        found = Identity(tenant=tenant, name=GATEWAY)
        return found if self._gateways.isdisjoint(names) else proven(found)

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["state"]
        try:
            shown = presented(
                ((name.decode("latin-1"), text) for name, text in scope["headers"]),
                state.get("peer_names", ()),
                state.get("peer_uid"),
                is_socket=self._is_socket,
            )
            found = self._identities.of(shown)
            identity = found if isinstance(found, Identity) else await found
            state["identity"] = identity
            current().belong(identity.tenant)
        except (CallerUnknown, CallerForbidden) as fault:
            self._authority.note(f"{scope['method']} {_place(scope['path'])}", None, fault)
            raise
        _strip(scope, _judged(shown, self._identities))
        await self._app(scope, receive, send)


def identity_of(scope: Scope) -> Identity:
    """Who asks; where nobody was asked that, anyone."""
    found: Identity = scope["state"].get("identity", ANYONE)
    return found


def proven(identity: Identity) -> Identity:
    """A gateway whose signature, or whose certificate, was found to hold."""
    if identity.name != GATEWAY:
        return identity
    return Identity(tenant=identity.tenant, name=GATEWAY, grants=HANDS_ON)


def _is_free(path: str) -> bool:
    return path in PROBED or path.startswith(FREE)


def _judged(shown: Presented, identities: Identities) -> str:
    """The field that has said who calls, where a backend might get it."""
    return "" if shown.said or not identities.is_shown(shown) else AUTHORIZATION


def _strip(scope: Scope, judged: str) -> None:
    """Takes our own credential out of what goes on."""
    scope["headers"] = [
        (name, value)
        for name, value in scope["headers"]
        if name not in FIELDS or not is_own(name.decode("latin-1"), value.decode("latin-1"), judged)
    ]


def _place(path: str) -> str:
    """Where a request went, without ids."""
    return next((each for each in (*MIRROR, OWN) if path.startswith(each)), path[:64])
