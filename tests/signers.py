"""Credentials with real parts and secrets of one's own, and the plans that they sign."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from facade.model.action import Action, Requirement, SecurityScheme
from facade.model.call import Plan, Reply
from facade.model.credential import Credential
from facade.policy.credentials.consents import Grants
from facade.policy.credentials.credentials import Credentials
from facade.policy.credentials.endpoint import Endpoint, Transport
from facade.policy.credentials.tokens import Tokens
from facade.sealing import Seal
from facade.secrets.environment import Environment
from facade.secrets.files import Files
from facade.secrets.references import Secrets
from facade.stores.alone import Alone
from facade.stores.shared import Shared
from tests.fakes import FakeGrants, a_plan, a_version

SEAL = Seal([bytes(32)])


class Unreached:
    """A transport that nothing may be sent by."""

    async def send(self, plan: Plan) -> Reply:
        raise AssertionError(plan.uri)


@asynccontextmanager
async def a_signer(
    environ: Mapping[str, str],
    transport: Transport | None = None,
    shared: Shared | None = None,
    clock: Callable[[], float] = time.time,
    grants: Grants | None = None,
    seal: Seal = SEAL,
) -> AsyncIterator[Credentials]:
    """Credentials whose secrets are `env:` references into a mapping."""
    endpoint = Endpoint(transport or Unreached(), clock)
    async with (
        Secrets(Environment(environ, ("*",)), Files(None, time.monotonic)) as secrets,
        Tokens(shared or Alone(), grants or FakeGrants(), seal, endpoint, clock) as tokens,
    ):
        yield Credentials(secrets, tokens, seal, clock)


def holds(scheme: SecurityScheme | str, kind: Any, **fields: Any) -> Credential:
    """A credential for a scheme."""
    name = scheme if isinstance(scheme, str) else scheme.name
    return Credential(scheme=name, kind=kind, **fields)


def a_call(
    security: tuple[Requirement, ...] | None, *credentials: Credential, **fields: Any
) -> Plan:
    """The plan of an action that asks for security, of a version that has credentials."""
    action = Action(id="a", method="GET", path="/", pointer="", security=security)
    version = a_version(credentials=credentials)
    return a_plan("https://shop.example", **{"action": action, "version": version} | fields)
