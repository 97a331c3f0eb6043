"""The pods of k8s/ acted out: start order, probes, restarts and ends, over the real processes."""

import asyncio
import base64
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import grpc.aio
import pytest
import trustme
from aiohttp import web

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.confinement import bubblewrap, confined
from tests.manifests import OURS, rendered
from tests.pods import Machine, Pod, running
from tests.processes import PORTICO, ROOT, until
from tests.servers import free_port

IMAGES = {
    OURS: (PORTICO[0], "-P", *PORTICO[1:]),
    "app:1.0.0": (sys.executable, str(ROOT / "examples/python_app/app.py")),
}

KEY = base64.b64encode(bytes(range(32))).decode()

KEPT = {
    "portico-hop": {"key": KEY},
    "portico-keys": {"ring": KEY},
    "portico-metrics": {"token": "letmein"},
    "portico-redis": {"PORTICO_REDIS": f"redis://127.0.0.1:{free_port()}"},  # nobody is there
}

ACTION = "connectors/status/versions/live/actions/getStatus"

WITHIN = 60.0
"""Seconds that something may take on a busy machine."""

pytestmark = pytest.mark.timeout(4 * WITHIN)

GONE = ("FACADE_UNAVAILABLE: ", "BREAKER_OPEN: ")
"""Why a call fails whose facade is not there: the app's own repeats open the breaker before it."""


class Backend:
    """A status page that takes its time."""

    def __init__(self) -> None:
        """Answers at once, until told otherwise."""
        self.delay = 0.0
        self.asked = 0

    async def answer(self, _: web.Request) -> web.Response:
        """Tells that all is well."""
        self.asked += 1
        await asyncio.sleep(self.delay)
        return web.json_response({"status": "fine"})


@pytest.fixture
async def backend() -> AsyncIterator[tuple[Backend, str]]:
    """A backend, and where it is."""
    told, application = Backend(), web.Application()
    application.router.add_get("/status.json", told.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield told, f"127.0.0.1:{port}"
    await runner.cleanup()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose name is short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="pod") as folder:
        yield Path(folder)


def certificate(authority: trustme.CA, *names: str) -> dict[str, str]:
    """A Secret as cert-manager writes it."""
    issued = authority.issue_cert(*names)
    chain = b"".join(each.bytes() for each in issued.cert_chain_pems)
    return {
        "tls.crt": chain.decode(),
        "tls.key": issued.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }


def pod(place: Path, overlay: str, name: str, **more: Any) -> Pod:
    """A pod of an overlay in a folder of its own."""
    folder = place / name
    folder.mkdir()
    found = rendered(overlay)
    return Pod(found.pods()[name], found, Machine(folder=folder, images=IMAGES, **more))


def facade_pod(place: Path, authority: trustme.CA, backend: str) -> Pod:
    """A pod of the central facade, before a backend."""
    secrets = {**KEPT, "portico-facade-tls": certificate(authority, "127.0.0.1")}
    return pod(
        *(place, "central", "portico-facade"),
        secrets=secrets,
        replaced={"https://status.example.com/api/v2": f"http://{backend}"},
        env={"PORTICO_EGRESS_ALLOW": backend, "PORTICO_DRAIN_DELAY": "0"},
    )


def before(facade: Pod) -> Mapping[str, str]:
    """Where the facade of a gateway is."""
    return {"portico-facade.portico.svc:8443": f"127.0.0.1:{facade.port_of('https')}"}


def app_pod(
    place: Path,
    authority: trustme.CA,
    facade: Pod,
    name: str = "app.default.svc",
    pace: float = 0.1,
) -> Pod:
    """The pod of an application with its sidecar, before a facade."""
    secrets = {"portico-sidecar-tls": certificate(authority, name)}
    return pod(place, "sidecar", "app", secrets=secrets, replaced=before(facade), pace=pace)


@pytest.fixture
def pods(place: Path, authority: trustme.CA, backend: tuple[Backend, str]) -> tuple[Pod, Pod]:
    """The facade's pod and the application's, not started yet."""
    facade = facade_pod(place, authority, backend[1])
    return facade, app_pod(place, authority, facade)


async def ready(acted: Pod) -> None:
    """Waits until a pod is ready."""

    async def holds() -> bool:
        return acted.ready

    await until(holds, WITHIN, f"ready: {acted.events}")


async def asked(acted: Pod) -> tuple[int, str]:
    """What the application answers."""
    url = f"http://127.0.0.1:{acted.port_of('http')}/status"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def served(acted: Pod) -> None:
    """Waits until the application has its answer from the backend."""

    async def holds() -> bool:
        return await asked(acted) == (200, '{"status": "fine"}\n')

    await until(holds, WITHIN, "the backend is reached")


async def test_n03_the_sidecar_is_up_before_the_application_starts(pods: tuple[Pod, Pod]) -> None:
    facade, app = pods
    async with running(facade), running(app):
        await ready(facade)
        await ready(app)
        assert app.order("started", "up") == [
            *("portico started", "portico up"),
            *("app started", "app up"),
        ]
        assert await asked(app) == (200, '{"status": "fine"}\n')
    assert [each.starts for each in (*facade.containers, *app.containers)] == [1, 1, 1]


async def test_n03_the_sidecar_may_be_there_before_its_facade(pods: tuple[Pod, Pod]) -> None:
    facade, app = pods
    async with running(app):
        await ready(app)
        status, text = await asked(app)
        assert status == 502
        assert text.startswith(GONE)
        async with running(facade):
            await ready(facade)
            await served(app)
        assert app.order("unready") == []
    assert [each.starts for each in app.containers] == [1, 1]


async def test_n04_no_probe_depends_on_redis_or_a_backend(
    place: Path, authority: trustme.CA
) -> None:
    facade = facade_pod(place, authority, f"127.0.0.1:{free_port()}")
    app = app_pod(place, authority, facade)
    async with running(facade), running(app):
        await ready(facade)
        await ready(app)
        for _ in range(5):  # each call fails, while several rounds of probes go by
            status, text = await asked(app)
            assert status == 502
            assert text.startswith(("BACKEND_UNREACHABLE: ", "BREAKER_OPEN: "))
            await asyncio.sleep(0.5)
        assert facade.order("unready", "killed") == app.order("unready", "killed") == []
        assert facade.ready
        assert app.ready


async def test_a_pod_that_ends_loses_no_call(
    pods: tuple[Pod, Pod], backend: tuple[Backend, str]
) -> None:
    facade, app = pods
    async with running(facade), running(app):
        await ready(facade)
        await ready(app)
        backend[0].delay = 1.0
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(asked(app)) for _ in range(20)]

            async def under_way() -> bool:
                return backend[0].asked == len(calls)

            await until(under_way, WITHIN, "every call has reached the backend")
            await app.end()
        assert {each.result()[0] for each in calls} == {200}
    assert app.order("asked to end", "ended", "killed") == [
        *("app asked to end", "app ended"),
        *("portico asked to end", "portico ended"),
    ]
    assert [each.status for each in app.events if each.what == "ended"] == [0, 0]


async def test_a_facade_that_ends_loses_no_call(
    pods: tuple[Pod, Pod], backend: tuple[Backend, str]
) -> None:
    facade, app = pods
    async with running(facade), running(app):
        await ready(facade)
        await ready(app)
        backend[0].delay = 1.0
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(asked(app)) for _ in range(20)]

            async def under_way() -> bool:
                return backend[0].asked == len(calls)

            await until(under_way, WITHIN, "every call has reached the backend")
            await facade.end()
        assert {each.result()[0] for each in calls} == {200}
    assert [each.status for each in facade.events if each.what == "ended"] == [0]


def test_n07_what_runs_under_bubblewrap_is_restricted(place: Path) -> None:
    if bubblewrap() is None:
        pytest.skip("no bubblewrap: pods are acted out without restrictions")
    inside, outside = place / "inside", place / "outside"
    inside.mkdir()
    script = f"touch {inside}/a; touch {outside}; id -u; grep CapEff /proc/self/status"
    done = subprocess.run(  # noqa: S603 - our own words alone
        confined(["sh", "-c", script], [inside]), capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["65532", "CapEff:", "0" * 16]
    assert "Read-only file system" in done.stderr
    assert (inside / "a").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
async def test_a_sidecar_is_started_again_and_the_application_is_not(
    place: Path, authority: trustme.CA, number: signal.Signals
) -> None:
    facade = facade_pod(place, authority, f"127.0.0.1:{free_port()}")
    app = app_pod(place, authority, facade, pace=0.02)
    async with running(app):
        await ready(app)
        app["portico"].send(number)

        async def again() -> bool:
            return app["portico"].starts == 2 and app.ready

        await until(again, WITHIN, "the sidecar is started again")
        _, text = await asked(app)
        assert text.startswith(GONE)  # the same socket leads to it
        assert app["app"].starts == 1


async def test_a_sidecar_is_believed_for_its_name_alone(
    place: Path, authority: trustme.CA, backend: tuple[Backend, str]
) -> None:
    facade = facade_pod(place, authority, backend[1])
    app = app_pod(place, authority, facade, "another.default.svc")
    async with running(facade), running(app):
        await ready(facade)
        await ready(app)
        status, text = await asked(app)
        assert (status, text.partition(":")[0]) == (502, "HOP_UNTRUSTED")


async def test_the_central_gateway_signs_what_it_hands_to_the_facade(
    place: Path, authority: trustme.CA, backend: tuple[Backend, str]
) -> None:
    facade = facade_pod(place, authority, backend[1])
    own = certificate(authority, "127.0.0.1")
    gateway = pod(
        *(place, "central", "portico-gateway"),
        secrets={**KEPT, "portico-gateway-tls": own},
        replaced=before(facade),
        env={"PORTICO_DRAIN_DELAY": "0"},
    )
    caller = grpc.ssl_channel_credentials(
        *(own[name].encode() for name in ("ca.crt", "tls.key", "tls.crt"))
    )
    async with running(facade), running(gateway):
        await ready(facade)
        await ready(gateway)
        address = f"127.0.0.1:{gateway.port_of('grpc')}"
        async with grpc.aio.secure_channel(address, caller) as channel:
            stub: Any = GatewayServiceStub(channel)
            request = ExecuteActionRequest(name=ACTION, parameters_json="{}")
            told = await stub.ExecuteAction(request, timeout=WITHIN)
        assert json.loads(told.json) == {"status": "fine"}
        for each in (facade, gateway):
            url = f"http://127.0.0.1:{each.port_of('admin')}/metrics"
            assert await scraped(url, {}) == 401
            assert await scraped(url, {"Authorization": "Bearer letmein"}) == 200


async def scraped(url: str, headers: Mapping[str, str]) -> int:
    """The status that a look at the metrics has."""
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status


def dev_pod(place: Path, http_port: int, **replaced: str) -> Pod:
    """The pod for developers, with its loopback on ports that are free."""
    here = {"127.0.0.1:50051": "127.0.0.1:0", "127.0.0.1:8080": f"127.0.0.1:{http_port}"}
    env = {"PORTICO_DRAIN_DELAY": "0"}
    return pod(place, "dev", "portico", secrets={}, replaced=here | replaced, env=env, pace=0.02)


async def test_n04_a_document_that_cannot_be_had_keeps_a_pod_unready_and_alive(
    place: Path,
) -> None:
    document = f"http://127.0.0.1:{free_port()}/openapi.yaml"
    dev = dev_pod(place, free_port(), **{"spec: status.openapi.yaml": f"spec: {document}"})
    async with running(dev):
        async with asyncio.timeout(WITHIN):
            await dev["portico"].up.wait()
        await asyncio.sleep(2)  # many rounds of probes
        assert dev.order("started", "up", "ready", "killed") == ["portico started", "portico up"]


async def test_the_pod_for_developers_needs_nothing(place: Path) -> None:
    http_port = free_port()
    dev = dev_pod(place, http_port)
    async with running(dev):
        await ready(dev)
        assert await scraped(f"http://127.0.0.1:{http_port}/v1/connectors", {}) == 200
        assert await scraped(f"http://127.0.0.1:{http_port}/docs", {}) == 200
