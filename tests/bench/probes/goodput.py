"""Goodput: calls a second that succeed in time, while more are offered than the server can do.

Open loop over fixed connections, each call with a deadline: what is refused, late or never sent is
told apart.
"""

from collections.abc import Mapping
from time import perf_counter

from tests.bench.cases import chosen, named
from tests.bench.measure import Load, Measured, run, warm
from tests.bench.open_loop import Offer, Result, offer
from tests.bench.orders import EXECUTE
from tests.bench.place import Engine, Place
from tests.bench.scale import Scale

MULTIPLES = (0.8, 1.0, 2.0, 5.0)


async def measure(place: Place, scale: Scale, engine: Engine) -> Mapping[str, float]:
    """Calls a second by what became of them, at each multiple of the capacity; raises Absent."""
    case = chosen((), (named("uncached", "200 B", "direct", "1 %", engine),))[-1]
    each = Measured(case, place.server(case.setup))
    await warm(each, scale.calls)
    load = Load(calls=4 * scale.calls, clients=16, streams=8)
    rates = sorted([(await run(each, load)).rate for _ in range(3)])
    capacity = rates[1]
    found = {"capacity, calls/s": capacity}
    peak = capacity
    for multiple in MULTIPLES:
        given = Offer(rate=multiple * capacity, seconds=scale.seconds)
        first = next(each.numbers)
        each.numbers = iter(range(first + given.calls, 2**40))
        cpu, began = each.server.cpu(), perf_counter()
        result = await offer(each.server.port, EXECUTE, case.orders, given, first)
        busy = (each.server.cpu() - cpu) / (perf_counter() - began)
        found |= _told(multiple, result) | {f"server's core at {multiple:g}x": busy}
        if multiple <= 1:
            peak = max(peak, result.goodput)
    return found | {"peak, calls/s": peak}


def _told(multiple: float, result: Result) -> dict[str, float]:
    at = f"{multiple:g}x"
    rates = {f"{word} at {at}, calls/s": rate for word, rate in result.rates().items()}
    return rates | {
        f"offered at {at}, calls/s": result.offer.rate,
        f"at {at}, calls/s": result.goodput,
        f"p99 at {at}, ms": result.percentile(99) * 1000,
        f"loader's lag at {at}, ms": result.lag * 1000,
    }
