"""The connctd face on a port of its own, in front of a home with lamps."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from facade.app.app import build_app
from facade.app.listening import Binding
from facade.app.server import Server
from facade.bootstrap import open_parts
from facade.config import Settings
from facade.model.access import ANYONE
from facade.model.action import Location
from facade.model.change import Create, Draft
from facade.model.credential import ClientAuthentication, Credential, Grant, OAuth2
from facade.model.names import ConnectorName, SubjectName
from facade.model.version import Connector, Destination, Variable
from facade.parts import Parts
from tests.doors import document
from tests.ledgers import prepare

ROOT = "/api/v1/connectors"
SUBJECT = "X-External-Subject-Id"
EPOCH = datetime.fromtimestamp(0, UTC)

KEY = Variable(name="appKey", location=Location.HEADER)
LANGUAGE = Variable(name="lang", location=Location.QUERY, value="en", overridable=True)

CONSENT = Credential(
    scheme="oauth",
    kind=OAuth2(
        grant=Grant.AUTHORIZATION_CODE,
        client_id="abc",
        client_authentication=ClientAuthentication.NONE,
        authorization_uri="https://login.example/authorize",
        token_uri="https://login.example/token",
    ),
)
LAMP = {"name": "lampId", "in": "path", "required": True, "schema": {"type": "string"}}
ON = {"name": "on", "in": "query", "required": True, "schema": {"type": "boolean"}}
DONE = {"204": {"description": "done"}}
HOME = document(
    {
        "/lamps/{lampId}": {
            "delete": {"operationId": "removeLamp", "parameters": [LAMP], "responses": DONE},
        },
        "/lamps/{lampId}/on": {
            "put": {"operationId": "lamp.setOn", "parameters": [LAMP, ON], "responses": DONE},
        },
    },
    components={
        "securitySchemes": {
            "oauth": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": "https://login.example/authorize",
                        "tokenUrl": "https://login.example/token",
                        "scopes": {},
                    }
                },
            }
        }
    },
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that came to the home."""

    line: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Home:
    """Lamps that can be switched and removed, and a place where completions are posted."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.broken: set[str] = set()
        """Lamps whose requests fail."""
        self.held = asyncio.Event()
        """Set: nothing is held; else switching waits for it."""
        self.held.set()
        self.refused = 0
        """Completions that are not taken before one is."""
        self.completed: asyncio.Queue[Seen] = asyncio.Queue()
        self.origin = ""

    @property
    def lines(self) -> list[str]:
        return [each.line for each in self.seen]

    async def take(self, request: web.Request) -> web.Response:
        seen = Seen(
            line=f"{request.method} {request.path}",
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        if request.path == "/completions":
            await self.completed.put(seen)
            if self.refused:
                self.refused -= 1
                return web.Response(status=409)
            return web.Response(status=204)
        self.seen.append(seen)
        lamp = request.path.split("/")[2]
        if lamp in self.broken:
            return web.Response(status=500)
        if request.method == "PUT":
            await self.held.wait()
        return web.Response(status=404 if lamp == "gone" else 204)


@dataclass(frozen=True, kw_only=True)
class Face:
    """The face of one gateway."""

    parts: Parts
    url: str
    http: httpx.AsyncClient
    home: Home
    settings: Settings = field(default_factory=Settings)

    async def publish(
        self,
        connector: str,
        *variables: Variable,
        labels: Mapping[str, str] | None = None,
        credentials: tuple[Credential, ...] = (),
        tenant: str = "",
        title: str = "",
    ) -> None:
        """Makes a connector whose calls go to the home."""
        await self.parts.catalog.create_connector(
            Connector(
                name=ConnectorName(connector, tenant),
                title=title,
                labels=labels or {},
                create_time=EPOCH,
                update_time=EPOCH,
            ),
            Create(
                version_id="v1",
                draft=Draft(
                    spec_text=json.dumps(HOME),
                    destination=Destination(uri=self.home.origin),
                    variables=variables,
                    credentials=credentials,
                ),
            ),
            by=replace(ANYONE, tenant=tenant),
        )

    async def ask(
        self,
        method: str,
        path: str,
        tree: Any = None,
        subject: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A request below the face's root, or of a link, whatever the host is called there."""
        url = path[path.index(ROOT) :] if ROOT in path else ROOT + path
        said = {**({SUBJECT: subject} if subject else {}), **(headers or {})}
        if tree is None:
            return await self.http.request(method, url, headers=said)
        return await self.http.request(method, url, json=tree, headers=said)

    async def instance(self, connector: str, **configuration: Any) -> str:
        """Creates an instance; its id."""
        body = {"connector_type_id": connector, "configuration": configuration}
        made = await self.ask("POST", "/instances", body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def client(self, connector: str, subject: str = "ann", **configuration: Any) -> str:
        """Creates a client; its id."""
        body = {"connector_type_id": connector, "configuration": configuration}
        made = await self.ask("POST", "/clients", body, subject)
        assert made.status_code == 201, made.text
        return str(made.json()["client_id"])

    async def map(self, client: str, **mappings: str) -> SubjectName:
        """Gives a client things."""
        subject = await self.parts.subjects.by_uid("", client)
        assert subject is not None
        new = replace(subject, mappings=mappings)
        await self.parts.subjects.update(subject.name, new, ("mappings",))
        return subject.name

    async def allow(self, instance: str, *hosts: str, **labels: str) -> None:
        """Lets an instance send to hosts, and gives it labels."""
        connection = self.parts.connections.by_uid("", instance)
        assert connection is not None
        new = replace(connection, allowed_hosts=hosts, labels=labels)
        await self.parts.connections.update(connection.name, new, ("allowed_hosts", "labels"))


@asynccontextmanager
async def a_home() -> AsyncIterator[Home]:
    """A home at a port that was free."""
    home, app = Home(), web.Application()
    app.router.add_route("*", "/{path:.*}", home.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        home.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield home
    finally:
        await runner.cleanup()


@asynccontextmanager
async def a_face(folder: Path, **settings: Any) -> AsyncIterator[Face]:
    """A face in the development profile, at a port that was free, and a home behind it."""
    async with a_home() as home, a_face_of(home, folder, **settings) as face:
        yield face


@asynccontextmanager
async def a_face_of(home: Home, folder: Path, **settings: Any) -> AsyncIterator[Face]:
    """The same before a home that is there already."""
    made = Settings(**{"data": folder, "dev": True, "http": "127.0.0.1:0", **settings})
    prepare(made.data)
    async with open_parts(made, {}) as parts, served(parts, made, home) as face:
        yield face


@asynccontextmanager
async def served(parts: Parts, settings: Settings, home: Home) -> AsyncIterator[Face]:
    """The face of the parts, on a socket."""
    app = build_app(parts, settings, lambda: True)
    server = Server(app, Binding(address="127.0.0.1:0"), app.drain, settings)
    url = await server.start()
    try:
        async with httpx.AsyncClient(base_url=url, timeout=10.0) as http:
            yield Face(parts=parts, url=url, http=http, home=home, settings=settings)
    finally:
        await server.stop()


def error_of(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and reason of an error in the form of rule X-2."""
    told = response.json()["error"]
    assert told["description"], told
    return response.status_code, told["code"], told["reason"]
