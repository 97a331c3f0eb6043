"""Nothing that is served shows what is in a process, or has it run anything."""

from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from facade.app.app import build_admin
from facade.config import Settings
from gateway.engines.choice import Name
from tests.doors import a_door
from tests.faces import both_faces

PAGES = (
    *("/debug", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/debug/requests"),
    *("/__debug__/", "/console", "/_profile", "/profile", "/prof", "/trace", "/stacks"),
    *("/threads", "/threaddump", "/heapdump", "/actuator/heapdump", "/actuator/env", "/env"),
    *("/metrics/profile", "/healthz/debug", "/v1/debug", "/quitquitquit"),
)
"""Where servers have shown what is in them: Go's pprof, Werkzeug's console, Spring's actuator."""

METHODS = (
    "/grpc.channelz.v1.Channelz/GetServers",
    "/grpc.admin.v1.Admin/GetAdmin",
    "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus",
    "/gateway.v1.DebugService/GetStacks",
)
"""The same over gRPC (gRFC A14, A38)."""


@pytest.mark.parametrize("dev", [True, False])
async def test_l16_no_page_of_the_http_face_is_a_debuggers(tmp_path: Path, *, dev: bool) -> None:
    async with both_faces(tmp_path, dev=dev) as faces:
        for page in PAGES:
            for method in ("GET", "POST"):
                got = await faces.http.request(method, page)
                assert got.status_code == 404, page
        assert (await faces.http.request("TRACE", "/healthz")).status_code == 405


async def test_l16_nor_is_one_beside_the_probes(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    app = build_admin(settings, lambda: True, lambda _: ("", b""), lambda: "")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as client:
        assert (await client.get("/healthz")).status_code == 200
        assert {(await client.get(page)).status_code for page in PAGES} == {404}


async def test_l16_no_method_over_grpc_is(tmp_path: Path, engine: Name) -> None:
    async with a_door(tmp_path, engine=engine) as door:
        for method in METHODS:
            ask: Any = door.channel.unary_unary(method)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ask(b"", timeout=5)
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED, method
