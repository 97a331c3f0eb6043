"""Calls with a request_id whose ends are lost: with the caller, a process, or the ledger."""

import asyncio
import random
import sys
import time
import zlib
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from facade.errors.backend import BackendNotFound
from facade.errors.fault import Code, Effect, Fault
from facade.errors.service import CallInProgress, CallUncertain, StoreUnavailable
from facade.model.call import Outcome, Plan
from facade.model.policy import Policy, Retry
from facade.policy.once import ENCODER, MARGIN, NO_EXCHANGE, Once
from facade.sealing import Seal
from facade.stores.calls import SWEEP, CallRow, SqlCalls
from facade.stores.ledger import KEPT, SqlLedger
from tests.databases import Database
from tests.payments import SEAL, Backend, Clock, a_call, a_once, ends, fails, paid, plan, rows


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def once(ledger: SqlLedger, clock: Clock) -> Once:
    return a_once(ledger, clock)


KEYED = Policy(retry=Retry(idempotency_header="Idempotency-Key"))


@pytest.mark.parametrize(
    ("given", "again"),
    [(plan("POST"), False), (plan("GET"), True), (plan("POST", policy=KEYED), True)],
)
@pytest.mark.parametrize("end", ["cancelled", "a bug"])
async def test_b24_a_call_that_ends_without_a_word_runs_again_only_where_that_does_no_more(
    once: Once, given: Plan, end: str, *, again: bool
) -> None:
    async def bug() -> None:
        raise ZeroDivisionError

    backend = Backend(asyncio.Event().wait if end == "cancelled" else bug)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lost(once.outcome(a_call(), given, backend)))
        await backend.called.wait()
        if end == "cancelled":
            task.cancel()
    backend.ends = None
    if again:
        assert await once.outcome(a_call(), given, backend) == paid(2)
        return
    told = await fails(once.outcome(a_call(), given, backend))
    assert isinstance(told, CallUncertain)
    assert (told.effect, len(backend.calls)) == (Effect.UNKNOWN, 1)


async def lost(call: Awaitable[object]) -> None:
    with suppress(ZeroDivisionError):
        await call


@pytest.mark.parametrize(("method", "again"), [("POST", False), ("GET", True)])
async def test_the_call_of_a_process_that_died_is_in_progress_until_its_time_has_passed(
    once: Once, clock: Clock, method: str, *, again: bool
) -> None:
    claim = once._claim(a_call(), plan(method))
    await once._calls.begin(claim.row)
    backend = Backend()
    assert isinstance(await fails(once.outcome(a_call(), plan(method), backend)), CallInProgress)
    clock.now += MARGIN
    if again:
        assert await once.outcome(a_call(), plan(method), backend) == paid(1)
        await once._calls.end(claim.row, b"too late")
        assert await once.outcome(a_call(), plan(method), backend) == paid(1)
    else:
        told = await fails(once.outcome(a_call(), plan(method), backend))
        assert isinstance(told, CallUncertain)
        await once._end(claim.row, paid(7))
        assert await once.outcome(a_call(), plan(method), backend) == paid(7)
    assert len(backend.calls) == again


KILLED = """
import asyncio, sys
from facade.policy.once import Once
from facade.stores.calls import SqlCalls
from facade.stores.ledger import open_ledger
from tests.payments import SEAL, a_call, plan

async def backend(given):
    print("sent", flush=True)
    await asyncio.Event().wait()

async def main():
    once = Once(SqlCalls(await open_ledger(sys.argv[1])), SEAL)
    await once.outcome(a_call(), plan(timeout=60.0), backend)

asyncio.run(main())
"""


async def test_b24_a_call_whose_process_was_killed_is_never_made_again(
    ledger: SqlLedger, once: Once, clock: Clock, url: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        url,
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"sent\n"
    process.kill()
    await process.wait()
    backend = Backend()
    now = Once(SqlCalls(ledger), SEAL)
    told = await fails(now.outcome(a_call(), plan(timeout=0.1), backend))
    assert isinstance(told, CallUncertain)  # at once: the process was one of this machine
    clock.now = time.time() + 60.0 + MARGIN
    later = await fails(once.outcome(a_call(), plan(), backend))
    assert isinstance(later, CallUncertain)
    assert not backend.calls


async def test_of_those_who_find_a_dead_call_one_makes_it(once: Once, clock: Clock) -> None:
    await once._calls.begin(once._claim(a_call(), plan("GET")).row)
    clock.now += 100.0
    backend = Backend(lambda: asyncio.sleep(0.05))
    given = plan("GET", timeout=60.0)
    found = await asyncio.gather(*(once.outcome(a_call(), given, backend) for _ in range(5)))
    assert (found, len(backend.calls)) == ([paid(1)] * 5, 1)


class Slow(SqlCalls):
    """Rows that are written, of which it is not told for a long time unless one asks again."""

    def __init__(self, ledger: SqlLedger, slow: str) -> None:
        super().__init__(ledger)
        self.slow = slow
        self.written = asyncio.Event()

    async def begin(self, row: CallRow) -> CallRow | None:
        found = await super().begin(row)
        await self._linger("begin")
        return found

    async def end(self, row: CallRow, answer: bytes) -> None:
        if self.written.is_set():
            await super().end(row, answer)
        await self._linger("end")

    async def _linger(self, what: str) -> None:
        if self.slow == what and not self.written.is_set():
            self.written.set()
            await asyncio.sleep(60)


@pytest.mark.parametrize(("slow", "kept"), [("begin", 0), ("end", 1)])
async def test_who_leaves_while_the_row_is_written_leaves_it_as_it_should_be(
    ledger: SqlLedger, once: Once, database: Database, slow: str, kept: int
) -> None:
    backend, calls = Backend(), Slow(ledger, slow)
    async with asyncio.TaskGroup() as group:
        made = Once(calls, SEAL, once._clock).outcome(a_call(), plan(), backend)
        task = group.create_task(ends(made))
        await calls.written.wait()
        task.cancel()
    assert rows(database) == [(kept,)]
    assert len(backend.calls) == kept
    assert await once.outcome(a_call(), plan(), backend) == paid(1)


async def test_who_leaves_as_the_ledger_goes_away_has_left(
    ledger: SqlLedger, once: Once, database: Database
) -> None:
    backend, calls = Backend(), Slow(ledger, "end")
    task = asyncio.ensure_future(Once(calls, SEAL, once._clock).outcome(a_call(), plan(), backend))
    await calls.written.wait()
    database.query("drop table calls")
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_d46_repeats_that_are_cancelled_at_any_time_keep_no_other_call_waiting(
    ledger: SqlLedger,
) -> None:
    dice = random.Random(2)  # noqa: S311 - no secret
    once, given = Once(SqlCalls(ledger), SEAL), plan(timeout=5.0)
    backend = Backend(lambda: asyncio.sleep(dice.random() / 100))

    async def given_up(request_id: str) -> bool:
        call = once.outcome(a_call(request_id=request_id), given, backend)
        task = asyncio.ensure_future(call)
        await asyncio.wait([task], timeout=dice.random() / 20)
        task.cancel()
        return bool((await asyncio.wait([task], timeout=2.0))[0])

    for turn in range(20):
        calls = (given_up(f"{turn}-{number // 2}") for number in range(10))
        assert all(await asyncio.gather(*calls))


async def test_d46_calls_cancelled_at_any_time_leave_no_row_that_is_held_for_ever(
    once: Once, clock: Clock, database: Database
) -> None:
    for number in range(24):
        backend = Backend(lambda: asyncio.sleep(0.002))
        made = once.outcome(a_call(request_id=str(number)), plan(timeout=60.0), backend)
        task = asyncio.ensure_future(made)
        await asyncio.sleep(number / 2000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    clock.now += 60.0 + MARGIN
    backend = Backend()
    for number in range(24):
        with suppress(CallUncertain):
            told = await once.outcome(a_call(request_id=str(number)), plan(), backend)
            assert told == paid(1) or told == paid(len(backend.calls))
    assert rows(database, "count(*)") == [(24,)]


async def test_f16_without_the_ledger_nothing_is_sent_for_a_request_id_and_all_else_goes_on(
    once: Once, database: Database
) -> None:
    database.query("drop table calls")
    backend = Backend()
    told = await fails(once.outcome(a_call(), plan(), backend))
    assert isinstance(told, StoreUnavailable)
    assert (told.effect, told.status, backend.calls) == (Effect.NOT_EXECUTED, Code.UNAVAILABLE, [])
    assert await once.outcome(a_call(request_id=""), plan(), backend) == paid(1)


async def test_f16_a_ledger_that_goes_away_meanwhile_does_not_lose_the_answer(
    once: Once, database: Database
) -> None:
    async def drop() -> None:
        database.query("drop table calls")

    assert await once.outcome(a_call(), plan(), Backend(drop)) == paid(1)


async def test_b24_calls_are_kept_for_a_day_and_then_taken_away_in_bounded_batches(
    once: Once, clock: Clock, database: Database
) -> None:
    backend = Backend()
    for number in range(SWEEP):
        await once._calls.begin(once._claim(a_call(request_id=str(number)), plan()).row)
    await once.outcome(a_call(), plan(), backend)
    clock.now += KEPT.total_seconds() - 1
    assert await once.outcome(a_call(), plan(), backend) == paid(1)
    clock.now += 2
    assert await once.outcome(a_call(), plan(), backend) == paid(2)
    for number in range(SWEEP):
        await once._calls.begin(once._claim(a_call(request_id=f"new{number}"), plan()).row)
    assert rows(database) == [(1 + SWEEP,)]


async def test_what_a_lost_key_sealed_is_uncertain_and_what_an_old_one_sealed_is_told(
    ledger: SqlLedger, once: Once, clock: Clock
) -> None:
    backend = Backend()
    await once.outcome(a_call(), plan(), backend)
    new = [b"n" * 32]
    for keys in (new, [*new, b"k" * 32]):
        other = a_once(ledger, clock, Seal(keys))
        if len(keys) == 1:
            told = await fails(other.outcome(a_call(), plan(), backend))
            assert isinstance(told, CallUncertain)
        else:
            assert await other.outcome(a_call(), plan(), backend) == paid(1)
    assert len(backend.calls) == 1


@pytest.mark.parametrize(
    ("reason", "told"),
    [(b"BACKEND_NOT_FOUND", BackendNotFound), (b"BACKEND_NOT_KNOWN", CallUncertain)],
)
def test_a_failure_of_another_release_that_this_one_does_not_know_is_uncertain(
    once: Once, reason: bytes, told: type[Fault]
) -> None:
    row = once._claim(a_call(), plan()).row
    kept = Outcome(fault=BackendNotFound("said"), exchange=NO_EXCHANGE)
    packed = ENCODER.encode(kept).replace(b"BACKEND_NOT_FOUND", reason)
    answer = SEAL.seal(zlib.compress(packed), f"answer:{row.id}".encode())
    with pytest.raises(told):
        once._opened(replace(row, answer=answer))


async def test_an_answer_is_not_taken_for_that_of_another_call(
    once: Once, database: Database
) -> None:
    backend = Backend()
    for number in range(2):
        await once.outcome(a_call(request_id=str(number)), plan(), backend)
    database.query("update calls set answer = (select answer from calls limit 1)")
    calls = (once.outcome(a_call(request_id=str(each)), plan(), backend) for each in range(2))
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(each).__name__ for each in told) == ["CallUncertain", "Outcome"]
    assert len(backend.calls) == 2
