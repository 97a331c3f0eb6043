"""What the bench times by CPU a call: each case is one method of one server, and its calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, get_args

from gateway.v1.gateway_pb2 import CACHE_USE_REFRESH
from tests.bench import orders, typed
from tests.bench.contents import TYPED
from tests.bench.orders import Orders
from tests.bench.peers.envoy import SERVICE
from tests.bench.place import Engine, Setup, Tracing

SIZES = {"200 B": 200, "2 kB": 2_000, "50 kB": 50_000}
ENGINES: tuple[Engine, ...] = ("native", "grpcio")
REMEMBERED = {"200 B": 12_000, "2 kB": 12_000, "50 kB": 2_000}
"""Different calls whose answers Redis has: what a process keeps at hand, for a second and up to
64 MiB, is gone before the same call comes again. Half of them are enough for grpcio."""
PUT = "2 kB in"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to time."""

    name: str
    setup: Setup
    method: str = orders.EXECUTE
    orders: Orders
    size: str = "200 B"
    """Of the answer: it is told by the echoes of the same."""
    envoy: str = ""
    """Envoy's case that it is told by."""
    cache: str = "miss"
    """What an answer says in `x-cache`; empty: nothing is expected of it."""
    warm: int = 300
    """Calls before the timed ones, at most."""


def cases() -> list[Case]:
    """All of them."""
    return [*_echoes(), *_peers(), *_calls(), *_structs(), *_policies(), *_typed()]


def chosen(words: Sequence[str], exact: Sequence[str] = ()) -> list[Case]:
    """Those in whose names a word is, or that are named, and those that they are told by."""
    every = cases()
    wanted = [
        case for case in every if case.name in exact or any(word in case.name for word in words)
    ]
    needed = {name for case in wanted for name in (case.name, case.envoy, *floors(case))}
    return [case for case in every if case.name in needed]


def floors(case: Case) -> list[str]:
    """The echoes that a case is told by, grpc.aio's first."""
    return [f"echo, {case.size}, {engine}" for engine in ("grpcio", "native")]


def named(kind: str, size: str, way: str, tracing: str, engine: str) -> str:
    """What a call's case is called."""
    return f"{kind}, {size}, {way}, {tracing}, {engine}"


def _echoes() -> list[Case]:
    """The floors."""
    return [
        Case(
            name=f"echo, {size}, {engine}",
            setup=Setup(kind="echo", engine=engine),
            method=orders.ECHO,
            orders=orders.echo(count),
            size=size,
            cache="",
        )
        for (size, count), engine in product(SIZES.items(), ENGINES)
    ]


def _peers() -> list[Case]:
    """Envoy by the form of the answer and by its tracing, and the usual stack."""

    def envoy(name: str, form: str, size: str, tracing: Tracing, wanted: Any) -> Case:
        return Case(
            name=name,
            setup=Setup(kind="envoy", tracing=tracing),
            method=f"{SERVICE}Get{form}",
            orders=orders.item(SIZES[size], wanted),
            size=size,
            cache="",
        )

    found = []
    for size in SIZES:
        found += [
            envoy(f"Envoy, {size}", "Body", size, "off", orders.text),
            envoy(f"Envoy Struct, {size}", "Struct", size, "off", orders.double),
        ]
    found += [
        envoy(f"Envoy traced {tracing}, 200 B", "Body", "200 B", tracing, orders.text)
        for tracing in get_args(Tracing)[1:]
    ]
    usual = Case(
        name="usual stack, 200 B",
        setup=Setup(kind="usual", tracing="on"),
        orders=orders.text_for_value(200),
        envoy="Envoy, 200 B",
        cache="",
    )
    return [*found, usual]


def _calls() -> list[Case]:
    """The call by what it comes to, size, way, tracing and engine."""

    def case(size: str, way: str, tracing: Tracing, engine: Engine, kind: str) -> Case:
        more = _kind(kind, size, engine)
        setup = Setup(
            engine=engine, tracing=tracing, facade=way == "indirect", redis=kind == "Redis hit"
        )
        name = named(kind, size, way, tracing, engine)
        return Case(name=name, setup=setup, size=size, envoy=f"Envoy, {size}", **more)

    kinds = ("uncached", "Redis hit", "process hit")
    every = product(SIZES, ("direct", "indirect"), get_args(Tracing), ENGINES, kinds)
    return [case(*each) for each in every]


def _kind(kind: str, size: str, engine: Engine) -> dict[str, Any]:
    count = SIZES[size]
    if kind == "uncached":
        return {"orders": orders.json_text("full", count)}
    if kind == "process hit":
        return {"orders": orders.json_text("cached", count, 1), "cache": "hit"}
    most = REMEMBERED[size] // (1 if engine == "native" else 2)
    again = orders.json_text("limited-cached", count, most)
    return {"orders": again, "cache": "hit", "warm": most}


def _structs() -> list[Case]:
    """A Value in the answer, without policies."""
    return [
        Case(
            name=f"Struct, {size}, {engine}",
            setup=Setup(engine=engine),
            orders=orders.values("plain", count),
            size=size,
            envoy=f"Envoy Struct, {size}",
        )
        for (size, count), engine in product(SIZES.items(), ENGINES)
    ]


def _policies() -> list[Case]:
    """The call of 200 B with one policy each, without tracing; and ListActions."""

    def case(name: str, engine: Engine, asked: Orders, **more: Any) -> Case:
        given: dict[str, Any] = {"setup": Setup(engine=engine), "envoy": "Envoy, 200 B"} | more
        return Case(name=f"{name}, {engine}", orders=asked, **given)

    found = []
    for engine in ENGINES:
        refresh = orders.json_text("cached", 200, cache_use=CACHE_USE_REFRESH)
        shared = Setup(engine=engine, redis=True)
        found += [
            case("plain", engine, orders.json_text("plain", 200)),
            case("api key", engine, orders.json_text("api-key", 200)),
            case("OAuth token", engine, orders.json_text("oauth", 200)),
            case("1 limit", engine, orders.json_text("one-limit", 200)),
            case("3 limits", engine, orders.json_text("three-limits", 200)),
            case("3 limits in Redis", engine, orders.json_text("three-limits", 200), setup=shared),
            case("concurrency", engine, orders.json_text("concurrency", 200)),
            case("kept", engine, orders.json_text("cached", 200)),
            case("kept in Redis", engine, orders.json_text("cached", 200), setup=shared),
            case("refreshed", engine, refresh),
            case("request_id", engine, orders.once(200)),
            case("ListActions", engine, orders.listing(), method=orders.LIST, envoy="", cache=""),
        ]
    return found


def _typed() -> list[Case]:
    """Typed calls, and ExecuteAction of the same action as JSON text and as Struct.

    Envoy has the same descriptors. `2 kB in` puts as much in the request, and has 200 B back.
    """
    found = []
    for kind in (*SIZES, PUT):
        is_put = kind == PUT
        size = "200 B" if is_put else kind
        count, body = SIZES[size], typed.items(SIZES["2 kB"]) if is_put else None
        asked = typed.put_items(count, SIZES["2 kB"]) if is_put else typed.get_items(count)
        path = typed.method("PutItem" if is_put else "GetItem")
        peer = Case(
            name=f"Envoy typed, {kind}",
            setup=Setup(kind="envoy"),
            method=path,
            orders=asked,
            size=size,
            cache="",
        )
        ways = {
            "typed": (path, asked),
            "typed as text": (orders.EXECUTE, orders.json_text(TYPED, count, body=body)),
            "typed as Struct": (orders.EXECUTE, orders.values(TYPED, count, body)),
        }
        found += [
            peer,
            *(
                Case(
                    name=f"{way}, {kind}, {engine}",
                    setup=Setup(engine=engine),
                    method=called,
                    orders=given,
                    size=size,
                    envoy=peer.name,
                    cache="bypass" if is_put else "miss",
                )
                for (way, (called, given)), engine in product(ways.items(), ENGINES)
            ),
        ]
    return [*found, *_typed_with_policies()]


def _typed_with_policies() -> list[Case]:
    """What typed calls come to besides."""
    kinds = {"uncached": ("full", orders.NEVER, "miss"), "hit": ("cached", 1, "hit")}
    return [
        Case(
            name=f"typed {kind}, 200 B, {engine}",
            setup=Setup(engine=engine),
            method=typed.method("GetItem", f"{TYPED}-{version}"),
            orders=typed.get_items(200, most),
            envoy="Envoy typed, 200 B",
            cache=cache,
        )
        for (kind, (version, most, cache)), engine in product(kinds.items(), ENGINES)
    ]
