"""Settings, read once: flags over PORTICO_* over a file over defaults."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
import ryaml

from facade.environment import environment

PREFIX = "PORTICO_"
SECRET_PREFIX = "PORTICO_SECRET_"  # noqa: S105 - a prefix of names, not a secret
CONFIG = "PORTICO_CONFIG"
CLIENT_PREFIX = "PORTICO_SERVER"
"""Of the variables by which the command finds a gateway: no settings of one."""

SERVICE_LINK = re.compile(r"PORTICO(_.*)?_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)")
"""What Kubernetes puts into a pod for a Service that is called portico."""

OF_GRPC = frozenset({"grpc", "engine", "health"})
"""Settings that a process without a gRPC face has no use for."""

MEMORY = Path("memory")
"""The value of `data` that keeps nothing beyond this process."""

MAX_CALLS = 4096
"""Calls under way in one process at most, if no setting says so."""

TENANT_CACHE_BYTES = 64 * 2**20
"""Remembered answers of one tenant where processes share them, if no setting says so."""

HOST_PORT = r"(\[[0-9a-fA-F:.]+\]|[^:/\s]+):[0-9]{1,5}"

_LOGIN = re.compile(r"[^\s'\"]+@")
"""What a URL may hold a password in, well written or not."""

SPEC_HOST = r"^(\*\.)?[A-Za-z0-9._-]+(:[0-9]{1,5})?$"


class Misconfigured(Exception):
    """Settings that cannot be used; the message has a line for each problem."""


def says(text: str, ge: float | None = None, le: float | None = None) -> msgspec.Meta:
    """What a setting is, for `--help`, with the bounds of its value."""
    return msgspec.Meta(description=text, ge=ge, le=le)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator can choose."""

    grpc: Annotated[
        str,
        msgspec.Meta(
            description="address of the gRPC face: HOST:PORT or unix:PATH",
            pattern=rf"^(unix(-abstract)?:.+|{HOST_PORT})$",
        ),
    ] = "127.0.0.1:50051"
    engine: Annotated[
        Literal["grpcio", "native", "auto"],
        says("what carries the gRPC face; auto: native where it can, see docs/settings.md"),
    ] = "grpcio"
    http: Annotated[
        str,
        msgspec.Meta(
            description="address of the HTTP face: HOST:PORT or unix:PATH; empty for none",
            pattern=rf"^(unix:.+|{HOST_PORT})?$",
        ),
    ] = ""
    admin: Annotated[
        str,
        msgspec.Meta(
            description="address of the health probes and metrics: HOST:PORT; empty for none",
            pattern=rf"^({HOST_PORT})?$",
        ),
    ] = ""
    health: Annotated[
        str,
        msgspec.Meta(
            description="address of grpc.health.v1 alone, without TLS, for probes: HOST:PORT; "
            "empty for none",
            pattern=rf"^({HOST_PORT})?$",
        ),
    ] = ""
    metrics_token: Annotated[
        Path | None,
        says("file of the token that /metrics asks for; needed where it is beyond loopback"),
    ] = None
    public_url: Annotated[
        str,
        msgspec.Meta(
            description="URL of the HTTP face as its callers know it, for the documents it serves",
            pattern=r"^(https?://[^?#\s]+)?$",
        ),
    ] = ""
    return_uris: Annotated[
        tuple[str, ...],
        says("addresses below which people may be sent back after a consent: https://HOST/PATH"),
    ] = ()
    data: Annotated[
        Path, says("folder of the database; `memory` keeps nothing beyond this process")
    ] = Path("portico-data")
    database: Annotated[
        str,
        msgspec.Meta(
            description="postgresql:// URL of the ledger; empty: SQLite in the data folder",
            pattern=r"^(postgresql://.+)?$",
        ),
    ] = ""
    callers: Annotated[
        Literal["auto", "known", "anyone"],
        says("who may call; auto: anyone where only this machine can, else whoever is known"),
    ] = "auto"
    access: Annotated[
        Path | None,
        says("file of who may do what, for callers with certificates, tokens and sockets"),
    ] = None
    jwt_issuer: Annotated[
        str,
        msgspec.Meta(
            description="whose tokens (JWT) say who calls; its discovery document names the keys",
            pattern=r"^(https?://\S+)?$",
        ),
    ] = ""
    jwt_audience: Annotated[str, says("what those tokens must be for (`aud`)")] = ""
    jwt_keys: Annotated[
        str, says("URL or file of the issuer's keys (JWKS), where nothing else names them")
    ] = ""
    connectors: Annotated[
        Path | None, says("folder of connector files to apply, and to follow as they change")
    ] = None
    dev: Annotated[
        bool, says("development profile: backends on loopback and all env: secrets are allowed")
    ] = False
    workers: Annotated[int, says("processes that share the ports", ge=1, le=256)] = 1
    max_calls: Annotated[
        int,
        says("calls under way in one process at most; overload allows fewer", ge=1, le=100_000),
    ] = MAX_CALLS
    tls_cert: Annotated[Path | None, says("PEM file: the server's certificate chain")] = None
    tls_key: Annotated[Path | None, says("PEM file: the server's key")] = None
    tls_client_ca: Annotated[Path | None, says("PEM file: who signs client certificates")] = None
    egress_allow: Annotated[
        tuple[str, ...],
        says("backends to allow that are not public https: networks, hosts, HOST:PORT, *.SUFFIX"),
    ] = ()
    spec_hosts: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=SPEC_HOST)], ...],
        says("hosts that documents may refer to other files on: HOST, HOST:PORT, *.SUFFIX"),
    ] = ()
    proxies: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*=https?://.+$")], ...],
        says("HTTP proxies that connectors may name: NAME=URL"),
    ] = ()
    source_addresses: Annotated[
        tuple[str, ...], says("addresses of this machine that connectors may call from")
    ] = ()
    redis: Annotated[
        str,
        msgspec.Meta(
            description="redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// URL, "
            "or `embedded`; empty: REDIS_URL, else this process alone",
            pattern=r"^((rediss?|unix|rediss?\+(sentinel|cluster))://.+|embedded)?$",
        ),
    ] = ""
    tenant_limit: Annotated[
        str,
        msgspec.Meta(
            description="calls of one tenant over all connectors: CALLS/TIME, such as 1000/1s",
            pattern=r"^([1-9][0-9]{0,8}/[1-9][0-9]{0,5}(ms|s|m|h))?$",
        ),
    ] = ""
    tenant_cache_bytes: Annotated[
        int, says("remembered answers of one tenant in Redis, roughly; 0: any number", ge=0)
    ] = TENANT_CACHE_BYTES
    key_ring: Annotated[
        Path | None,
        says("file of the keys that seal secrets, base64, one a line; the data folder's if unset"),
    ] = None
    hop_key: Annotated[
        Path | None,
        says("file of the keys that sign hops to a facade, as key_ring; made of that if unset"),
    ] = None
    hop_names: Annotated[
        tuple[str, ...],
        says("names in client certificates of gateways whose hops need no signature"),
    ] = ()
    baggage_keys: Annotated[
        tuple[str, ...], says("entries of the callers' W3C baggage that backends get")
    ] = ()
    traces: Annotated[
        int, says("last traces to keep in memory for `portico trace`; 0: none", ge=0, le=10_000)
    ] = 200
    vault: Annotated[
        str,
        msgspec.Meta(description="URL of the Vault of vault: secrets", pattern="^(https?://.+)?$"),
    ] = ""
    vault_token: Annotated[Path | None, says("file of the Vault token; else VAULT_TOKEN")] = None
    env_secrets: Annotated[
        tuple[str, ...], says("environment variables that env: secrets may name, as patterns")
    ] = (f"{SECRET_PREFIX}*",)
    file_secrets: Annotated[Path | None, says("folder that file: secrets are read from")] = None
    flows: Annotated[bool, says("run flows in this process, once there are any")] = True
    smtp: Annotated[
        str,
        msgspec.Meta(
            description="smtp:// or smtps:// URL of the server that takes mails; empty for none",
            pattern=r"^(smtps?://[^?#\s]+)?$",
        ),
    ] = ""
    mail_from: Annotated[str, says("address that mails come from")] = "portico@localhost"
    history_days: Annotated[
        int, says("days that history is kept; 0: none is written", ge=0, le=400)
    ] = 30
    history_sample: Annotated[
        float, says("share of the calls that succeed which history has, 0 to 1", ge=0, le=1)
    ] = 1.0
    history_bodies: Annotated[
        bool, says("keep the bodies of calls in history, secrets masked, cut after 4 KiB")
    ] = False
    max_request_bytes: Annotated[
        int, says("largest ExecuteAction request", ge=1024, le=32 * 2**20)
    ] = 10 * 2**20
    max_response_bytes: Annotated[
        int, says("largest answer of a backend, unpacked", ge=1024, le=2**30)
    ] = 10 * 2**20
    max_spec_bytes: Annotated[int, says("largest OpenAPI document", ge=1024, le=2**30)] = 32 * 2**20
    drain_delay: Annotated[
        float, says("seconds from NOT_SERVING to the last new call", ge=0, le=3600)
    ] = 5.0
    drain_grace: Annotated[
        float, says("seconds that running calls have to finish", ge=0, le=3600)
    ] = 25.0
    log_format: Annotated[Literal["text", "json"], says("text or json")] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], says("debug, info, warning or error")
    ] = "info"


def load(
    flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, file: Path | None = None
) -> Settings:
    """Settings from flags over environment over file over defaults; raises Misconfigured."""
    environ = environment() if environ is None else environ
    file = file or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    given: dict[str, tuple[str, Any]] = {}
    problems: list[str] = []
    for source, values in ((str(file), _file(file)), *_layers(flags, environ)):
        for name, value in values.items():
            if name in _NAMES:
                given[name] = (_origin(source, name), value)
            else:
                close = difflib.get_close_matches(name, _NAMES, n=1)
                meant = f"; did you mean `{_origin(source, close[0])}`?" if close else ""
                problems.append(f"{_origin(source, name)}: unknown setting{meant}")
    chosen = {}
    for name, (origin, value) in given.items():
        try:
            chosen[name] = _convert(name, value)
        except (msgspec.ValidationError, ValueError) as problem:
            said = "unfit" if "regex" in str(problem) else problem
            shown = _LOGIN.sub("***@", str(value))
            problems.append(f"{origin}: `{shown}`: {said} ({meaning(name)})")
    if problems:
        raise Misconfigured("\n".join(problems))
    return Settings(**chosen)


def described(name: str) -> str:
    """What a setting is, with its variable and its default, as a command's help has it."""
    value = _DEFAULTS[name]
    shown = ",".join(value) if isinstance(value, tuple) else value
    default = "" if shown in (None, "", False) else f"; default {shown}"
    return f"{meaning(name)} [{PREFIX}{name.upper()}{default}]"


def meaning(name: str) -> str:
    """What a setting is, in a line."""
    return str(next(iter(get_args(_TYPES[name])[1:])).description)


_TYPES = {each.name: each.type for each in fields(Settings)}
_DEFAULTS = {each.name: each.default for each in fields(Settings)}
_NAMES = frozenset(_TYPES)


def _layers(
    flags: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    ours = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX)
        and not name.startswith((SECRET_PREFIX, CLIENT_PREFIX))
        and name != CONFIG
        and not SERVICE_LINK.fullmatch(name)
    }
    return (PREFIX, ours), ("--", {k: v for k, v in flags.items() if v is not None})


def _file(file: Path | None) -> Mapping[str, Any]:
    if file is None:
        return {}
    try:
        tree = ryaml.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Misconfigured(f"{file}: {problem.strerror}") from None
    except (ryaml.InvalidYamlError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{file}: {problem}") from None
    if not isinstance(tree, dict):
        raise Misconfigured(f"{file}: a mapping of settings is expected")
    return {str(key).replace("-", "_"): value for key, value in tree.items()}


def _origin(source: str, name: str) -> str:
    if source == PREFIX:
        return PREFIX + name.upper()
    if source == "--":
        return "--" + name.replace("_", "-")
    return f"{source}: {name}"


def _convert(name: str, value: Any) -> Any:
    if isinstance(value, str) and isinstance(_DEFAULTS[name], tuple):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return msgspec.convert(value, _TYPES[name], strict=False, dec_hook=_path)


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, (str, Path)):
        return Path(value).expanduser()
    raise ValueError("a path is expected")
