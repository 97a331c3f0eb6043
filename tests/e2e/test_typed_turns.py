"""`live` by stubs while others begin to serve and go back: each call is all of one version.

`pytest tests/e2e/test_typed_turns.py --publishes 1000 -s` has so many versions begin to serve.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from google.protobuf.message_factory import GetMessageClass

from gateway.v1.gateway_pb2 import RollbackVersions, VersionChange
from gateway.v1.version_pb2 import Direct
from tests.e2e.test_typed_grpcurl import SERVICE, Shop, a_shop, delete, promote
from tests.fakes import HttpBackend
from tests.typed_calls import TypedCaller
from tests.typed_shop import TEXT, says, shop

CALLERS = 4
WORKERS = 4
EACH = 4
"""So often another version begins to serve for each one that is published."""

BOTH = {"name", "of_a", "of_b"}

pytestmark = pytest.mark.timeout(600)


def document(*own: str) -> Any:
    """A shop whose pets have those properties, and whose getPet takes arguments of those names."""
    made = shop(**dict.fromkeys(own, TEXT))
    taken = made["paths"]["/pets/{petId}"]["get"]["parameters"]
    words = [{"name": each, "in": "query", "schema": TEXT} for each in own]
    made["paths"]["/pets/{petId}"]["get"]["parameters"] = [*taken, *words]
    return made


def backend() -> HttpBackend:
    """Answers what it was asked as the name, and whatever any version knows."""

    def respond(request: bytes) -> bytes:
        target = request.split(b" ", 2)[1].decode()
        return says({"id": 7, "name": target, "of_a": "a", "of_b": "b"})

    return HttpBackend(respond)


def version(shop_: Shop, key: str, base: str, *own: str) -> VersionChange:
    change = shop_.create(key, document(*own))
    change.create.version.direct.CopyFrom(Direct(base_uri=f"{shop_.origin}/{base}"))
    return change


@dataclass
class Callers:
    """Who call `live` by the stubs of a third version, which know all that each of the two has."""

    address: str
    seen: dict[str, int] = field(default_factory=lambda: {"a": 0, "b": 0})
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def one(self) -> None:
        """Calls until they are to stop; each answer is of one version alone, as is its request."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(self.address, options) as channel:
            typed = TypedCaller(channel=channel)
            method = await typed.method(f"{SERVICE.format('both')}/GetPet")
            given = GetMessageClass(method.input_type)(pet_id=7, of_a="1", of_b="2")
            while not self.stopped.is_set():
                told = await typed.send(f"{SERVICE.format('live')}/GetPet", method, given)
                served = told.data["name"][1]
                word = {"a": "of_a=1", "b": "of_b=2"}[served]
                assert told.data["name"] == f"/{served}/pets/7?{word}"
                assert told.data.keys() & BOTH == {"name", f"of_{served}"}
                self.seen[served] += 1


async def test_no_call_fails_or_is_of_two_versions_while_versions_take_turns(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    publishes = pytestconfig.getoption("--publishes") // EACH
    async with (
        backend() as server,
        a_shop(tmp_path, server, WORKERS) as shop_,
        asyncio.TaskGroup() as group,
    ):
        await shop_.change(version(shop_, "both", "a", "of_a", "of_b"))
        await shop_.change(version(shop_, "a0", "a", "of_a"), promote("a0"))
        await shop_.change(version(shop_, "b0", "b", "of_b"))
        callers = Callers(shop_.running.address)
        for _ in range(CALLERS):
            group.create_task(callers.one())
        for number in range(1, publishes + 1):
            key = f"b{number}"
            await shop_.change(version(shop_, key, "b", "of_b"), promote(key))
            await shop_.change(VersionChange(rollback=RollbackVersions()))
            await shop_.change(promote("b0"))
            await shop_.change(promote("a0"), delete(key))
        callers.stopped.set()
    sys.stdout.write(f"{callers.seen} of {CALLERS} callers, {EACH * publishes} turns\n")
    assert min(callers.seen.values()) > 0
    assert "ERROR" not in (tmp_path / "log").read_text()
