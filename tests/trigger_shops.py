"""A shop whose triggers are looked after: polled, registered at, and told by what a test says."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.model.definition import (
    ActionCall,
    Expression,
    Poll,
    Trigger,
)
from facade.model.trigger import TriggerRecord
from facade.parts import Parts
from facade.stores.triggers import SqlTriggers
from facade.triggers.triggers import Triggers
from gateway.server import build_server
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import carried
from tests.doors import PLAIN, Door, document
from tests.fakes import HttpBackend, said
from tests.ledgers import prepare
from tests.triggers import House, a_flow, a_house

ITEMS = "connectors/shop/versions/v1/actions/items"
LINKED = "connectors/shop/versions/v1/actions/linked"
REGISTER = "connectors/shop/versions/v1/actions/register"
REMOVE = "connectors/shop/versions/v1/actions/remove"

TEXT = {"type": "string"}
LIST = {"type": "array", "items": {"type": "object"}}


def operation(id_: str, schema: Any, **fields: Any) -> dict[str, Any]:
    media = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "", "content": media}}
    return {"operationId": id_, "responses": responses} | fields


def parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": TEXT, "required": place == "path"}


SPEC = document(
    {
        "/items": {
            "get": operation(
                "items",
                {"type": "object"},
                parameters=[parameter("since", "query"), parameter("If-None-Match", "header")],
            )
        },
        "/linked": {
            "get": operation("linked", LIST, parameters=[parameter("per_page", "query")])
            | {
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"Link": {"schema": TEXT}},
                        "content": {"application/json": {"schema": LIST}},
                    }
                }
            }
        },
        "/hooks": {
            "post": operation(
                "register",
                {"type": "object"},
                requestBody={
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"url": TEXT, "secret": TEXT},
                            }
                        }
                    }
                },
            )
        },
        "/hooks/{id}/removal": {
            "post": operation("remove", {"type": "object"}, parameters=[parameter("id", "path")])
        },
    }
)


class Shop:
    """A backend, and a replica before it."""

    def __init__(self, backend: HttpBackend, house: House, replica: Triggers) -> None:
        self.backend = backend
        self.house = house
        self.replica = replica
        self.say: Callable[[bytes], bytes] = lambda _: said({})

    async def goes_on(self, seconds: float) -> None:
        """Time passes, and the replica looks every second."""
        await self.house.pass_by(seconds, self.replica)

    async def record(self) -> TriggerRecord:
        (found,) = await SqlTriggers(self.house.ledger).every()
        return found

    @property
    def asked(self) -> list[str]:
        """Method and target of each request."""
        return [" ".join(each.decode().split(" ")[:2]) for each in self.backend.requests]


@asynccontextmanager
async def a_gateway(folder: Path) -> AsyncIterator[tuple[Parts, Door]]:
    """What triggers stand on, and the door by which connectors are published."""
    made = Settings(**carried({"grpc": "127.0.0.1:0", "data": folder, "dev": True}))
    prepare(folder)
    async with open_parts(made, {}) as parts:
        server = build_server(parts, made)
        try:
            async with grpc.aio.insecure_channel(await server.start()) as channel:
                gateway, catalog = GatewayServiceStub(channel), CatalogServiceStub(channel)
                yield parts, Door(gateway=gateway, catalog=catalog, channel=channel)
        finally:
            await server.stop()


@asynccontextmanager
async def a_shop(
    folder: Path, trigger: Trigger, policy: Mapping[str, Any] = PLAIN, **fields: Any
) -> AsyncIterator[Shop]:
    """A flow with a trigger over a backend that says what a test wants."""
    shop: Shop | None = None

    def respond(request: bytes) -> bytes:
        assert shop is not None
        return shop.say(request)

    async with (
        HttpBackend(respond) as backend,
        a_gateway(folder / "gateway") as (parts, door),
        a_house(folder, a_flow(trigger)) as house,
    ):
        await door.publish("shop", SPEC, backend.origin, policy=policy)
        given: dict[str, Any] = {"engine": parts.engine, "catalog": parts.catalog} | fields
        if given.get("events") == "real":
            given["events"] = parts.events
        shop = Shop(backend, house, await house.replica(**given))
        yield shop


def a_poll(action: str = ITEMS, **fields: Any) -> Poll:
    call = ActionCall(action=action, arguments={"since": "{{ state }}"} if action == ITEMS else {})
    given: dict[str, Any] = {"items": Expression("body.items"), "key": Expression("id")}
    return Poll(call=call, every=10.0, **given | fields)
