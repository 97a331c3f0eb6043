"""Traces over HTTP, as a gateway fetches those of its facades."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from facade.app.api.routes import routes
from facade.config import Settings
from facade.errors.caller import TraceNotFound
from facade.hop.fields import SIGNATURE
from facade.model.names import ActionName
from facade.parts import Parts
from tests.engines import an_engine, publish
from tests.listeners import Certificates, a_listener

SPEC = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {"/pet": {"get": {"operationId": "getPet", "responses": {"200": {}}}}},
}
ACTION = ActionName("shop", "v1", "getPet")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Parts, str]]:
    """The API on a port, and what it stands on."""
    async with an_engine(folder) as parts, a_listener(routes(parts, Settings())) as (_, url):
        yield parts, url


async def test_a_gateway_that_signs_is_told_what_is_known_here(tmp_path: Path) -> None:
    async with serving(tmp_path) as (parts, url):
        with parts.tracing.server("outer", {}) as outer, parts.tracing.client("inner"):
            pass
        await publish(parts, "shop", SPEC, url)
        steps = await parts.elsewhere.steps(url, ACTION, outer.trace_id)
        told = parts.ring.get(outer.trace_id)
        assert told is not None
        assert [(each.name, each.kind, each.span_id, each.parent_id) for each in steps] == [
            (each.name, each.kind, each.span_id, each.parent_id) for each in told.steps
        ]
        assert [each.duration for each in steps] == [each.duration for each in told.steps]
        with pytest.raises(TraceNotFound):
            await parts.elsewhere.steps(url, ACTION, "0" * 32)


async def test_a_gateway_that_is_known_by_its_certificate_needs_no_key(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    foreign = f"key=00000000;time=0;body=unsigned-payload;mac={'0' * 64}"
    async with (
        an_engine(tmp_path, hop_names=("gateway.example",)) as parts,
        a_listener(routes(parts, Settings()), certificates.files) as (_, url),
        certificates.caller("gateway.example") as known,
        certificates.caller("other.example") as other,
    ):
        with parts.tracing.server("outer", {}) as outer:
            pass
        address = f"{url}/v1/traces/{outer.trace_id}"
        assert (await known.get(address, headers={SIGNATURE: foreign})).status_code == 200
        assert (await other.get(address, headers={SIGNATURE: foreign})).status_code == 401


async def test_pages_of_traces_go_from_the_latest_to_the_first(tmp_path: Path) -> None:
    async with serving(tmp_path) as (parts, url), httpx.AsyncClient(base_url=url) as client:
        for name in ("a", "b", "c"):
            with parts.tracing.server(name, {}):
                pass
        first = (await client.get("/v1/traces?pageSize=2")).json()["data"]
        token = first["nextPageToken"]
        second = (await client.get(f"/v1/traces?pageSize=2&pageToken={token}")).json()["data"]
        titles = [each["title"] for each in (*first["traces"], *second["traces"])]
        assert (titles, second["nextPageToken"]) == (["c", "b", "a"], "")
