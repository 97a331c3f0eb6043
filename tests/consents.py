"""A gateway whose calls somebody has to consent to, before a real authorization server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facade.model.connection import Connection, EndUsers, Subject
from facade.model.names import ConnectionName, SubjectName
from gateway.v1.credential_pb2 import Credential
from tests.authorization_servers import CLIENT, SECRET, Authority, an_authority
from tests.doors import Door, document
from tests.faces import Faces, both_faces
from tests.fakes import JSON, HttpBackend, answer

HOME = "http://portico.test"
"""Where browsers find the HTTP face."""
NOW = datetime(2026, 11, 1, tzinfo=UTC)
OAUTH2 = Credential.OAuth2
HOMES = ConnectionName("homes")
CONNECTOR = """\
connector: homes
versions:
  - id: v1
    spec: {spec}
    server: {server}
    credentials:
      - scheme: oauth
        oauth2:
          grant: authorizationCode
          issuer: {issuer}
          clientId: {client}
          clientSecret: env:PORTICO_SECRET_HOMES
          scopes: [read]
live: v1
"""
"""A connector file: `format` it with spec, server, issuer and client."""


@dataclass(frozen=True, kw_only=True)
class Homes:
    """The gateway, its backend, and whom people consent at."""

    faces: Faces
    backend: HttpBackend
    authority: Authority

    @property
    def door(self) -> Door:
        return self.faces.door

    def signed(self) -> list[str]:
        """What signed the calls that reached the backend, in order."""
        return [signature(each) for each in self.backend.requests]

    def user(self) -> str:
        """On whose behalf the last call was made."""
        return self.authority.users(self.signed()[-1].removeprefix("Bearer "))[0]

    async def subject(self, name: str = "", external_id: str = "u1", **fields: Any) -> Subject:
        """A new subject."""
        return await self.faces.parts.subjects.create(a_subject(name, external_id, **fields))

    async def consent(self, name: ConnectionName | SubjectName) -> tuple[int, str]:
        """Has somebody consent in a browser; what they then read."""
        url = await self.faces.parts.consenting.authorize(name)
        return await self.come_back(await self.authority.consent(url))

    async def come_back(self, url: str) -> tuple[int, str]:
        """What a browser shows that is sent to an address of ours."""
        assert url.startswith(HOME)
        answer = await self.faces.http.get(url)
        return answer.status_code, answer.text


def _judged(authority: Authority, signed: str) -> bytes:
    """What a backend answers that does not take what its server took back."""
    token = signed.removeprefix("Bearer ")
    given = [each for each in authority.given if each.access_token == token]
    return answer(b"", status=401) if any(each.revoked for each in given) else JSON


def signature(request: bytes) -> str:
    """The Authorization header of a request."""
    fields = (line.partition(b": ") for line in request.split(b"\r\n"))
    found = (value.decode() for name, _, value in fields if name.lower() == b"authorization")
    return next(found, "")


def a_subject(name: str = "", external_id: str = "u1", **fields: Any) -> Subject:
    """A subject of the connection."""
    given: dict[str, Any] = {"external_id": external_id, "create_time": NOW, "update_time": NOW}
    return Subject(name=SubjectName("homes", name), **given | fields)


def by_code(authority: Authority, **fields: Any) -> Credential:
    """A credential that is got by consent."""
    given: dict[str, Any] = {
        "grant": OAUTH2.GRANT_AUTHORIZATION_CODE,
        "issuer": authority.origin,
        "client_id": CLIENT,
        "client_secret": "env:SECRET",
        "scopes": ["read"],
    }
    return Credential(scheme="oauth", oauth2=OAUTH2(**given | fields))


def the_document() -> dict[str, Any]:
    """A document whose one operation asks for a token."""
    flow = {"authorizationUrl": "/authorize", "tokenUrl": "/token", "scopes": {"read": "r"}}
    schemes = {
        "oauth": {"type": "oauth2", "flows": {"authorizationCode": flow}},
        "key": {"type": "apiKey", "in": "header", "name": "Authorization"},
    }
    act = {"operationId": "act", "security": [{"oauth": ["read"]}, {"key": []}], "responses": {}}
    add = {"operationId": "add", "security": [{"oauth": ["write"]}], "responses": {}}
    paths = {"/things": {"get": act, "post": add}}
    return document(paths, components={"securitySchemes": schemes})


@asynccontextmanager
async def homes(
    folder: Path,
    end_users: EndUsers = EndUsers.REQUIRED,
    credential: dict[str, Any] | None = None,
    version: dict[str, Any] | None = None,
    authority: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Homes]:
    """A connection by whose calls people's homes are reached, once they consent."""
    environ = {"SECRET": SECRET, "OWN": "own-key", "THEIRS": "their-key"}
    with an_authority(**(authority or {})) as server:
        async with (
            HttpBackend(lambda request: _judged(server, signature(request))) as backend,
            both_faces(folder, environ, public_url=HOME, **settings) as faces,
        ):
            signing = by_code(server, **(credential or {}))
            given = {"credentials": [signing], **(version or {})}
            await faces.door.publish("homes", the_document(), backend.origin, **given)
            await faces.parts.connections.create(
                Connection(
                    name=HOMES,
                    connector="homes",
                    end_users=end_users,
                    create_time=NOW,
                    update_time=NOW,
                )
            )
            yield Homes(faces=faces, backend=backend, authority=server)
