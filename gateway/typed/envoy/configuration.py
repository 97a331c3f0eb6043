"""The configuration of an Envoy that stands before a backend as Portico does."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from facade.model.ports import DEFAULT_PORTS
from facade.model.version import HttpVersion

TYPE: Final = "type.googleapis.com/envoy.extensions"
FILTERS: Final = f"{TYPE}.filters"
PORT: Final = 10000
"""Where it listens, on this machine alone."""
MOST_BYTES: Final = 16 * 2**20
"""Of a request and of an answer, each of which it holds whole."""
ROOTS: Final = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian, and Envoy's own images, have the certificates that the system trusts."""
BACKEND: Final = "backend"
HEAD: Final = """\
# Made by Portico. In this folder: envoy --config-path envoy.yaml
# Who may call is not asked here; put that in front, or into a filter.
"""
HOP: Final = ("te", "grpc-timeout", "grpc-accept-encoding")
"""Headers of gRPC that are none of the backend's."""


def configuration(
    descriptors: str,
    origin: str,
    headers: Iterable[tuple[str, str]],
    timeout: float,
    http_version: HttpVersion,
) -> str:
    """The text of envoy.yaml; `descriptors` is the path of the descriptor set."""
    manager = {
        "@type": f"{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "grpc",
        "codec_type": "AUTO",
        "generate_request_id": False,
        "route_config": {"virtual_hosts": [_host(origin, headers, timeout)]},
        "http_filters": [
            _filter(
                "grpc_json_reverse_transcoder",
                "GrpcJsonReverseTranscoder",
                descriptor_path=descriptors,
                max_request_body_size=MOST_BYTES,
                max_response_body_size=MOST_BYTES,
            ),
            _filter("router", "Router", suppress_envoy_headers=True),
        ],
    }
    chain = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    listener = {
        "name": "grpc",
        "address": _address("127.0.0.1", PORT),
        "filter_chains": [{"filters": [chain]}],
    }
    clusters = [_cluster(origin, http_version)]
    resources = {"listeners": [listener], "clusters": clusters}
    return HEAD + yaml.safe_dump({"static_resources": resources}, sort_keys=False)


def _host(origin: str, headers: Iterable[tuple[str, str]], timeout: float) -> dict[str, Any]:
    """All calls; their path is gRPC's when the route is chosen first, and the backend's later."""
    route = {
        "cluster": BACKEND,
        "host_rewrite_literal": urlsplit(origin).netloc,
        "timeout": f"{timeout:.3f}s",
    }
    host: dict[str, Any] = {
        "name": "all",
        "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "route": route}],
        "request_headers_to_remove": list(HOP),
    }
    added = [
        {
            "header": {"key": name, "value": value.replace("%", "%%")},
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }
        for name, value in headers
    ]
    return host | ({"request_headers_to_add": added} if added else {})


def _cluster(origin: str, http_version: HttpVersion) -> dict[str, Any]:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    address = _address(host, parts.port or DEFAULT_PORTS[parts.scheme])
    endpoint = {"lb_endpoints": [{"endpoint": {"address": address}}]}
    cluster: dict[str, Any] = {
        "name": BACKEND,
        "type": "STATIC" if _is_address(host) else "STRICT_DNS",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": BACKEND, "endpoints": [endpoint]},
    }
    if http_version is HttpVersion.HTTP_2:
        options = f"{TYPE}.upstreams.http.v3.HttpProtocolOptions"
        cluster["typed_extension_protocol_options"] = {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        }
    if parts.scheme == "https":
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": _tls(host),
        }
    return cluster


def _tls(host: str) -> dict[str, Any]:
    """Whom the system trusts, and the host's own name in the certificate."""
    is_address = _is_address(host)
    name = {"san_type": "IP_ADDRESS" if is_address else "DNS", "matcher": {"exact": host}}
    trust = {"trusted_ca": {"filename": ROOTS}, "match_typed_subject_alt_names": [name]}
    context = {
        "@type": f"{TYPE}.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {"validation_context": trust},
    }
    return context if is_address else context | {"sni": host}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def _filter(name: str, kind: str, **more: Any) -> dict[str, Any]:
    config = {"@type": f"{FILTERS}.http.{name}.v3.{kind}", **more}
    return {"name": f"envoy.filters.http.{name}", "typed_config": config}
