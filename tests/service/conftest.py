"""A catalog over a real ledger, and a gateway with a channel to it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from facade.catalog.catalog import Catalog
from facade.stores.ledger import SqlLedger, open_ledger
from tests.catalogs import no_fetch, read
from tests.databases import BOTH, Database, PostgresDatabase, SqliteDatabase, migrate
from tests.gateways import Gateway, a_gateway
from tests.postgres import PostgresServer


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database without tables: each test that names it runs on both kinds."""
    if request.param == "sqlite":
        return SqliteDatabase(tmp_path / "portico.db")
    server = request.getfixturevalue("postgres_server")
    return PostgresDatabase(server, server.database())


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite that has the tables: it is copied sooner than they are made."""
    path = tmp_path_factory.mktemp("migrated") / "portico.db"
    migrate(SqliteDatabase(path).url)
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The same as the name of a database of the server."""
    made = PostgresDatabase(postgres_server, postgres_server.database())
    migrate(made.url)
    return made.name


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database with nothing in its tables: each test that names it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "portico.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        return SqliteDatabase(path)
    server = request.getfixturevalue("postgres_server")
    return PostgresDatabase(server, server.database(request.getfixturevalue("migrated_template")))


@pytest.fixture
def url(database: Database) -> str:
    return database.url


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[SqlLedger]:
    opened = await open_ledger(url)
    yield opened
    await opened.close()


@pytest.fixture
def catalog(ledger: SqlLedger) -> Catalog:
    return Catalog(ledger, read, no_fetch)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as served:
        yield served


@pytest.fixture
async def channel(gateway: Gateway) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(gateway.address) as opened:
        yield opened
