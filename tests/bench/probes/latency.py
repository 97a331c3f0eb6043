"""Mean latency at 1 and at 64 calls in flight, beside Envoy's, in turns."""

from collections.abc import Mapping

from tests.bench.cases import Case, chosen, named
from tests.bench.measure import Load, Measured, run, warm
from tests.bench.place import Place
from tests.bench.scale import Scale

OURS = named("uncached", "200 B", "direct", "1 %", "native")
THEIRS = "Envoy, 200 B"


async def measure(place: Place, scale: Scale) -> Mapping[str, float]:
    """Milliseconds by who and how many are in flight; raises Absent."""
    found: dict[str, float] = {}
    by_name = {case.name: case for case in chosen((), (OURS, THEIRS))}
    for count in (1, 64):
        load = Load(calls=scale.calls // 4 if count == 1 else scale.calls, clients=count, streams=1)
        pair = [_begin(by_name[name], place) for name in (OURS, THEIRS)]
        for each in pair:
            await warm(each, scale.calls)
        for _ in range(scale.rounds):
            for each in pair:
                each.runs.append(await run(each, load))
        ours, theirs = (each.latency * 1000 for each in pair)
        found |= {f"{count} in flight, ms": ours, f"Envoy, {count} in flight, ms": theirs}
    return found


def _begin(case: Case, place: Place) -> Measured:
    return Measured(case, place.server(case.setup))
