"""The peer: Envoy's grpc_json_reverse_transcoder before the same backend, on one thread."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import google.api
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tests.bench import typed

PROTO = Path(__file__).with_name("items.proto")
SERVICE = "/bench.v1.ItemService/"
FILTERS = "type.googleapis.com/envoy.extensions.filters"


def command(
    envoy: str, folder: Path, port: int, backend: int, sampled: float, otlp: int
) -> list[str]:
    """The command line of an Envoy on `port`, whose configuration goes into `folder`.

    `sampled` percent of its calls are traced to the collector at the port `otlp`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "envoy.json"
    config = configuration(describe(folder), port, backend, sampled, otlp)
    file.write_text(json.dumps(config), encoding="utf-8")
    quiet = ("--disable-hot-restart", "--log-level", "error")
    return [envoy, "--config-path", str(file), "--concurrency", "1", *quiet]


def describe(folder: Path) -> Path:
    """The descriptor set of PROTO and of the typed service, with all that they import."""
    found = folder / "items.pb"
    packages = Path(next(iter(google.api.__path__))).parents[1]
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", "--include_imports"),
            *(f"--descriptor_set_out={found}", f"-I{PROTO.parent}", f"-I{packages}", PROTO.name),
        ],
        check=True,
    )
    files = {each.name: each for each in FileDescriptorSet.FromString(found.read_bytes()).file}
    files |= {each.name: each for each in typed.descriptors()}
    found.write_bytes(FileDescriptorSet(file=files.values()).SerializeToString())
    return found


def configuration(
    descriptors: Path, port: int, backend: int, sampled: float, otlp: int
) -> dict[str, Any]:
    """What Envoy is told."""
    clusters = [_cluster("backend", backend)]
    manager: dict[str, Any] = {
        "@type": f"{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "codec_type": "AUTO",
        "stat_prefix": "bench",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "backend"}}],
                }
            ]
        },
        "http_filters": [
            _filter(
                "grpc_json_reverse_transcoder",
                "GrpcJsonReverseTranscoder",
                descriptor_path=str(descriptors),
            ),
            _filter("router", "Router"),
        ],
    }
    if sampled:
        clusters.append(_cluster("collector", otlp))
        manager["tracing"] = _tracing(sampled, otlp)
    chain = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    listener = {"address": _address(port), "filter_chains": [{"filters": [chain]}]}
    return {"static_resources": {"listeners": [listener], "clusters": clusters}}


def _tracing(sampled: float, otlp: int) -> dict[str, Any]:
    uri = {"uri": f"http://127.0.0.1:{otlp}/v1/traces", "cluster": "collector", "timeout": "5s"}
    return {
        "random_sampling": {"value": sampled},
        "provider": {
            "name": "envoy.tracers.opentelemetry",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                "service_name": "envoy",
                "http_service": {"http_uri": uri},
            },
        },
    }


def _filter(name: str, kind: str, **more: Any) -> dict[str, Any]:
    config = {"@type": f"{FILTERS}.http.{name}.v3.{kind}", **more}
    return {"name": f"envoy.filters.http.{name}", "typed_config": config}


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    assigned = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": name, "type": "STATIC", "load_assignment": assigned}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
