"""k8s/: every setting loads, every path and port of it is there, every connector file is taken."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from facade.catalog.catalog import Catalog
from facade.catalog.directory import apply_directory
from facade.config import PREFIX, Settings, load
from facade.model.version import Version
from facade.stores.ledger import open_ledger
from tests.catalogs import no_fetch, read
from tests.manifests import (
    K8S,
    OURS,
    OVERLAYS,
    Manifest,
    Rendered,
    containers,
    environment_of,
    rendered,
    source_of,
)

RESERVE = 5
"""Seconds that are left of a pod's time when all of its own have passed."""


def ours(overlay: str) -> Iterator[tuple[Manifest, Manifest, Rendered]]:
    """The containers of an overlay that run Portico: each with its pod."""
    found = rendered(overlay)
    for pod in found.pods().values():
        for container in containers(pod):
            if container["image"] == OURS:
                yield container, pod, found


def settings_of(container: Manifest, found: Rendered) -> Settings:
    env = environment_of(container, found)
    return load({}, {name: value for name, value in env.items() if name.startswith(PREFIX)})


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_setting_is_known_and_its_value_fits(overlay: str) -> None:
    seen = [settings_of(container, found) for container, _, found in ours(overlay)]
    assert len(seen) == (2 if overlay == "central" else 1)


def test_the_profile_for_developers_is_that_of_one_overlay() -> None:
    dev = {o: {settings_of(c, found).dev for c, _, found in ours(o)} for o in OVERLAYS}
    assert dev == {"central": {False}, "sidecar": {False}, "dev": {True}}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_path_of_a_setting_is_in_a_volume_that_has_it(overlay: str) -> None:
    readme = (K8S / "README.md").read_text()
    for container, pod, found in ours(overlay):
        settings = settings_of(container, found)
        for name in Settings.__dataclass_fields__:
            value = getattr(settings, name)
            if not isinstance(value, Path) or str(value) == "memory":
                continue
            source = source_of(str(value), container, pod)
            assert source is not None, f"{name}: {value} is on the root, which is read-only"
            volume, key = source
            if "secret" in volume and key:
                secret = volume["secret"]["secretName"]
                assert re.search(rf"^\| `{secret}` \| Secret \|.*`{key}`", readme, re.MULTILINE)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_listened_on_beyond_the_pod_is_a_port_of_the_container(overlay: str) -> None:
    for container, _, found in ours(overlay):
        settings = settings_of(container, found)
        addresses = (settings.grpc, settings.http, settings.health, settings.admin)
        open_ones = {port_of(each) for each in addresses if each.startswith("0.0.0.0:")}
        assert open_ones == {each["containerPort"] for each in container["ports"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_probes_ask_where_no_certificate_is_needed(overlay: str) -> None:
    for container, _, found in ours(overlay):
        settings = settings_of(container, found)
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        paths = {
            "startupProbe": "/healthz",
            "readinessProbe": "/readyz",
            "livenessProbe": "/healthz",
        }
        services = {"readinessProbe": "gateway.v1.GatewayService"}
        lives = "grpc.health.v1.Health"  # which serves for as long as it answers
        for kind, path in paths.items():
            if container["args"] == ["facade"]:
                asked = container[kind]["httpGet"]
                assert ports[asked["port"]] == port_of(settings.admin)
                assert asked["path"] == path
            else:
                asked = container[kind]["grpc"]
                assert asked["port"] == port_of(settings.health)
                assert asked["service"] == services.get(kind, lives)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_has_time_for_all_that_comes_before_its_end(overlay: str) -> None:
    for container, pod, found in ours(overlay):
        settings = settings_of(container, found)
        asleep = (
            container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        )
        needed = asleep + settings.drain_delay + settings.drain_grace
        assert pod["spec"]["terminationGracePeriodSeconds"] >= needed + RESERVE


@pytest.mark.parametrize("overlay", ["central", "dev"])
def test_a_pod_of_ours_takes_calls_until_no_service_leads_to_it(overlay: str) -> None:
    for container, _, _ in ours(overlay):
        assert container["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


def test_the_sidecar_is_there_before_the_application_and_after_it() -> None:
    pod = rendered("sidecar").pods()["app"]
    (sidecar,) = pod["spec"]["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    assert [each["name"] for each in pod["spec"]["containers"]] == ["app"]


def test_the_sidecar_and_the_application_share_a_socket_and_nothing_else() -> None:
    pod = rendered("sidecar").pods()["app"]
    sidecar, app = containers(pod)
    path = settings_of(sidecar, rendered("sidecar")).grpc.removeprefix("unix:")
    address = next(each for each in app["env"] if each["name"] == "GATEWAY_ADDRESS")
    assert address["value"] == f"unix:{path}"
    assert source_of(path, sidecar, pod) == source_of(path, app, pod)
    shared = [{each["name"] for each in one["volumeMounts"]} for one in (sidecar, app)]
    assert shared[0] & shared[1] == {"portico-socket"}
    assert "runAsUser" not in sidecar["securityContext"]  # or the socket would be another user's


def test_the_sidecar_needs_no_database_and_no_secret_but_its_certificate() -> None:
    ((sidecar, pod, found),) = ours("sidecar")
    settings = settings_of(sidecar, found)
    assert str(settings.data) == "memory"
    assert (settings.redis, settings.key_ring, settings.hop_key) == ("", None, None)
    secrets = [each["secret"]["secretName"] for each in pod["spec"]["volumes"] if "secret" in each]
    assert secrets == ["portico-sidecar-tls"]
    assert "valueFrom" not in str(sidecar)


@asynccontextmanager
async def applied(data: Manifest, folder: Path) -> AsyncIterator[Version]:
    """The version that the connector files of a ConfigMap make."""
    for name, text in data.items():
        (folder / name).write_text(text)
    ledger = await open_ledger(f"sqlite+aiosqlite:///{folder / 'portico.db'}")
    catalog = Catalog(ledger, read, no_fetch)
    reading = await apply_directory(folder, catalog)
    assert reading.complaints() == set()
    (connector,) = catalog.snapshot.connectors.values()
    yield connector.versions["v1"]
    await ledger.close()


@pytest.mark.parametrize("overlay", OVERLAYS)
async def test_every_connector_file_is_taken_as_it_is(overlay: str, tmp_path: Path) -> None:
    for container, pod, found in ours(overlay):
        source = source_of(str(settings_of(container, found).connectors), container, pod)
        assert source is not None
        data = found.names("ConfigMap")[source[0]["configMap"]["name"]]["data"]
        folder = tmp_path / container["args"][0]
        folder.mkdir()
        async with applied(data, folder) as version:
            assert version.problems == ()
            # A gateway of a cluster calls the facade; the facade, and who is alone, the backend.
            calls_a_facade = container["args"] == ["up"] and overlay != "dev"
            assert version.destination.indirect is calls_a_facade


@pytest.mark.parametrize("overlay", ["central", "sidecar"])
def test_a_gateway_may_call_the_facade_that_its_connectors_name(overlay: str) -> None:
    central = rendered("central")
    for container, pod, found in ours(overlay):
        if container["args"] == ["facade"]:
            continue
        volume, _ = source_of("/connectors/status.yaml", container, pod) or ({}, "")
        files = found.names("ConfigMap")[volume["configMap"]["name"]]["data"]
        (version,) = yaml.safe_load(files["status.yaml"])["versions"]
        url = urlsplit(version["indirect"]["server"])
        assert settings_of(container, found).egress_allow == (url.netloc,)
        name, namespace, _ = str(url.hostname).split(".")
        service = central.names("Service")[name]
        assert service["metadata"]["namespace"] == namespace
        assert url.port in {each["port"] for each in service["spec"]["ports"]}
        assert url.path == "/connectors/status/versions/v1"


def test_the_image_lets_in_what_it_copies_and_starts_without_a_shell() -> None:
    lines = (K8S / "Dockerfile").read_text().splitlines()
    let_in = set((K8S / "Dockerfile.dockerignore").read_text().split())
    copied = [
        line.split()[-2] for line in lines if line.startswith("COPY") and "--from" not in line
    ]
    assert {f"!{each}" for each in copied} == {each for each in let_in if each.startswith("!")}
    assert all((K8S.parent / each).exists() for each in copied)
    assert {'ENTRYPOINT ["portico"]', "USER 65532:65532", "STOPSIGNAL SIGTERM"} <= set(lines)
    assert "--require-hashes" in " ".join(lines)
