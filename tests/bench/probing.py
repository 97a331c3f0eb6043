"""Probes: what is measured by other means than CPU a call; each gives figures with names."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from tests.bench.cases import ENGINES
from tests.bench.place import Place
from tests.bench.probes import (
    bytecodes,
    fixed_rate,
    goodput,
    latency,
    parts,
    publish,
    storms,
    workers,
)
from tests.bench.scale import Scale

Figures: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One of them; `run` raises Absent where it cannot be done."""

    name: str
    run: Callable[[Place, Scale], Awaitable[Figures]]
    text: str
    watched: bool = False
    """Whether the short form has it, though no bar is made of it."""


def figure(probe: str, name: str) -> str:
    """What a probe's figure is called among all."""
    return f"{probe}: {name}"


def _probes() -> list[Probe]:
    found = [
        Probe(name="parts", run=parts.measure, text="transport, limit and look-up; CPU a call"),
        Probe(name="latency", run=latency.measure, text="mean latency at 1 and 64 in flight"),
        Probe(
            name="fixed rate", run=fixed_rate.measure, text="p50 and p99 at 1,000 calls/s of 1 kB"
        ),
    ]
    of_engines: dict[str, tuple[Callable[..., Awaitable[Figures]], str]] = {
        "workers": (workers.measure, "calls/s of one worker and of two"),
        "storms": (storms.measure, "memory and descriptors after many calls and vanished clients"),
        "goodput": (goodput.measure, "calls/s in time, at 2x and 5x of what it can"),
        "bytecodes": (bytecodes.measure, "bytecodes and frames a call, by part of the house"),
        "publish": (publish.measure, "publishing a document of 1,200 operations while serving"),
    }
    for name, (run, text) in of_engines.items():
        found += [
            Probe(
                name=f"{name}, {engine}",
                run=partial(run, engine=engine),
                text=text,
                watched=(name, engine) == ("bytecodes", "native"),
            )
            for engine in ENGINES
        ]
    return found


PROBES = _probes()
