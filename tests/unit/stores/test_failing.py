"""What the errors of databases come to, and which transactions are tried again."""

import sqlite3
from itertools import count

import pytest
from sqlalchemy.exc import OperationalError

from facade.errors.fault import Code, Effect
from facade.errors.service import StoreUnavailable
from facade.stores import failing
from facade.stores.failing import RETRIES, fault_of, tried_again, words_of


class DriverError(Exception):
    """As a driver raises it, with its number."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("password=s3cret")
        self.sqlstate = sqlstate


def wrapped(cause: Exception) -> OperationalError:
    return OperationalError("SELECT 1", {}, cause)


@pytest.mark.parametrize(
    ("state", "code", "effect", "again"),
    [
        ("53100", Code.RESOURCE_EXHAUSTED, Effect.NOT_EXECUTED, False),
        ("40001", Code.UNAVAILABLE, Effect.NOT_EXECUTED, True),
        ("40P01", Code.UNAVAILABLE, Effect.NOT_EXECUTED, True),
        ("55P03", Code.UNAVAILABLE, Effect.NOT_EXECUTED, True),
        ("57014", Code.UNAVAILABLE, Effect.UNKNOWN, False),
        (None, Code.UNAVAILABLE, Effect.UNKNOWN, False),
    ],
)
def test_g13_a_state_of_postgresql_says_what_became_of_the_change(
    state: str | None, code: Code, effect: Effect, *, again: bool
) -> None:
    problem = wrapped(DriverError(state))
    fault = fault_of(problem)
    assert (fault.status, fault.effect) == (code, effect)
    assert (fault.details.retry_after is not None) == again
    assert "s3cret" not in fault.message + words_of(problem)


def test_g03_sqlite_says_that_its_volume_is_full() -> None:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert fault_of(wrapped(cause)).status is Code.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(("failures", "tries"), [(0, 1), (2, 3), (RETRIES, 4), (9, 4)])
async def test_g13_what_others_were_in_the_way_of_is_tried_again_three_times(
    monkeypatch: pytest.MonkeyPatch, failures: int, tries: int
) -> None:
    monkeypatch.setattr(failing, "SOON", 0.0)
    tried = count(1)
    last = 0

    @tried_again
    async def work() -> None:
        nonlocal last
        last = next(tried)
        if last <= failures:
            raise fault_of(wrapped(DriverError("40P01")))

    if failures > RETRIES:
        with pytest.raises(StoreUnavailable):
            await work()
    else:
        await work()
    assert last == tries


async def test_what_may_have_happened_is_not_tried_again() -> None:
    tried = count(1)

    @tried_again
    async def work() -> None:
        next(tried)
        raise fault_of(wrapped(DriverError(None)))

    with pytest.raises(StoreUnavailable):
        await work()
    assert next(tried) == 2
