from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.v1.version_pb2 import Direct
from tests.doors import Door, a_door, operation
from tests.fakes import HttpBackend

DENIED = ("PERMISSION_DENIED", "EGRESS_DENIED", "gateway", "NOT_EXECUTED")


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A gateway in earnest, whose connector `pets` alone may call this machine."""
    async with a_door(tmp_path, dev=False, egress_allow=("pets=127.0.0.0/8",)) as opened:
        yield opened


async def test_e22_what_is_allowed_to_one_connector_is_denied_to_another(door: Door) -> None:
    async with HttpBackend() as backend:
        for connector in ("pets", "spies"):
            await door.publish(connector, operation("get", "/"), backend.origin)
        await door.execute("pets/act")
        refusal = await door.refused("spies/act")
        assert refusal.said == DENIED
        assert len(backend.requests) == 1


async def test_e13_a_server_that_a_document_names_is_judged_at_every_call(door: Door) -> None:
    async with HttpBackend() as backend:
        document = operation("get", "/") | {"servers": [{"url": backend.origin}]}
        await door.publish("spies", document, "", direct=Direct())
        for _ in range(2):
            assert (await door.refused("spies/act")).said == DENIED
        assert backend.connections == 0


async def test_e13_a_variable_of_a_server_leads_to_no_forbidden_address(door: Door) -> None:
    variables = {"host": {"default": "example.com"}}
    server = {"url": "https://{host}", "variables": variables}
    document = operation("get", "/") | {"servers": [server]}
    async with HttpBackend() as backend:
        for host in (f"127.0.0.1:{backend.port}", f"good@127.0.0.1:{backend.port}"):
            variables["host"]["default"] = host
            await door.publish(f"c{len(host)}", document, "", direct=Direct())
            refusal = await door.refused(f"c{len(host)}/act")
            assert refusal.info.metadata["outcome"] == "NOT_EXECUTED"
        assert backend.connections == 0


@pytest.mark.parametrize("name", ["base_url", "api_base", "server", "host", "origin", "url"])
async def test_e14_no_argument_says_where_a_call_goes(door: Door, name: str) -> None:
    async with HttpBackend() as elsewhere, HttpBackend() as backend:
        await door.publish("pets", operation("get", "/"), backend.origin)
        refusal = await door.refused("pets/act", {name: elsewhere.origin})
        assert refusal.code == "INVALID_ARGUMENT"
        assert (elsewhere.connections, backend.connections) == (0, 0)
