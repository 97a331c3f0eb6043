"""What the errors of a database come to."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from functools import wraps
from random import uniform
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from facade.errors.fault import Details, Effect
from facade.errors.service import StoreFull, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

FULL = frozenset({"53100"})
"""SQLSTATE: there is no room on the disk."""
CONTENDED = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATE: serialisation failure, deadlock, a lock that was not to be had in time."""


AWAY = ("08", "57P", "53300")
"""Beginnings of SQLSTATE: there is no connection, the server ends or starts, it has no more."""
UNREADABLE = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY}
)
"""Primary codes of SQLite: the file is not to be had now."""

RETRIES = 3
"""Times that a transaction is tried again where others were in the way."""
SOON = 0.05
"""Seconds after which the first of them is worth it."""


def fault_of(problem: BaseException) -> StoreUnavailable | StoreFull:
    """The fault that callers are told of; of the library's own words it has none."""
    cause = getattr(problem, "orig", None)
    state = getattr(cause, "sqlstate", None)
    if state in FULL or getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
        return StoreFull("the database of connectors has no room left")
    if state in CONTENDED:
        return StoreUnavailable(
            "others hold what this would change in the database",
            effect=Effect.NOT_EXECUTED,
            details=Details(retry_after=SOON),
        )
    return StoreUnavailable("the database of connectors does not answer")


def is_away(problem: BaseException) -> bool:
    """Whether the database could not be reached, so that it may be there unharmed."""
    if not isinstance(problem, DBAPIError):
        return isinstance(problem, OSError | PoolTimeoutError)
    code = getattr(problem.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in UNREADABLE
    return str(getattr(problem.orig, "sqlstate", None) or AWAY[0]).startswith(AWAY)


def words_of(problem: BaseException) -> str:
    """What the log says of an error: its kind and its number, and nothing that a URL may hold."""
    cause = getattr(problem, "orig", None) or problem
    number = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return f"{type(cause).__name__} {number}" if number else type(cause).__name__


def tried_again(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """A method that is one transaction, tried again where it provably failed by others alone."""

    @wraps(method)
    async def attempts(*args: P.args, **named: P.kwargs) -> T:
        for retry in range(RETRIES):
            try:
                return await method(*args, **named)
            except StoreUnavailable as problem:
                if problem.details.retry_after is None:
                    raise
            await asyncio.sleep(SOON * 2**retry * uniform(0.5, 1.5))  # noqa: S311 - no secret
        return await method(*args, **named)

    return attempts
