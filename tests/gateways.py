"""Gateways on loopback whose engine does what a test wants; the catalog is the real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from facade.bootstrap import open_parts
from facade.catalog.catalog import Catalog
from facade.config import Settings
from facade.model.call import Call, Exchange, Outcome
from facade.model.paging import Paging
from facade.model.stream import Opening, StreamedBody, Telling, Wanted
from facade.parts import Parts
from facade.spec.examination import examine
from facade.spec.limits import Limits
from facade.stores.ledger import SqlLedger, open_ledger
from gateway.server import Server, build_server
from tests.carriers import carried
from tests.ledgers import prepare

NOTHING = Exchange(method="GET", uri="http://x/", request_headers=())


class Engine:
    """An engine that records each call and does with it what it is told to."""

    def __init__(self, act: Callable[[Call], Awaitable[Outcome]] | None = None) -> None:
        self._act = act
        self.calls: list[Call] = []

    async def execute(self, call: Call, _content: StreamedBody | None = None) -> Outcome:
        self.calls.append(call)
        return await self._act(call) if self._act else Outcome(json=b"{}", exchange=NOTHING)

    async def pages(self, call: Call, _paging: Paging) -> Telling:
        self.calls.append(call)
        yield Opening(exchange=NOTHING)

    async def stream(self, call: Call, _wanted: Wanted) -> Telling:
        self.calls.append(call)
        yield Opening(exchange=NOTHING)


class Never:
    """Nothing is answered as it was before."""

    def known(self, call: Call, outcome: Outcome) -> None:
        raise AssertionError((call, outcome))

    def age(self, known: object) -> None:
        raise AssertionError(known)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    server: Server
    address: str
    engine: Engine
    """What its RPCs come to."""
    parts: Parts
    """All others are real."""


async def no_fetch(uri: str) -> bytes:
    raise AssertionError(uri)


@asynccontextmanager
async def a_catalog(folder: Path) -> AsyncIterator[Catalog]:
    """An empty catalog whose ledger is in the folder."""
    async with a_ledger(folder) as ledger:
        yield Catalog(ledger, partial(examine, limits=Limits()), no_fetch)


@asynccontextmanager
async def a_ledger(folder: Path) -> AsyncIterator[SqlLedger]:
    """The ledger in the folder."""
    ledger = await open_ledger(f"sqlite+aiosqlite:///{folder / 'ledger.db'}")
    try:
        yield ledger
    finally:
        await ledger.close()


@asynccontextmanager
async def a_gateway(
    folder: Path, acting: Engine | None = None, /, **settings: Any
) -> AsyncIterator[Gateway]:
    """A gateway that serves, on the engine of this run or on one that `settings` name.

    Its port is one that was free.
    """
    chosen: dict[str, Any] = {
        "data": folder,
        "dev": True,
        "grpc": "127.0.0.1:0",
        "drain_delay": 0.0,
        "drain_grace": 1.0,
    } | settings
    using = Settings(**carried(chosen))
    prepare(using.data)
    async with open_parts(using, {}) as opened:
        engine = acting or Engine()
        fakes: dict[str, Any] = {"engine": engine, "again": Never()}
        parts = replace(opened, **fakes)
        server = build_server(parts, using)
        try:
            address = await server.start()
            yield Gateway(server=server, address=address, engine=engine, parts=parts)
        finally:
            await server.stop()


async def failure(call: Awaitable[object]) -> grpc.aio.AioRpcError:
    """The error that a call ends with."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError("the call did not fail")


def told(error: grpc.aio.AioRpcError) -> tuple[ErrorInfo, BadRequest]:
    """What grpc-status-details-bin says."""
    status = rpc_status.from_call(error) or Status()
    info, bad = ErrorInfo(), BadRequest()
    for each in status.details:
        each.Unpack(info)
        each.Unpack(bad)
    return info, bad
