"""What the bench times: one connector with a version for each policy, and the calls to them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import uuid4

from gateway.v1.gateway_pb2 import CACHE_USE_REFRESH, ExecuteActionRequest

SIZES = (200, 2_000, 50_000)
EXECUTE = "/gateway.v1.GatewayService/ExecuteAction"
ECHO = "/bench.Echo/Call"
SECRET = "PORTICO_SECRET_BENCH"
REMEMBERED = 5_000
"""Different calls whose answers Redis has: so many take longer than a process has one at hand."""
NEVER = 2**40
"""More calls than there are."""

Server: TypeAlias = Literal[
    "echo",
    "gateway",
    "gateway with Redis",
    "gateway that keeps traces",
    "gateway that samples 1 %",
    "gateway that exports all",
    "gateway and facade",
    "gateway and facade that keep traces",
    "gateway and facade that sample 1 %",
    "gateway and facade that export all",
]
"""Those that say nothing of it keep no traces; what is exported goes to a collector."""
Request: TypeAlias = Callable[[int], bytes]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to time: a method of a server with one request, or with many."""

    name: str
    server: Server = "gateway"
    method: str = EXECUTE
    request: bytes | Request
    """The same each time, or by the number of the call."""
    floor: str
    """The echo that it is a multiple of."""
    base: str = ""
    """The call that it is so many microseconds more than; empty: none."""
    cache: str = "miss"
    """What the last call before the timed ones says in `x-cache`."""
    warm: int = 200
    """Calls before the timed ones."""


def connector(backend: str) -> str:
    """The connector file, for a backend at an address."""
    secret = f"env:{SECRET}"
    client = {"grant": "clientCredentials", "clientId": "bench", "clientSecret": secret}
    versions: dict[str, dict[str, Any]] = {
        "plain": {},
        "api-key": {
            "credentials": [
                {"scheme": "key", "apiKey": {"key": secret, "in": "header", "name": "x-key"}}
            ]
        },
        "oauth": {
            "credentials": [
                {"scheme": "oauth", "oauth2": {**client, "tokenUri": f"{backend}/token"}}
            ]
        },
        "one-limit": {"policy": {"limits": [_limit("connector")]}},
        "three-limits": {"policy": {"limits": [*map(_limit, ("connector", "tenant", "action"))]}},
        "concurrency": {"policy": {"concurrency": [{"calls": 1000}]}},
        "cache": {"policy": {"cache": {"mode": "override", "ttl": "1h"}}},
    }
    return json.dumps(
        {
            "connector": "bench",
            "versions": [
                {"id": name, "server": backend, "spec": _document(), **more}
                for name, more in versions.items()
            ],
            "live": "plain",
        }
    )


def through(facade: str) -> str:
    """The connector file of a gateway before a facade at an address."""
    there = {"server": f"{facade}/connectors/bench/versions/plain"}
    version = {"id": "plain", "spec": _document(), "indirect": there}
    return json.dumps({"connector": "bench", "versions": [version]})


def _limit(scope: str) -> dict[str, Any]:
    return {"scope": scope, "calls": 1_000_000}


def _document() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "array"}}}
    responses = {"200": {"description": "items", "content": content}}
    size, number = (
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
        for name in ("size", "number")
    )
    get_items = {"operationId": "getItems", "parameters": [size], "responses": responses}
    get_item = {**get_items, "operationId": "getItem", "parameters": [size, number]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "bench", "version": "1"},
        "paths": {
            "/items/{size}": {"get": get_items},
            "/items/{size}/{number}": {"get": get_item},
        },
    }


def cases() -> list[Case]:
    """All of them, each behind those that it is told by."""
    return [*_sizes(), *_policies(), *_traces(), *_indirect(), *_different()]


def chosen(words: Sequence[str]) -> list[Case]:
    """Those in whose names a word is, and those that they are told by; all without words."""
    every = cases()
    wanted = [case for case in every if not words or any(word in case.name for word in words)]
    needed = {name for case in wanted for name in (case.name, case.floor, case.base)}
    return [case for case in every if case.name in needed]


def _sizes() -> list[Case]:
    """The call without a policy, by size and form of the answer."""
    found = []
    for size in SIZES:
        echo, plain = f"grpc.aio echo, {size} B", f"JSON, {size} B"
        found += [
            _echo(echo, b"x" * size),
            Case(name=plain, request=_json("live", size), floor=echo),
            Case(name=f"Struct, {size} B", request=_struct("live", size), floor=echo, base=plain),
        ]
    return found


def _policies() -> list[Case]:
    """JSON of 200 B with one policy each."""

    def case(name: str, version: str, **more: Any) -> Case:
        request = {"request": _json(version, 200)} | more
        return Case(name=name, floor="grpc.aio echo, 200 B", base="JSON, 200 B", **request)

    refresh = _json("cache", 200, cache_use=CACHE_USE_REFRESH)
    return [
        case("api key", "api-key"),
        case("OAuth token at hand", "oauth"),
        case("1 limit", "one-limit"),
        case("3 limits", "three-limits"),
        case("3 limits, Redis", "three-limits", server="gateway with Redis"),
        case("concurrency", "concurrency"),
        case("cache hit", "cache", cache="hit"),
        case("cache refreshed", "cache", request=refresh),
    ]


def _traces() -> list[Case]:
    """JSON of 200 B, traced; the call that all are told by is not."""
    servers: Mapping[str, Server] = {
        "trace, kept": "gateway that keeps traces",
        "trace, 1 % sampled": "gateway that samples 1 %",
        "trace, all exported": "gateway that exports all",
    }
    plain: Any = {"floor": "grpc.aio echo, 200 B", "base": "JSON, 200 B"}
    request = _json("live", 200)
    return [
        Case(name=name, server=server, request=request, **plain) for name, server in servers.items()
    ]


def _indirect() -> list[Case]:
    """JSON of 200 B through a facade: the CPU time of both processes together."""
    plain: Any = {"floor": "grpc.aio echo, 200 B", "request": _json("live", 200)}
    first = "indirect, 200 B"
    traced: Mapping[str, Server] = {
        "indirect, traces kept": "gateway and facade that keep traces",
        "indirect, 1 % sampled": "gateway and facade that sample 1 %",
        "indirect, all exported": "gateway and facade that export all",
    }
    return [
        Case(name=first, server="gateway and facade", base="JSON, 200 B", **plain),
        *(Case(name=name, server=server, base=first, **plain) for name, server in traced.items()),
    ]


def _different() -> list[Case]:
    """The same where no call may be like the one before: what comes of it is kept."""
    run = uuid4().hex
    echo, plain = "echo, each different", "JSON, each different"

    def case(name: str, requests: Request, **more: Any) -> Case:
        return Case(name=name, request=requests, floor=echo, base=plain, **more)

    def once(number: int) -> bytes:
        return _json("live", 200, number, request_id=f"{run}-{number}")

    new, again = _numbered("cache", NEVER), _numbered("cache", 0, REMEMBERED)
    redis: Any = {"server": "gateway with Redis"}
    return [
        _echo(echo, lambda number: b"%0200d" % number),
        Case(name=plain, request=_numbered("live"), floor=echo),
        case("cache miss, kept", new),
        case("cache miss, kept in Redis", new, **redis),
        case("Redis cache hit", again, cache="hit", warm=2 * REMEMBERED, **redis),
        case("request_id", once),
    ]


def _echo(name: str, request: bytes | Request) -> Case:
    return Case(name=name, server="echo", method=ECHO, request=request, floor=name)


def _numbered(version: str, first: int = 0, most: int = NEVER) -> Request:
    """Requests for other items each time, but for the same again after so many."""
    return lambda number: _json(version, 200, first + number % most)


def _json(version: str, size: int, number: int | None = None, **more: Any) -> bytes:
    given = {"size": size} if number is None else {"size": size, "number": number}
    action = "getItems" if number is None else "getItem"
    name = f"connectors/bench/versions/{version}/actions/{action}"
    request = ExecuteActionRequest(name=name, parameters_json=json.dumps(given), **more)
    return request.SerializeToString()


def _struct(version: str, size: int) -> bytes:
    request = ExecuteActionRequest(name=f"connectors/bench/versions/{version}/actions/getItems")
    request.parameters["size"] = size
    return request.SerializeToString()
