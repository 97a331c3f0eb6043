"""Authorization servers: what the server of a connection is asked when somebody consents."""

from typing import Final

from facade.catalog.catalog import Catalog
from facade.connections.end_users import consented_to
from facade.connections.serving import version_of
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.action import Action
from facade.model.call import Caller, Plan
from facade.model.connection import Connection
from facade.model.credential import Credential
from facade.policy.credentials.credentials import Credentials
from facade.policy.credentials.description import Description
from facade.policy.credentials.endpoint import TIMEOUT, Endpoint, Request
from facade.policy.credentials.grant import Code
from facade.policy.credentials.token import Token
from facade.spec.spec import Spec
from facade.transcode.server import choose

NOTHING: Final = Action(id="", method="GET", path="/", pointer="")
"""Of a document without operations."""


class AuthorizationServers:
    """Speaks to the authorization servers of connections."""

    def __init__(self, catalog: Catalog, credentials: Credentials, endpoint: Endpoint) -> None:
        """Takes what knows versions, what knows secrets, and what asks."""
        self._catalog = catalog
        self._credentials = credentials
        self._endpoint = endpoint

    def credentials(self, connection: Connection) -> tuple[Credential, ...]:
        """Those of a connection whose tokens come of consent; raises ConnectionIncomplete."""
        found = consented_to(version_of(self._catalog, connection))
        if found:
            return found
        description = "an oauth2 credential with the grant authorizationCode is needed"
        raise ConnectionIncomplete(
            f"no credential of `{connection.name}` is got by consent",
            details=Details(violations=(Violation(field="credentials", description=description),)),
        )

    async def request(self, connection: Connection, scheme: str) -> tuple[Request, str]:
        """What is asked for a scheme's credential, and the scopes of a consent to it.

        Raises ConnectionIncomplete.
        """
        version = version_of(self._catalog, connection)
        spec = await self._catalog.spec(version)
        credential = {each.scheme: each for each in consented_to(version)}.get(scheme)
        if credential is None:
            raise ConnectionIncomplete(f"`{connection.name}` has no such credential any more")
        values = {each.name: each.value for each in version.variables if each.value is not None}
        values |= await self._credentials.values(version)
        action = spec.action(spec.ids[0]) if spec.ids else NOTHING
        plan = Plan(
            version=version,
            action=action,
            method="GET",
            origin=choose(version, action, values).origin,
            target="/",
            headers=(),
            timeout=TIMEOUT,
            caller=Caller(tenant=connection.name.tenant, connection=connection.name.connection),
        )
        declared = spec.security_schemes.get(scheme)
        request = await self._credentials.request(plan, credential, declared)
        return request, _scope(request, spec, scheme)

    async def consent_at(self, request: Request) -> Description:
        """Where people consent; raises what the endpoint raises."""
        return await self._endpoint.consent_at(request)

    async def revoke(self, request: Request, token: Token) -> bool:
        """Revokes a token; whether that is done there. Raises what the endpoint raises."""
        return await self._endpoint.revoke(request, token)

    async def exchange(self, request: Request, code: Code) -> Token:
        """The token that a code stands for; raises what the endpoint raises."""
        return await self._endpoint.exchange(request, code)


def _scope(request: Request, spec: Spec, scheme: str) -> str:
    """The credential's own scopes, else those that the document's operations ask for."""
    return " ".join(request.client.kind.scopes or spec.scopes(scheme))
