"""The manifests of k8s/ as kustomize renders them, and what is looked up in them."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

K8S = Path(__file__).resolve().parents[1] / "k8s"

OVERLAYS = ("central", "sidecar", "dev")

OURS = "portico:0.1.0"
"""The image of k8s/Dockerfile."""

Manifest: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything that one overlay makes."""

    manifests: tuple[Manifest, ...]

    def of(self, kind: str) -> Iterator[Manifest]:
        """The manifests of one kind."""
        return (each for each in self.manifests if each["kind"] == kind)

    def names(self, kind: str) -> dict[str, Manifest]:
        """The manifests of one kind by their names."""
        return {each["metadata"]["name"]: each for each in self.of(kind)}

    def pods(self) -> dict[str, Manifest]:
        """The pod templates of the Deployments by their names."""
        return {name: each["spec"]["template"] for name, each in self.names("Deployment").items()}

    def matching(self, labels: Mapping[str, str]) -> list[Manifest]:
        """The pods that have all of the labels."""
        return [
            pod
            for pod in self.pods().values()
            if labels.items() <= pod["metadata"]["labels"].items()
        ]


def containers(pod: Manifest) -> list[Manifest]:
    """The containers of a pod template in the order in which they start."""
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def environment_of(container: Manifest, found: Rendered) -> dict[str, str]:
    """The variables of a container, but for those that come from secrets."""
    env: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        env |= found.names("ConfigMap")[source["configMapRef"]["name"]]["data"]
    given = (each for each in container.get("env", ()) if "value" in each)
    return env | {each["name"]: each["value"] for each in given}


def source_of(path: str, container: Manifest, pod: Manifest) -> tuple[Manifest, str] | None:
    """The volume that a container's path is in, and the path within it."""
    for mount in container.get("volumeMounts", ()):
        if path == mount["mountPath"] or path.startswith(mount["mountPath"] + "/"):
            named = {each["name"]: each for each in pod["spec"]["volumes"]}
            return named[mount["name"]], path.removeprefix(mount["mountPath"]).lstrip("/")
    return None


@cache
def rendered(overlay: str) -> Rendered:
    """An overlay; skips the test where there is no kubectl."""
    return render(K8S / "overlays" / overlay)


def render(folder: Path) -> Rendered:
    """What a kustomization makes; skips the test where there is no kubectl."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("there is no kubectl on the PATH")
    done = subprocess.run(  # noqa: S603 - the tool that operators use
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Rendered(tuple(yaml.safe_load_all(done.stdout)))
