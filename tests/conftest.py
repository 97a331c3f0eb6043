"""What the tests of several parts share."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
import trustme
import uvloop
from hypothesis import settings

from facade.egress import Egress
from facade.network.tls import system_trust
from facade.transport import Transport
from facade.wire import Wire
from tests.carriers import ENGINE
from tests.fakes import HttpBackend
from tests.postgres import PostgresServer, postgres_up
from tests.servers import RedisServer, redis_up

# The same examples in every run, and none that fails because the machine is busy.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The first ones say how often and how long; the others are for tests/conformance."""
    parser.addoption(
        "--engine", choices=["grpcio", "native"], help="what carries gRPC in all tests"
    )
    parser.addoption("--kills", type=int, default=3, help="kill -9 so often in test_kill.py")
    parser.addoption("--flow-kills", type=int, default=1, help="the same in test_flow_kill.py")
    parser.addoption("--stopped", type=float, default=0, help="seconds of a process in there")
    parser.addoption("--ticks", type=int, default=4, help="of e2e/test_schedule.py")
    parser.addoption("--publishes", type=int, default=50, help="in e2e/test_typed_grpcurl.py")
    parser.addoption("--envoy", default="", help="its path, if it is not on the PATH")
    parser.addoption("--cancels", type=int, default=500, help="calls cancelled in row D46")
    parser.addoption("--seconds", type=float, default=2, help="of load on what is shared")
    parser.addoption("--outage", type=float, default=3, help="seconds in contract/test_storms.py")
    parser.addoption("--calls", type=int, default=2000, help="in service/test_tenants_apart.py")
    parser.addoption("--node-modules", type=Path, help="of examples/node_client, if elsewhere")
    parser.addoption("--axe", type=Path, help="axe.min.js of axe-core, for e2e/test_dashboard.py")
    parser.addoption("--shots", type=Path, help="a folder for pictures of the same pages")
    group = parser.getgroup("conformance")
    group.addoption("--corpus", choices=["smoke", "all"], help="take these real documents")
    group.addoption("--judges", type=Path, help="a node_modules with Steady and Prism")
    group.addoption("--examples", type=int, default=5, help="of each operation in schemathesis")
    group.addoption("--openapi-client", type=Path, help="the executable of openapi-python-client")
    group.addoption("--swagger-client", type=Path, help="a node_modules with swagger-client")
    group.addoption("--openapi-core", type=Path, help="an interpreter that has openapi-core")
    group.addoption("--github", type=Path, help="GitHub's document, of @octokit/openapi")
    group.addoption("--cache-tests", type=Path, help="a folder with http-cache-tests installed")
    group.addoption("--resume", type=Path, help="a file that keeps what judges have said")
    group.addoption("--record", action="store_true", help="write docs/conformance.md")


def pytest_configure(config: pytest.Config) -> None:
    """Tells the engine to the gateways of all tests; see tests/carriers.py."""
    if config.getoption("--engine"):
        os.environ[ENGINE] = config.getoption("--engine")


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001 - the hook's own signature
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Loops of async tests; `mark.asyncio(loop_factories=["asyncio", "uvloop"])` asks for both."""
    mark = item.get_closest_marker("asyncio")
    if mark is not None and "loop_factories" in mark.kwargs:
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


ALONE = frozenset({"bench", "faults"})
"""Rooms whose tests have the machine to themselves; elsewhere they are marked one by one."""
CLOCKS = frozenset({"monotonic", "perf_counter", "get_running_loop", "get_event_loop"})
"""What a test calls that looks at the clock."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of rooms that are alone, and those that look at the clock."""
    here = Path(__file__).parent
    for item in items:
        code = getattr(getattr(item, "function", None), "__code__", None)
        looks = code is not None and not CLOCKS.isdisjoint(code.co_names)
        if looks or item.path.relative_to(here).parts[0] in ALONE:
            item.add_marker("alone")


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    """A transport under the development profile: loopback is allowed."""
    made = Transport(Wire(Egress((), loopback=True), system_trust()))
    yield made
    await made.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts by itself."""
    return trustme.CA()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    """A backend for all tests of a module that name it."""
    async with HttpBackend() as opened:
        yield opened


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server for all tests: each takes keys of its own, or flushes it before."""
    with redis_up() as server:
        yield server


@pytest.fixture
def own_redis_server() -> Iterator[RedisServer]:
    """A Redis server for one test, which may kill it."""
    with redis_up() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests, each with a database of its own; skips where there is none."""
    with postgres_up() as server:
        yield server


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for one test, which may kill it."""
    with postgres_up(durable=True) as server:
        yield server
