"""The bars: ratios that one run has to reach, and what it reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.cases import cases, named
from tests.bench.probing import PROBES, figure


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One figure over another, or alone, and what it may be."""

    id: str
    text: str
    of: str
    over: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """The figures that it is made of."""
        return tuple(name for name in (self.of, self.over) if name)

    @property
    def limit(self) -> str:
        """What it may be, as it is shown."""
        return f"<= {self.most:g}" if self.most is not None else f">= {self.least:g}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of a bar: held, missed, or not run."""

    bar: Bar
    reached: float | None
    word: str


def judge(bar: Bar, figures: Mapping[str, float], slack: float = 1.0) -> Verdict:
    """Holds figures against a bar that gives way by `slack`."""
    if any(name not in figures for name in bar.needs):
        return Verdict(bar=bar, reached=None, word="not run")
    reached = figures[bar.of]
    if bar.over:
        reached /= figures[bar.over]
    held = (bar.most is None or reached <= bar.most * slack) and (
        bar.least is None or reached >= bar.least / slack
    )
    return Verdict(bar=bar, reached=reached, word="held" if held else "missed")


def wanted(ids: Sequence[str]) -> list[Bar]:
    """The bars with these ids; all without any."""
    return [bar for bar in bars() if not ids or bar.id in ids]


def needed(found: Sequence[Bar]) -> tuple[list[str], list[str]]:
    """The cases and the probes whose figures bars are made of."""
    names = {name for bar in found for name in bar.needs}
    known = [case.name for case in cases() if case.name in names]
    probed = {name.partition(": ")[0] for name in names.difference(known)}
    return known, [probe.name for probe in PROBES if probe.name in probed]


def bars() -> list[Bar]:
    """All of them, in order."""
    every = (*_against_envoy(), *_against_floors(), *_probed())
    return sorted(every, key=lambda bar: int(bar.id[1:]))


def _call(kind: str, engine: str, tracing: str = "1 %", way: str = "direct") -> str:
    return named(kind, "200 B", way, tracing, engine)


def _against_envoy() -> list[Bar]:
    envoy = "Envoy, 200 B"
    full = _call("uncached", "native")
    everything = _call("uncached", "native", "on")
    indirect = _call("uncached", "native", way="indirect")
    structs = [
        Bar(
            id="P8",
            text=f"Struct answer, {size} : Envoy's Struct",
            of=f"Struct, {size}, native",
            over=f"Envoy Struct, {size}",
            most=1.0,
        )
        for size in ("200 B", "2 kB", "50 kB")
    ]
    return [
        Bar(id="P1", text="the full call, uncached : Envoy", of=full, over=envoy, most=1.0),
        Bar(
            id="P2",
            text="the same, all traced : Envoy, all traced",
            of=everything,
            over="Envoy traced on, 200 B",
            most=0.9,
        ),
        Bar(
            id="P3",
            text="a hit in the process : Envoy",
            of=_call("process hit", "native"),
            over=envoy,
            most=0.4,
        ),
        Bar(
            id="P3",
            text="a hit in Redis, with a limit : Envoy",
            of=_call("Redis hit", "native"),
            over=envoy,
            most=0.6,
        ),
        *structs,
        Bar(id="P13", text="gateway and facade : Envoy", of=indirect, over=envoy, most=1.7),
    ]


def _against_floors() -> list[Bar]:
    found = []
    for engine, less in (("native", 15.0), ("grpcio", 4.0)):
        echo, full = f"echo, 200 B, {engine}", _call("uncached", engine)
        off = _call("uncached", engine, "off")
        hit = _call("process hit", engine)
        found += [
            Bar(
                id="P4",
                text=f"a hit in the process : bare echo, {engine}",
                of=hit,
                over=echo,
                most=1.3,
            ),
            Bar(
                id="P6",
                text=f"the usual stack : the full call, {engine}",
                of="usual stack, 200 B",
                over=full,
                least=less,
            ),
            Bar(
                id="P7",
                text=f"the full call, 1 % traced : untraced, {engine}",
                of=full,
                over=off,
                most=1.03,
            ),
            Bar(
                id="P7",
                text=f"the full call, all traced : untraced, {engine}",
                of=_call("uncached", engine, "on"),
                over=off,
                most=1.35,
            ),
        ]
    five = Bar(
        id="P5",
        text="the full call : bare echo, grpcio",
        of=_call("uncached", "grpcio"),
        over="echo, 200 B, grpcio",
        most=1.5,
    )
    return [*found, five]


def _probed() -> list[Bar]:
    def bar(number: int, text: str, of: str, over: str = "", **limit: Any) -> Bar:
        return Bar(id=f"P{number}", text=text, of=of, over=over, **limit)

    parts = (
        ("the transport : aiohttp", "transport", "aiohttp"),
        ("a limit and a look-up : redis-py's EVALSHA", "limit and look-up", "redis-py EVALSHA"),
    )
    found = [
        bar(9, text, figure("parts", f"{of}, us"), figure("parts", f"{over}, us"), most=0.25)
        for text, of, over in parts
    ]
    for engine in ("native", "grpcio"):
        workers, goodput = f"workers, {engine}", f"goodput, {engine}"
        peak = figure(goodput, "peak, calls/s")
        found += [
            bar(
                10,
                f"two workers : one, {engine}",
                figure(workers, "two, calls/s"),
                figure(workers, "one, calls/s"),
                least=1.8,
            ),
            bar(
                14,
                f"goodput at 2x : peak, {engine}",
                figure(goodput, "at 2x, calls/s"),
                peak,
                least=0.95,
            ),
            bar(
                14,
                f"goodput at 5x : peak, {engine}",
                figure(goodput, "at 5x, calls/s"),
                peak,
                least=0.85,
            ),
        ]
    at_once = (("1", 1.7), ("64", 0.7))
    found += [
        bar(
            11,
            f"mean latency, {count} in flight : Envoy",
            figure("latency", f"{count} in flight, ms"),
            figure("latency", f"Envoy, {count} in flight, ms"),
            most=most,
        )
        for count, most in at_once
    ]
    storms, publish = "storms, native", "publish, native"
    before, after = figure(storms, "memory before, MB"), figure(storms, "memory after, MB")
    quiet, during = figure(publish, "p99 before, ms"), figure(publish, "p99 while, ms")
    found += [
        bar(12, "descriptors left over", figure(storms, "descriptors left"), most=0),
        bar(12, "memory after : before", after, before, most=1.6),
        bar(12, "wrong answers", figure(storms, "wrong answers"), most=0),
        bar(15, "publish of 1,200 operations, s", figure(publish, "publish, s"), most=1.0),
        bar(15, "p99 while publishing : before", during, quiet, most=1.5),
    ]
    return found
