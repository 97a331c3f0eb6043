"""k8s/: what kustomize renders is what Kubernetes takes, and every part of it fits the others."""

import os
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # the package has no types
import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from tests.manifests import K8S, OVERLAYS, Manifest, Rendered, containers, render, rendered

FIRST = (1, 29)
"""The first Kubernetes on which native sidecars are on."""

VERSIONS = sorted(
    {
        each
        for each in kubernetes_validate.utils.all_versions()
        if tuple(map(int, each.split(".")[:2])) >= FIRST
    }
)

TEXT = {"type": "string", "minLength": 1}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}


def closed(required: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    """The schema of an object that has no other fields."""
    kind = {"type": "object", "additionalProperties": False}
    return {**kind, "properties": fields, "required": list(required)}


def listed(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


CUSTOM: dict[str, dict[str, Any]] = {
    # prometheus-operator, API reference of monitoring.coreos.com/v1
    "monitoring.coreos.com/v1 ServiceMonitor": closed(
        ("selector", "endpoints"),
        selector=closed(("matchLabels",), matchLabels={"type": "object"}),
        endpoints=listed(
            closed(
                ("port",),
                port=TEXT,
                path=TEXT,
                authorization=closed(
                    ("credentials",), credentials=closed(("key", "name"), name=TEXT, key=TEXT)
                ),
            )
        ),
    ),
    # Gateway API 1.1 (GRPCRoute) and 1.4 (BackendTLSPolicy), standard channel
    "gateway.networking.k8s.io/v1 GRPCRoute": closed(
        ("parentRefs", "rules"),
        parentRefs=listed(closed(("name",), name=TEXT, namespace=TEXT, sectionName=TEXT)),
        hostnames=listed(TEXT),
        rules=listed(
            closed(
                ("backendRefs",),
                matches=listed(closed(("method",), method=closed(("service",), service=TEXT))),
                backendRefs=listed(closed(("name", "port"), name=TEXT, port=PORT)),
            )
        ),
    ),
    "gateway.networking.k8s.io/v1 BackendTLSPolicy": closed(
        ("targetRefs", "validation"),
        targetRefs=listed(
            closed(("group", "kind", "name"), group={"const": ""}, kind=TEXT, name=TEXT)
        ),
        validation=closed(
            ("hostname", "caCertificateRefs"),
            hostname=TEXT,
            caCertificateRefs=listed(
                closed(("group", "kind", "name"), group={"const": ""}, kind=TEXT, name=TEXT)
            ),
        ),
    ),
}
"""The specs of the kinds that Kubernetes itself does not know, as far as they are used."""


@pytest.fixture(scope="session", params=[*OVERLAYS, "trial"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Every overlay, and the central one with a Redis of its own."""
    if request.param != "trial":
        return rendered(request.param)
    folder = tmp_path_factory.mktemp("trial").resolve()
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "namespace": "portico",
                "resources": [os.path.relpath(K8S / "overlays/central", folder)],
                "components": [os.path.relpath(K8S / "components/redis", folder)],
            }
        )
    )
    return render(folder)


@cache
def brought() -> dict[str, set[str]]:
    """What the README asks an operator to bring: objects and their keys."""
    rows = re.findall(
        r"^\| `([\w-]+)` \| (?:Secret|ConfigMap) \| ([^|]+)\|",
        (K8S / "README.md").read_text(),
        re.MULTILINE,
    )
    return {name: set(re.findall(r"`([\w.]+)`", keys)) for name, keys in rows}


def keys_of(kind: str, name: str, found: Rendered) -> set[str]:
    """The keys of a ConfigMap or Secret that is rendered, or that the README asks for."""
    manifest = found.names(kind).get(name)
    return set(manifest["data"]) if manifest else brought().get(name, set())


def ports_of(pod: Manifest) -> dict[str, int]:
    """The named ports of a pod; no two are one."""
    said = [each for container in containers(pod) for each in container.get("ports", ())]
    assert len({each["containerPort"] for each in said}) == len(said)
    assert len({each["name"] for each in said}) == len(said)
    return {each["name"]: each["containerPort"] for each in said}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_fits_the_schemas_of_kubernetes(found: Rendered, version: str) -> None:
    for manifest in found.manifests:
        if f"{manifest['apiVersion']} {manifest['kind']}" not in CUSTOM:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_every_custom_resource_has_the_fields_of_its_definition(found: Rendered) -> None:
    for manifest in found.manifests:
        schema = CUSTOM.get(f"{manifest['apiVersion']} {manifest['kind']}")
        if schema is not None:
            Draft202012Validator(schema).validate(manifest["spec"])


def test_the_central_overlay_has_all_of_its_parts() -> None:
    kinds = sorted(
        f"{each['kind']}/{each['metadata']['name']}" for each in rendered("central").manifests
    )
    for part in ("gateway", "facade"):
        for kind in ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
            assert f"{kind}/portico-{part}" in kinds
        assert f"NetworkPolicy/portico-{part}" in kinds
    assert {"ServiceMonitor/portico", "GRPCRoute/portico"} <= set(kinds)


def test_n07_every_pod_is_restricted(found: Rendered) -> None:
    for name, pod in found.pods().items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["fsGroup"] == spec["securityContext"]["runAsGroup"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        assert not any("hostPath" in each for each in spec["volumes"]), name
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name


def test_every_container_has_limits_probes_and_a_version(found: Rendered) -> None:
    for name, pod in found.pods().items():
        for container in containers(pod):
            assert container["resources"]["limits"].keys() >= {"memory"}, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            probes = {"startupProbe", "readinessProbe", "livenessProbe"}
            assert probes <= container.keys(), name
            assert re.search(r":\d+(\.\d+)+", container["image"]), name


def test_every_volume_is_bounded_and_mounted(found: Rendered) -> None:
    for name, pod in found.pods().items():
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        mounts = [each for one in containers(pod) for each in one.get("volumeMounts", ())]
        assert {each["name"] for each in mounts} == volumes.keys(), name
        for each in mounts:
            volume = volumes[each["name"]]
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"], name
            else:
                assert each["readOnly"] is True, name
            if "secret" in volume:
                assert volume["secret"]["defaultMode"] == 0o440, name


def references(pod: Manifest) -> Iterator[tuple[str, str, str]]:
    """Kind, name and key of what a pod refers to; without a key where it takes everything."""
    for container in containers(pod):
        for each in container.get("envFrom", ()):
            yield "ConfigMap", each["configMapRef"]["name"], ""
        for each in container.get("env", ()):
            if "valueFrom" in each:
                chosen = each["valueFrom"]["secretKeyRef"]
                yield "Secret", chosen["name"], chosen["key"]
    for volume in pod["spec"]["volumes"]:
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], ""
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"], ""


def test_everything_that_is_referred_to_is_rendered_or_brought(found: Rendered) -> None:
    for name, pod in found.pods().items():
        for kind, wanted, key in references(pod):
            assert keys_of(kind, wanted, found) >= ({key} - {""}), f"{name}: {wanted}"
            assert keys_of(kind, wanted, found), f"{name}: {wanted}"
    for monitor in found.of("ServiceMonitor"):
        for endpoint in monitor["spec"]["endpoints"]:
            chosen = endpoint["authorization"]["credentials"]
            assert chosen["key"] in keys_of("Secret", chosen["name"], found)
    for policy in found.of("BackendTLSPolicy"):
        for each in policy["spec"]["validation"]["caCertificateRefs"]:
            assert "ca.crt" in keys_of(each["kind"], each["name"], found)


def test_every_deployment_selects_its_own_pods(found: Rendered) -> None:
    for deployment in found.of("Deployment"):
        selected = found.matching(deployment["spec"]["selector"]["matchLabels"])
        assert selected == [deployment["spec"]["template"]]


def test_every_service_leads_to_ports_of_one_kind_of_pods(found: Rendered) -> None:
    for name, service in found.names("Service").items():
        (pod,) = found.matching(service["spec"]["selector"])
        for port in service["spec"]["ports"]:
            assert ports_of(pod)[port["targetPort"]] == port["port"], name
            assert port["name"] == port["targetPort"], name


def test_what_scales_watches_or_routes_names_what_there_is(found: Rendered) -> None:
    services = found.names("Service")
    for scaler in found.of("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]["name"]
        assert "replicas" not in found.names("Deployment")[target]["spec"]  # or both would set it
    for budget in found.of("PodDisruptionBudget"):
        assert len(found.matching(budget["spec"]["selector"]["matchLabels"])) == 1
    for monitor in found.of("ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        watched = [
            s for s in services.values() if wanted <= s["metadata"].get("labels", {}).items()
        ]
        assert len(watched) == 2
        for service in watched:
            ports = {each["name"] for each in service["spec"]["ports"]}
            assert {each["port"] for each in monitor["spec"]["endpoints"]} <= ports
    for route in found.of("GRPCRoute"):
        for backend in (b for rule in route["spec"]["rules"] for b in rule["backendRefs"]):
            ports = services[backend["name"]]["spec"]["ports"]
            assert backend["port"] in {each["port"] for each in ports}
    for policy in found.of("BackendTLSPolicy"):
        assert {each["name"] for each in policy["spec"]["targetRefs"]} <= services.keys()


def test_every_policy_of_the_network_names_pods_and_ports_that_there_are(found: Rendered) -> None:
    for name, policy in found.names("NetworkPolicy").items():
        spec = policy["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"], name
        selected = found.matching(spec["podSelector"].get("matchLabels", {}))
        assert selected, name
        for rule in spec.get("ingress", ()):
            named = {each["port"] for each in rule["ports"]}
            assert any(named <= ports_of(pod).keys() for pod in selected), name


def test_the_network_lets_a_gateway_call_its_facade_and_nothing_else() -> None:
    policies = rendered("central").names("NetworkPolicy")
    (rule,) = policies["portico-gateway"]["spec"]["egress"]
    (peer,) = rule["to"]
    assert len(rendered("central").matching(peer["podSelector"]["matchLabels"])) == 1
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "facade"
    (let_in, *_) = policies["portico-facade"]["spec"]["ingress"]
    assert {"port": "https"} in let_in["ports"]
    assert rule["ports"] == [{"port": "https"}]
