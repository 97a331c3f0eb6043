"""What expressions cost: the seed's mapping, 4 MiB, the bombs, and how long a loop stands still.

`python -m tests.bench.probes.expressions`: milliseconds of CPU, of the 4 MiB by the clock, the
best of several runs; of bombs the slowest ones of each language. Goals: a bomb 50 ms, 4 MiB 100 ms
and the loop 20 ms (O01, O10).
"""

import asyncio
import contextlib
import gc
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

import msgspec

from facade.errors.expressions import ExpressionExhausted
from facade.errors.fault import Fault
from facade.expressions.budget import QUICK
from facade.expressions.conditions import compile_condition
from facade.expressions.paths import Path, compile_path
from facade.expressions.slots import compile_slots
from facade.model.definition import Expression
from tests.faults.bombs import BOMBS, VALUES, Bomb

ROUNDS = 5
SLOWEST = 4
SEED = "{id: data.id, nombre: upper(data.name), activo: data.is_active}"
BODY = {"data": {"id": 7, "name": "Ana", "is_active": True}}
SCOPE = {"input": BODY}


def _best(work: Callable[[], Any], times: int = 1) -> float:
    """Milliseconds of CPU of one time, the best of some rounds."""
    found = []
    for _ in range(ROUNDS):
        start = thread_time()
        for _ in range(times):
            with contextlib.suppress(Fault):
                work()
        found.append((thread_time() - start) * 1000 / times)
    return min(found)


def _orders() -> list[dict[str, Any]]:
    """Somewhat more than 4 MiB of JSON."""
    return [
        {"id": at, "name": f"order {at}", "data": {"is_active": True}, "note": "n" * 160}
        for at in range(19_000)
    ]


async def _evaluated(path: Path, value: Any) -> Any:
    """By the rule: where one stands, or else in a thread."""
    try:
        return path.evaluate(value, QUICK)
    except ExpressionExhausted:
        return await asyncio.to_thread(path.evaluate, value)


async def _stands_still(path: Path, value: Any) -> tuple[float, float]:
    """Milliseconds of an evaluation, and the longest that the loop did nothing else meanwhile."""
    longest = 0.0
    ended = asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        last = perf_counter()
        while not ended.is_set():
            await asyncio.sleep(0.001)
            longest, last = max(longest, perf_counter() - last - 0.001), perf_counter()

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    longest, start = 0.0, perf_counter()
    await _evaluated(path, value)
    took = perf_counter() - start
    ended.set()
    await watching
    return took * 1000, longest * 1000


def _bombs(language: str) -> list[tuple[float, Bomb]]:
    """The slowest bombs of a language."""
    timed = [(_best(each.throw), each) for each in BOMBS if each.language == language]
    return sorted(timed, key=lambda each: -each[0])[:SLOWEST]


def main() -> None:
    """Prints the table."""
    path = compile_path(Expression(SEED))
    condition = compile_condition(Expression("input.data.id == 7 && input.data.is_active"))
    slots = compile_slots({"a": "{{ input.data.id }}", "b": "n {{ input.data.name }}"}, {})
    filtered = compile_slots({"a": "{{ input.data.name | upper }}"}, {})
    orders = _orders()
    mapping = compile_path(Expression("[*].{id: id, nombre: upper(name), activo: data.is_active}"))
    for each in VALUES.values():
        each()
    gc.collect()
    gc.freeze()
    print(f"{_best(lambda: path.evaluate(BODY), 1000) * 1000:8.1f} us  the seed's mapping")
    print(f"{_best(lambda: condition.evaluate(SCOPE), 1000) * 1000:8.1f} us  a condition")
    print(f"{_best(lambda: slots.fill(SCOPE), 1000) * 1000:8.1f} us  two slots")
    print(f"{_best(lambda: filtered.fill(SCOPE), 1000) * 1000:8.1f} us  a slot with a filter")
    size = len(msgspec.json.encode(orders)) / 2**20
    took, longest = min(asyncio.run(_stands_still(mapping, orders)) for _ in range(ROUNDS))
    print(f"{took:8.1f} ms  {size:.1f} MiB mapped; the loop stood still for {longest:.1f} ms")
    for language in ("path", "condition", "slot"):
        for milliseconds, bomb in _bombs(language):
            print(f"{milliseconds:8.1f} ms  {bomb.label}")


if __name__ == "__main__":
    main()
