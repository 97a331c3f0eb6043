"""What PostgreSQL needs said before it is shared: the one place that knows it."""

import asyncio
import logging
from collections.abc import Callable
from random import random as uniform
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import URL, NullPool, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from facade.stores.scope import EVERY_TENANT, Scope

LOGGER = logging.getLogger(__name__)

POOL: Final = 10
"""Connections of one process at most."""
WAIT: Final = 1.0
"""Seconds that a transaction waits for one of them."""
IDLE: Final = 15
"""Seconds that a transaction may say nothing: a process that stands still keeps no locks longer."""
CHANNEL: Final = "portico"
"""On which commits are announced, by the trigger that migration 0005 makes."""
QUIET: Final = 15.0
"""Seconds without an announcement after which the connection is asked whether it still is one."""
SHORTEST, LONGEST = 0.1, 3.0
"""Seconds between two attempts to hear announcements again: they double, and scatter by half."""

OPTIONS: Final = MappingProxyType(
    {
        "application_name": "portico",
        "connect_timeout": 2,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 5000,
    }
)
"""What a URL may say otherwise: without them a server that has vanished is waited for forever."""

_BEGIN = text(
    "SELECT set_config('statement_timeout', :statement, true),"
    " set_config('lock_timeout', :wait, true),"
    f" set_config('idle_in_transaction_session_timeout', '{IDLE * 1000}', true),"
    " set_config('portico.tenant', :tenant, true)"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('portico:' || :lock, 0))")
_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")


def is_postgres(url: str) -> bool:
    """Whether a URL is one of PostgreSQL."""
    return url.startswith("postgresql:")


def postgres_engine(url: str, *, pooled: bool = True) -> AsyncEngine:
    """Connections by a URL of PostgreSQL's own kind, `postgresql://user@host/database?sslmode=…`.

    Raises ValueError, without the URL in it, where that is none or the driver is not installed.
    """
    try:
        read = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise ValueError("is not a URL of PostgreSQL") from None
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pooled:
        pool = {"pool_size": POOL, "max_overflow": 0, "pool_timeout": WAIT, "pool_pre_ping": True}
    try:
        return create_async_engine(
            read, hide_parameters=True, connect_args=_arguments(read), **pool
        )
    except (ImportError, NoSuchModuleError):
        raise ValueError("needs `pip install 'portico-gateway[postgres]'`") from None


def _arguments(url: URL) -> dict[str, Any]:
    said = {name: value for name, value in OPTIONS.items() if name not in url.query}
    return {**said, "prepare_threshold": None}  # a pooler between has no statements of ours


async def begin_postgres(connection: AsyncConnection, scope: Scope) -> None:
    """Says at the beginning of a transaction how long it may take and what it may see.

    All that ends with the transaction, so that a pooler may stand between. One that writes waits
    for its lock, as SQLite's do: what it then reads nobody else changes.
    """
    tenant = scope.tenant
    said = {
        "statement": f"{scope.statement * 1000:.0f}",
        "wait": f"{scope.wait * 1000:.0f}",
        "tenant": "" if tenant is None else tenant if tenant is EVERY_TENANT else f":{tenant}",
    }
    if not scope.writes:  # all that it reads is of one moment
        await connection.execution_options(isolation_level="REPEATABLE READ")
    await connection.execute(_BEGIN, said)
    if scope.writes:
        await connection.execute(_LOCK, {"lock": scope.lock})


async def is_above_policies(connection: AsyncConnection) -> bool:
    """Whether row-level security does not hold for the role: a superuser, or BYPASSRLS."""
    return bool((await connection.execute(_ROLE)).scalar_one())


async def hear(url: str, heard: Callable[[], None], random: Callable[[], float] = uniform) -> None:
    """Calls `heard` at every commit of any process, for as long as it runs.

    While the database does not answer it tries again, and nobody is told of anything.
    """
    pause = SHORTEST
    engine = postgres_engine(url, pooled=False)
    try:
        while True:
            try:
                async with engine.connect() as connection:
                    await _listen(connection)
                    heard()
                    pause = SHORTEST
                    while True:
                        await _wait(connection, heard)
            except (SQLAlchemyError, OSError, _driver_error(engine)) as problem:
                LOGGER.debug("announcements are not heard: %s", type(problem).__name__)
            await asyncio.sleep(pause * (0.5 + random()))
            pause = min(2 * pause, LONGEST)
    finally:
        await engine.dispose()


async def _listen(connection: AsyncConnection) -> None:
    await connection.execution_options(isolation_level="AUTOCOMMIT")
    await connection.exec_driver_sql(f"LISTEN {CHANNEL}")


async def _wait(connection: AsyncConnection, heard: Callable[[], None]) -> None:
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise OSError
    async for _ in raw.notifies(timeout=QUIET):
        heard()
    await connection.exec_driver_sql("SELECT 1")


def _driver_error(engine: AsyncEngine) -> type[Exception]:
    """What the driver raises where SQLAlchemy is not in between."""
    error: type[Exception] = getattr(engine.dialect.dbapi, "Error", OSError)
    return error
