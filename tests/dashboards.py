"""A gateway with hostile things in it, as those see it who look at its dashboard."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from facade.model.access import Grant, Identity, Role
from facade.model.key import KeyName
from facade.model.names import ConnectorName
from tests.doors import document
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 987 * 789 }}"
"""What a document, a title or an answer may hold."""
JSON = (("content-type", "application/json"),)
FORM = {"content-type": "application/x-www-form-urlencoded"}
OPERATOR = Identity(name="operator", grants=(Grant(role=Role.ADMIN),))

HOSTILE = document(
    {
        "/things": {
            "get": {
                "operationId": "listThings",
                "summary": EVIL,
                "description": EVIL,
                "tags": [EVIL],
                "parameters": [
                    {
                        "name": "kind",
                        "in": "query",
                        "description": EVIL,
                        "schema": {"enum": [EVIL, "b"]},
                    },
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {
                    "200": {
                        "description": EVIL,
                        "content": {"application/json": {"schema": {"title": EVIL}}},
                    }
                },
            }
        }
    }
)


@asynccontextmanager
async def a_shop(folder: Path, **settings: Any) -> AsyncIterator[tuple[Faces, HttpBackend]]:
    """A gateway with a connector, a connection, and a call in its traces."""
    async with (
        HttpBackend(
            answer(json.dumps({"name": EVIL, "id": 2**60}).encode(), headers=JSON)
        ) as backend,
        both_faces(folder, **settings) as faces,
    ):
        yield faces, backend


async def filled(faces: Faces, backend: HttpBackend) -> None:
    """Publishes hostile things, and calls one of them."""
    await faces.door.publish("shop", HOSTILE, backend.origin)
    await faces.door.publish_as("v2", "shop", HOSTILE, backend.origin, notes=EVIL)
    catalog = faces.parts.catalog
    name = ConnectorName("shop")
    await catalog.update_connector(name, _titled(catalog.connector(name)), ("title", "description"))
    made = {"connector": "shop", "title": EVIL, "description": EVIL}
    created = await faces.http.post("/v1/connections?connectionId=berlin", json=made)
    assert created.status_code == 200, created.text
    await faces.door.execute("shop/listThings")


def _titled(connector: Any) -> Any:
    return replace(connector, title=EVIL, description=EVIL)


async def a_key(faces: Faces, id_: str = "me", role: Role = Role.ADMIN, **limits: Any) -> str:
    """A new key."""
    grants = (Grant(role=role, **limits),)
    _, text = await faces.parts.access.keys.create(KeyName(id_), grants, by=OPERATOR)
    return text


async def signed_in(faces: Faces, key: str) -> httpx.Response:
    """What signing in by a key answers; the client keeps the cookie."""
    return await faces.http.post("/ui/sign-in", data={"key": key, "next": "traces"})
