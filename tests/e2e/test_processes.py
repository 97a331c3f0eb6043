"""`portico up`, as a process: how it starts, what it refuses, how it follows, and how it ends."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import httpx
import pytest
import pytest_asyncio
import trustme

from facade.demo import petstore
from gateway.v1.catalog_pb2 import GetConnectorRequest, ListConnectorsRequest
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion
from tests.processes import (
    Finished,
    Running,
    children,
    pet_store,
    portico,
    portico_up,
    start,
    stop,
    together,
    until,
)
from tests.servers import free_port

FIRST = petstore.FIRST_ID
DOCUMENT = 'openapi: 3.1.0\ninfo: {title: NAME, version: "1"}\npaths: {}\n'
OWN = (("grpc.use_local_subchannel_pool", 1),)
"""A connection of its own for each channel: each may be another worker's."""

REFUSED = (
    ("--grpc 0.0.0.0:0", "callers must show certificates"),
    ("--grpc 0.0.0.0:0 --workers 2 --dev", "callers must show certificates"),
    ("--grpc 127.0.0.1:{taken}", "cannot listen on 127.0.0.1:{taken}: "),
    ("--grpc 127.0.0.1:99999", "cannot listen on 127.0.0.1:99999: no such port"),
    ("--grpc 127.0.0.1:0 --http 127.0.0.1:{taken}", "cannot listen on 127.0.0.1:{taken}: "),
    ("--grpc 127.0.0.1:0 --admin 127.0.0.1:{taken}", "cannot listen on 127.0.0.1:{taken}: "),
    ("--grpc 127.0.0.1:0 --health 127.0.0.1:{taken}", "cannot listen on 127.0.0.1:{taken}: "),
    ("--grpc 127.0.0.1:0 --http 0.0.0.0:0", "http: 0.0.0.0:0 is beyond this host"),
    ("--grpc 127.0.0.1:0 --data memory --workers 2", "data: workers cannot share `memory`"),
    (
        "--grpc 127.0.0.1:0 --http nonsense",
        (
            "--http: `nonsense`: unfit (address of the HTTP face: HOST:PORT or unix:PATH; "
            "empty for none)"
        ),
    ),
    ("--grpc 127.0.0.1:0 --connectors nowhere", "connectors: nowhere is no folder"),
    ("--grpc 127.0.0.1:0 --data file/data", "data: file/data: Not a directory"),
    ("--grpc 127.0.0.1:0 --egress-allow !! --workers 2", "egress_allow: `!!` is no network"),
)
"""Flags, and what is said of them."""

SOON = 20.0
"""Seconds for what takes two where nothing else runs."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


def asked(action: str, arguments: str = "{}") -> ExecuteActionRequest:
    name = f"connectors/petstore/versions/live/actions/{action}"
    return ExecuteActionRequest(name=name, parameters_json=arguments)


async def probed(port: int, path: str) -> int:
    """The status of a probe; 0 where nobody answers."""
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code
        except httpx.HTTPError:
            return 0


def publish(connector: str, version: str) -> ManageVersionsRequest:
    parent = f"connectors/{connector}"
    made = ConnectorVersion(spec_text=DOCUMENT)
    changes = [
        VersionChange(create=CreateVersion(version_id=version, version=made)),
        VersionChange(promote=PromoteVersion(name=f"{parent}/versions/{version}")),
    ]
    return ManageVersionsRequest(parent=parent, changes=changes)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def probes() -> int:
    return free_port()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers(tmp_path_factory: pytest.TempPathFactory, probes: int) -> AsyncIterator[Running]:
    """Two workers before the pet store."""
    folder = tmp_path_factory.mktemp("workers")
    flags = ("--workers", "2", "--admin", f"127.0.0.1:{probes}")
    async with pet_store(folder, *flags, log=folder / "log") as running:
        yield running
        kept = children(running.process.pid)
        assert await stop(running.process) == 0
        assert not any(map(alive, kept))


async def test_m23_several_workers_serve_and_one_that_is_killed_comes_back(
    workers: Running, probes: int
) -> None:
    async def whole() -> bool:
        return len(children(workers.process.pid)) == 2

    await until(whole, SOON, "two workers")
    assert await probed(probes, "/readyz") == 200
    victim, other = children(workers.process.pid)

    async def whole_again() -> bool:
        return await whole() and victim not in children(workers.process.pid)

    os.kill(victim, signal.SIGKILL)
    await until(whole_again, SOON, "two workers again")

    assert other in children(workers.process.pid)
    answer = await workers.gateway.ExecuteAction(
        asked("getPetById", f'{{"petId": {FIRST}}}'), wait_for_ready=True, timeout=SOON
    )
    assert json.loads(answer.json)["name"] == "Rex"
    assert await probed(probes, "/readyz") == 200


@pytest.mark.alone
async def test_a_publish_through_one_worker_is_seen_by_all_within_a_second(
    workers: Running,
) -> None:
    channels = [grpc.aio.insecure_channel(workers.address, OWN) for _ in range(8)]
    stubs = [CatalogServiceStub(each) for each in channels]
    listed = ListConnectorsRequest()
    for each in stubs:
        await each.ListConnectors(listed, wait_for_ready=True, timeout=SOON)
    await workers.gateway.ManageVersions(publish("news", "v1"))

    async def seen() -> bool:
        answers = await asyncio.gather(*(each.ListConnectors(listed) for each in stubs))
        return all("connectors/news" in [c.name for c in each.connectors] for each in answers)

    assert await until(seen, 1, "the connector in every worker") <= 1
    for channel in channels:
        await channel.close()


async def test_no_worker_outlives_the_process_that_keeps_it(tmp_path: Path) -> None:
    async with portico_up(tmp_path, None, "--workers", "2", log=tmp_path / "log") as running:
        kept = children(running.process.pid)

        running.process.kill()
        await asyncio.wait_for(running.process.wait(), SOON)

        async def ended() -> bool:
            return not any(map(alive, kept))

        assert len(kept) == 2
        await until(ended, SOON, "the workers' end")


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_unix_socket_is_an_address_like_any_other(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("s")
    address = f"unix:{folder / 'p.sock'}"
    flags = ("--grpc", address, "--data", folder / "data", "--drain-delay", "0")
    process, told = await start("up", *flags)
    try:
        listed = await portico("get", "connectors", "-s", address)
        doctor = await portico("doctor", "-s", address)
    finally:
        status = await stop(process)

    assert told == address
    assert (listed.status, listed.err) == (0, "no connectors found\n")
    assert f"{address} is SERVING" in doctor.text
    assert status == 0


async def test_m10_a_signal_right_after_the_ready_line_ends_it_cleanly(tmp_path: Path) -> None:
    flags = ("--grpc", "127.0.0.1:0", "--data", tmp_path / "data", "--drain-delay", "0")
    process, _ = await start("up", *flags)

    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(process.wait(), SOON) == 0


async def test_with_mutual_tls_only_callers_with_a_certificate_are_served(
    tmp_path: Path, authority: trustme.CA
) -> None:
    files = certificates(tmp_path, authority)
    process, address = await start(
        *("up", "--grpc", "127.0.0.1:0", "--data", tmp_path / "data", "--drain-delay", "0"),
        *("--tls-cert", files["server"], "--tls-key", files["server-key"]),
        *("--tls-client-ca", files["ca"]),
        log=tmp_path / "log",
    )
    get = ("get", "connectors", "-s", address)
    ours = ("--tls-cert", files["client"], "--tls-key", files["client-key"])
    try:
        plain = await portico(*get)
        bare = await portico(*get, "--tls-ca", files["ca"])
        stranger = await portico(*get, "--tls-ca", files["other"], *ours)
        known = await portico(*get, "--tls-ca", files["ca"], *ours)
        variables = {
            "PORTICO_SERVER": address,
            "PORTICO_SERVER_CA": str(files["ca"]),
            "PORTICO_SERVER_CERT": str(files["client"]),
            "PORTICO_SERVER_KEY": str(files["client-key"]),
        }
        doctor = await portico("doctor", env=variables)
    finally:
        status = await stop(process)

    assert [each.status for each in (plain, bare, stranger, known)] == [1, 1, 1, 0]
    assert "if it wants TLS" in plain.err
    assert "certificates of callers" in bare.err
    assert "not one that --tls-ca vouches for" in stranger.err
    assert known.err == "no connectors found\n"
    assert f"✓ gateway: {address} is SERVING" in doctor.text
    assert status == 0


def certificates(folder: Path, authority: trustme.CA) -> dict[str, Path]:
    """The files of a server, a client, their authority, and another authority."""
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("me@example.org")
    blobs = {
        "ca": [authority.cert_pem],
        "other": [trustme.CA().cert_pem],
        "server": server.cert_chain_pems,
        "server-key": [server.private_key_pem],
        "client": client.cert_chain_pems,
        "client-key": [client.private_key_pem],
    }
    files = {name: folder / f"{name}.pem" for name in blobs}
    for name, parts in blobs.items():
        files[name].write_bytes(b"".join(each.bytes() for each in parts))
    return files


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusals(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[int, dict[str, Finished]]]:
    """A port that is taken, and how the starts end whose settings cannot work."""
    folder = tmp_path_factory.mktemp("refused")
    (folder / "file").write_text("no certificate", encoding="utf-8")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        typed = [flags.format(taken=taken).split() for flags, _ in REFUSED]
        ended = await together(*(portico("up", *each, cwd=folder) for each in typed))
        flags = (flags for flags, _ in REFUSED)
        yield taken, dict(zip(flags, ended, strict=True))


@pytest.mark.parametrize(("flags", "said"), REFUSED)
async def test_settings_that_cannot_work_end_the_start_with_2(
    refusals: tuple[int, dict[str, Finished]], flags: str, said: str
) -> None:
    taken, all_ended = refusals
    ended = all_ended[flags]

    assert (ended.status, ended.out) == (2, b"")
    lines = [line for line in ended.err.splitlines() if "add_port.cc" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("error ")
    assert said.format(taken=taken) in lines[0]


async def test_every_wrong_setting_is_named_with_its_source(tmp_path: Path) -> None:
    file = tmp_path / "portico.yaml"
    file.write_text("workrs: 3\nlog-level: loud\n", encoding="utf-8")

    ended = await portico(
        *("up", "--max-spec-bytes", "12", "--config", file),
        env={"PORTICO_DRAIN_DELAY": "soon", "PORTICO_WORKER": "2"},
    )

    assert (ended.status, ended.out) == (2, b"")
    assert len(ended.err.splitlines()) == 5
    for each in (
        f"{file}: workrs: unknown setting; did you mean",
        f"{file}: log_level: ",
        "PORTICO_DRAIN_DELAY: ",
        "PORTICO_WORKER: unknown setting; did you mean `PORTICO_WORKERS`?",
        "--max-spec-bytes: ",
    ):
        assert f"error {each}" in ended.err


async def test_m10_a_drain_lets_a_slow_call_finish_and_the_probes_say_so(tmp_path: Path) -> None:
    port = free_port()
    flags = ("--admin", f"127.0.0.1:{port}", "--drain-delay", "0.5")
    async with pet_store(tmp_path, *flags) as store:
        call = asyncio.ensure_future(store.gateway.ExecuteAction(asked("slow", '{"seconds": 1.5}')))
        await asyncio.sleep(0.2)
        before = [await probed(port, path) for path in ("/healthz", "/readyz")]

        async def unready() -> bool:
            return await probed(port, "/readyz") == 503

        store.process.send_signal(signal.SIGTERM)
        await until(unready, SOON, "readiness tells of the end")
        lives = await probed(port, "/healthz")
        answer = await call
        status = await asyncio.wait_for(store.process.wait(), SOON)

    assert (before, lives) == ([200, 200], 200)
    assert json.loads(answer.json) == {"seconds": 1.5}
    assert status == 0


async def test_m11_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with pet_store(tmp_path, "--drain-delay", "20") as store:
        call = asyncio.ensure_future(store.gateway.ExecuteAction(asked("slow", '{"seconds": 9}')))
        await asyncio.sleep(0.3)
        store.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.2)
        began = time.monotonic()

        store.process.send_signal(signal.SIGINT)
        await asyncio.wait_for(store.process.wait(), SOON)

        assert time.monotonic() - began < 2
        with pytest.raises(grpc.aio.AioRpcError):
            await call


async def test_a_folder_of_connectors_is_followed(tmp_path: Path) -> None:
    files = {"shop.yaml": DOCUMENT.replace("NAME", "One")}
    log = tmp_path / "log"
    async with portico_up(tmp_path, files, log=log) as running:
        file = tmp_path / "connectors" / "shop.yaml"

        async def title() -> str:
            request = GetConnectorRequest(name="connectors/shop")
            found: str = (await running.catalog.GetConnector(request)).title
            return found

        async def changed() -> bool:
            return await title() == "Two"

        async def complained() -> bool:
            return "shop.yaml" in log.read_text(encoding="utf-8").partition("ERROR")[2]

        assert await title() == "One"
        file.write_text(DOCUMENT.replace("NAME", "Two"), encoding="utf-8")
        await until(changed, SOON, "the changed title")
        file.write_text("connector: [shop\n", encoding="utf-8")
        await until(complained, SOON, "a line about the broken file")
        assert await title() == "Two"


async def test_buf_finds_the_services_by_reflection(workers: Running) -> None:
    buf = shutil.which("buf", path=str(Path(sys.executable).parent))
    if buf is None:
        pytest.skip("buf is not installed beside this Python")
    process = await asyncio.create_subprocess_exec(
        *(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--list-methods"),
        f"http://{workers.address}",
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), SOON)

    assert process.returncode == 0
    methods = out.decode().split()
    for each in ("ExecuteAction", "ListActions", "ManageVersions"):
        assert f"gateway.v1.GatewayService/{each}" in methods
