"""Flows in tests: a shop that they call, definitions of one text each, and runs to their end."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, Self
from uuid import uuid4

from facade.catalog.catalog import Catalog
from facade.flows.definitions import read
from facade.flows.running.runs import Runs
from facade.model.change import Create, Draft, Promote
from facade.model.flow import Flow, FlowName, FlowVersion, FlowVersionName
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import Policy, Retry
from facade.model.run import Run, TriggerKind
from facade.model.version import Destination
from tests.fakes import HttpBackend, read_request

SHOP = ConnectorName("shop")
LIVE = "connectors/shop/versions/live/actions"

JSON_BODY = {"content": {"application/json": {"schema": {"type": "object"}}}}
ANSWERS = {"default": {"description": "something", **JSON_BODY}}


def document() -> str:
    """A shop: an item is read, which is idempotent, and an order is placed, which is not."""
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/items/{id}": {
            "get": {"operationId": "getItem", "parameters": [id_], "responses": ANSWERS}
        },
        "/orders": {
            "post": {
                "operationId": "placeOrder",
                "requestBody": {"required": True, **JSON_BODY},
                "responses": ANSWERS,
            }
        },
    }
    return json.dumps(
        {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths}
    )


class Shop:
    """A backend that counts what is done to it, and does as it is told by what it is asked."""

    def __init__(self) -> None:
        self.backend = HttpBackend(self.answer)
        self.items: Counter[str] = Counter()
        """Reads, by id."""
        self.orders: Counter[str] = Counter()
        """Orders, by the number that each says of itself."""
        self.statuses: dict[str, list[int]] = {}
        """Of an item: what it answers, one after the other; then 200."""
        self.headers: tuple[str, ...] = ()
        """Lines that stand in the heads of its answers, too."""
        self.asked: Callable[[], None] = lambda: None
        """Is called at each request, once it has been counted and before it is answered."""

    async def __aenter__(self) -> Self:
        await self.backend.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.backend.__aexit__(None, None, None)

    def answer(self, request: bytes) -> bytes:
        """One answer."""
        value, status = self.does(request)
        self.asked()
        return said(value, status, self.headers)

    def does(self, request: bytes) -> tuple[object, int]:
        """What a request does, and is told."""
        head, _, body = request.partition(b"\r\n\r\n")
        target = head.split(b" ", 2)[1].decode()
        if target.startswith("/items/"):
            id_ = target.removeprefix("/items/")
            self.items[id_] += 1
            statuses = self.statuses.get(id_)
            status = statuses.pop(0) if statuses else 200
            return {"id": id_, "data": {"id": 7, "name": "fido", "is_active": True}}, status
        number = str(json.loads(body)["number"])
        self.orders[number] += 1
        return {"order": number}, 200


def said(value: object, status: int = 200, lines: tuple[str, ...] = ()) -> bytes:
    """JSON as it goes over the wire."""
    body = json.dumps(value).encode()
    more = "".join(f"{line}\r\n" for line in lines)
    head = f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\n{more}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class Held(HttpBackend):
    """A backend that answers once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.requests.append(await read_request(reader))
            self.asked.set()
            await self.goes_on.wait()
            writer.write(said({"order": 1}))
            await writer.drain()


class HasFlows(Protocol):
    """What of a process flows need."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def runs(self) -> Runs: ...


async def open_shop(catalog: Catalog, uri: str, shop: ConnectorName = SHOP, most: int = 1) -> None:
    """Publishes the shop at a server; the engine itself tries each call `most` times."""
    draft = Draft(
        spec_text=document(),
        destination=Destination(uri=uri),
        policy=Policy(timeout=5.0, retry=Retry(max_attempts=most)),
    )
    promote = Promote(name=VersionName(shop.connector, "v1"))
    await catalog.manage(shop, [Create(version_id="v1", draft=draft), promote])


def a_flow(source: str, flow: str = "orders", tenant: str = "") -> tuple[Flow, FlowVersion]:
    """A flow of one version, as if it had been published."""
    now, name = datetime.now(UTC), FlowName(flow, tenant)
    version = FlowVersion(
        name=FlowVersionName(flow, "v1", tenant),
        source=source,
        definition=read(source),
        create_time=now,
    )
    made = Flow(
        name=name,
        uid=str(uuid4()),
        versions=(version,),
        published="v1",
        create_time=now,
        update_time=now,
    )
    return made, version


async def started(
    parts: HasFlows, source: str, given: Any = None, flow: str = "orders", **more: Any
) -> Run:
    """Starts a flow by hand."""
    made, version = a_flow(source, flow, more.pop("tenant", ""))
    more.setdefault("trigger", TriggerKind.MANUAL)
    return await parts.runs.start(made, version, json.dumps(given), **more)


async def ended(parts: HasFlows, run: Run, within: float = 20.0) -> Run:
    """The run once it has ended."""
    async with asyncio.timeout(within):
        async for each in parts.runs.watch(run.name):
            run = each
    return run


async def ran(parts: HasFlows, source: str, given: Any = None, **more: Any) -> Run:
    """Runs a flow to its end."""
    return await ended(parts, await started(parts, source, given, **more))
