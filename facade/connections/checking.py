"""Checking: whether calls through a connection would work now."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from facade.catalog.catalog import Catalog
from facade.catalog.connecting import check_open
from facade.connections.http_request import HttpRequest, HttpRequests
from facade.errors.fault import Code, Fault
from facade.model.action import Action
from facade.model.call import CacheUse, Call, Caller, Outcome
from facade.model.connection import Connection, ConnectionState
from facade.model.names import ActionName
from facade.model.version import Version

TIMEOUT = 10.0
"""Seconds that a check takes at most."""

REFUSED = frozenset({Code.UNAUTHENTICATED, Code.PERMISSION_DENIED})
"""Codes of a backend that does not take the credential."""

TOKENS = frozenset({"TOKEN_REFUSED", "AUTHORIZATION_REQUIRED"})
"""Reasons for which there is no credential to be had."""


class CheckedState(StrEnum):
    """Whether calls would work."""

    ACTIVE = "ACTIVE"
    ERROR = "ERROR"
    """They would not: the configuration, or the backend."""
    AUTH_ERROR = "AUTH_ERROR"
    """They would not: the credential is missing, or not accepted."""
    SUSPENDED = "SUSPENDED"
    """They would not, until it is resumed."""


KNOWN: Final[Mapping[ConnectionState, CheckedState]] = MappingProxyType(
    {
        ConnectionState.AUTHORIZATION_REQUIRED: CheckedState.AUTH_ERROR,
        ConnectionState.ERROR: CheckedState.ERROR,
        ConnectionState.SUSPENDED: CheckedState.SUSPENDED,
    }
)
"""What the state of a connection says without a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check has found."""

    state: CheckedState
    description: str = ""
    """Why not; empty where they would."""


WORKS = Checked(state=CheckedState.ACTIVE)


class Executor(Protocol):
    """The engine, as this needs it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes one call; raises the Fault that it ends in."""


class Checking:
    """Tries connections out, by the way that their calls go."""

    def __init__(self, engine: Executor, catalog: Catalog, requests: HttpRequests) -> None:
        """Takes who makes calls, what there is, and who asks a server that has no test action."""
        self._engine = engine
        self._catalog = catalog
        self._requests = requests

    async def check(self, connection: Connection) -> Checked:
        """Calls the test action, past the cache; without one asks whether the server answers.

        Of one that lets no calls through it says what those fail with.
        """
        known = KNOWN.get(connection.state)
        if known is not None:
            return Checked(state=known, description=connection.state_description)
        try:
            check_open(connection)
            version = self._catalog.connecting.serving(connection)
            action = await self._test_action(connection, version)
            if action is None:
                return await self._asked(connection, version)
            await self._engine.execute(_call(connection, version, action))
        except Fault as fault:
            return _found(fault)
        return WORKS

    async def _test_action(self, connection: Connection, version: Version) -> Action | None:
        """The connection's own, else the first safe one that needs no arguments."""
        spec = await self._catalog.spec(version)
        if connection.test_action:
            name = version.name
            asked = ActionName(name.connector, name.version, connection.test_action, name.tenant)
            return self._catalog.resolve(asked)[1]
        for each in spec.ids:
            action = spec.action(each)
            needs = any(parameter.required for parameter in action.parameters)
            if action.method == "GET" and not (needs or action.body or action.problems):
                return action
        return None

    async def _asked(self, connection: Connection, version: Version) -> Checked:
        """Whether the first server answers anything at all: its root is no action's."""
        servers = await self._requests.servers(version)
        if not servers:
            said = "It has no action to be checked by: set `test_action`."
            return Checked(state=CheckedState.ERROR, description=said)
        request = HttpRequest(method="HEAD", url=servers[0].origin)
        await self._requests.send(connection, version, request, servers[0], TIMEOUT)
        return WORKS


def _call(connection: Connection, version: Version, action: Action) -> Call:
    name, owner = version.name, connection.name
    return Call(
        name=ActionName(name.connector, name.version, action.id, name.tenant),
        arguments={},
        deadline=TIMEOUT,
        full_view=False,
        caller=Caller(tenant=owner.tenant, connection=owner.connection),
        cache_use=CacheUse.BYPASS,
    )


def _found(fault: Fault) -> Checked:
    """What a fault says of the connection."""
    refused = fault.status in REFUSED and "httpStatus" in fault.details.facts
    is_auth = refused or fault.reason in TOKENS
    state = CheckedState.AUTH_ERROR if is_auth else CheckedState.ERROR
    return Checked(state=state, description=f"{fault.reason}: {fault.message}")
