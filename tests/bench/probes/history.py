"""Probe: what history costs the ledger's writer at a steady rate, and how soon figures are told.

`python tests/bench/probes/history.py --seconds 60 --rate 1000 --rows 1000000`, from the root.
"""

import argparse
import asyncio
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facade.errors.fault import Code
from facade.history.history import History, Keeping
from facade.history.noting import Noted
from facade.history.request import query_of
from facade.history.rows import of_call
from facade.history.tally import SPANS, Key, Sum, row_of
from facade.listing.executions import condition_of
from facade.model.execution import FigureQuery, FigureScope, Grouping, Interval
from facade.stores.history import SqlHistory
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.turns import SqlTurns
from facade.telemetry.meters import Called

DAYS = 30
STEP = 5_000


def calls(actions: int) -> list[Called]:
    """Calls of ten connectors, one in fifty of which fails."""
    made = []
    for number in range(actions):
        connector, action = f"shop-{number % 10}", f"getThing{number}"
        made += [Called(connector, "v1", action, cache="miss")] * 49
        code = Code.UNAVAILABLE.name
        made.append(Called(connector, "v1", action, code, "backend", "BACKEND_TIMEOUT"))
    return made


async def fill(store: SqlHistory, rows: int, actions: int) -> None:
    """Writes executions of the last thirty days, and the figures that they add up to."""
    kinds, now = calls(actions), time.time()
    sums: dict[tuple[Key, int, int], Sum] = {}
    for start in range(0, rows, STEP):
        batch = []
        for number in range(start, min(start + STEP, rows)):
            ended = now - DAYS * 86400 * (1 - number / rows)
            called, seconds = random.choice(kinds), random.lognormvariate(-3, 1)  # noqa: S311 - no secret
            noted = Noted(called, ended, seconds, caller="key:ci", status=200, attempts=1)
            batch.append(of_call(noted))
            key = Key("", called.connector, called.version, called.action, "")
            for span in SPANS[1:]:
                place = key, span, int(ended) - int(ended) % span
                held = sums.setdefault(place, Sum())
                held.count(seconds, "BACKEND_TIMEOUT" if called.reason else "", ended)
        await store.write(batch, [])
    kept = [
        row_of(key, span, start, "filled", held)
        for (key, span, start), held in sums.items()
        if span == SPANS[2] or now - start < 8 * 86400
    ]
    for at in range(0, len(kept), STEP):
        await store.write([], kept[at : at + STEP])
    print(f"filled: {rows:,} executions, {len(kept):,} rows of figures, {actions} actions")


async def told(history: History, name: str, query: FigureQuery, times: int = 9) -> None:
    """Says how long a query of figures takes."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        found = await history.figures("", query)
        took.append(time.perf_counter() - began)
    middle, most = sorted(took)[times // 2] * 1000, max(took) * 1000
    print(f"{name}: median {middle:.1f} ms, at most {most:.1f} ms, {len(found)} groups")


async def listed(history: History, text: str) -> None:
    """Says how long a page of a list takes."""
    began = time.perf_counter()
    found, rest = await history.page("", condition_of(text), "", 50)
    took = (time.perf_counter() - began) * 1000
    told_all = "not all were looked at" if rest and len(found) < 50 else "whole"
    print(f"list `{text}`: {took:.1f} ms, {len(found)} found, {told_all}")


async def steady(ledger: SqlLedger, history: History, rate: int, seconds: int) -> None:
    """Notes calls at a rate while another writer writes, and says how long that one waits."""
    kinds = calls(100)
    waits: list[float] = []
    took: list[float] = []
    lags: list[float] = []
    ends = time.perf_counter() + seconds
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    writer = asyncio.create_task(_write_on(ledger, ends, waits))
    count, began = 0, time.perf_counter()
    while time.perf_counter() < ends:
        slept = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - slept - 0.005)
        due = int((time.perf_counter() - began) * rate)
        while count < due:
            noted = Noted(random.choice(kinds), time.time(), 0.02, status=200, attempts=1)  # noqa: S311 - no secret
            at = time.perf_counter()
            history.took(noted)
            took.append(time.perf_counter() - at)
            count += 1
    await writer
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
    print(f"{count:,} calls in {seconds} s; {history.dropped} dropped, {history.waiting} waiting")
    if took:
        print(
            f"a note takes {_share(took, 0.5) * 1e6:.2f} us, {_share(took, 0.99) * 1e6:.2f} (p99)"
        )
    print(f"CPU of the whole process: {spent / seconds:.1%} of a core")
    print(f"the loop is late by {_share(lags, 0.99) * 1000:.1f} ms (p99), {max(lags) * 1000:.1f}")
    print(f"another writer: {len(waits)} writes, {_share(waits, 0.5) * 1000:.1f} ms (median), ")
    print(f"  p99 {_share(waits, 0.99) * 1000:.1f} ms, at most {max(waits) * 1000:.1f} ms")


async def _write_on(ledger: SqlLedger, ends: float, waits: list[float]) -> None:
    """Takes turns, as a change of the catalog would take the writer, twenty times a second."""
    turns = SqlTurns(ledger)
    while time.perf_counter() < ends:
        began = time.perf_counter()
        await turns.take("probe", "probe", time.time(), time.time() + 1)
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)


def _share(numbers: list[float], share: float) -> float:
    return sorted(numbers)[min(int(len(numbers) * share), len(numbers) - 1)]


async def probe(rows: int, rate: int, seconds: int, actions: int) -> None:
    """Fills a ledger, measures what reads it, and then what writes it."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = await open_ledger(f"sqlite+aiosqlite:///{Path(folder) / 'portico.db'}")
        store = SqlHistory(ledger)
        print("idle: ", end="")
        async with History(store, SqlTurns(ledger), Keeping(days=0)) as silent:
            await steady(ledger, silent, 0, 3)
        await fill(store, rows, actions)
        async with History(store, SqlTurns(ledger), Keeping()) as history:
            now = datetime.now(UTC)
            month, week = now - timedelta(days=DAYS), now - timedelta(days=7)
            for name, grouping, start, interval in (
                ("a day, by connector, by the hour", Grouping.CONNECTOR, None, Interval.HOUR),
                ("a day, by action", Grouping.ACTION, None, None),
                ("30 days, all", Grouping.TOTAL, month, None),
                ("30 days, by connector, by the day", Grouping.CONNECTOR, month, Interval.DAY),
                ("30 days, by action", Grouping.ACTION, month, None),
                ("30 days, by action, by the day", Grouping.ACTION, month, Interval.DAY),
                ("a week, by the hour", Grouping.TOTAL, week, Interval.HOUR),
                ("a week, by connector, by the hour", Grouping.CONNECTOR, week, Interval.HOUR),
            ):
                query = query_of(now, grouping=grouping, start_time=start, interval=interval)
                await told(history, name, query)
            one_of_them = query_of(
                now,
                scope=FigureScope(connector="shop-1"),
                grouping=Grouping.ACTION,
                start_time=month,
                interval=Interval.DAY,
            )
            await told(history, "30 days of one connector, by action and day", one_of_them)
            for text in ("", "ok = false", "connector = shop-3 time >= 2020-01-01", "zebra"):
                await listed(history, text)
            await steady(ledger, history, rate, seconds)
        await ledger.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--actions", type=int, default=100)
    given = parser.parse_args()
    asyncio.run(probe(given.rows, given.rate, given.seconds, given.actions))
