"""What the bench prints: the cases, the probes' figures, the bars, and what was left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.bench.bars import Verdict
from tests.bench.cases import floors
from tests.bench.measure import Measured

Row = dict[str, Any]


def rows(measured: Sequence[Measured]) -> list[Row]:
    """The cases: microseconds, calls a second, and multiples of Envoy and of both echoes."""
    cost = {each.case.name: each.cpu_us for each in measured}

    def ratio(each: Measured, name: str) -> float | None:
        return round(each.cpu_us / cost[name], 3) if cost.get(name) else None

    found = []
    for each in measured:
        grpcio, native = floors(each.case)
        found.append(
            {
                "case": each.case.name,
                "cpu_us": round(each.cpu_us, 1),
                "rate": round(each.rate),
                "envoy": ratio(each, each.case.envoy),
                "grpcio_echo": ratio(each, grpcio),
                "native_echo": ratio(each, native),
            }
        )
    return found


def case_lines(found: Iterable[Row]) -> list[str]:
    """The table of cases."""
    heads = (f"{'case':42}", "CPU us/call", "calls/s", "x Envoy", "x grpc.aio", "x native echo")
    lines = ["  ".join(heads)]
    for row in found:
        ratios = (row["envoy"], row["grpcio_echo"], row["native_echo"])
        shown = ["-" if each is None else f"{each:.2f}" for each in ratios]
        figures = (f"{row['cpu_us']:.1f}", str(row["rate"]), *shown)
        cells = [f"{cell:>{len(head)}}" for cell, head in zip(figures, heads[1:], strict=True)]
        lines.append("  ".join((f"{row['case']:42}", *cells)))
    return lines


def probe_lines(figures: Mapping[str, float]) -> list[str]:
    """The figures of the probes."""
    return [f"{name:58}{value:>12.4g}" for name, value in figures.items()]


def bar_lines(verdicts: Iterable[Verdict]) -> list[str]:
    """The bars, and what was reached."""
    lines = [f"{'':4} {'bar':52} {'to be':>8} {'reached':>9}"]
    for each in verdicts:
        reached = "-" if each.reached is None else f"{each.reached:.3g}"
        cells = f"{each.bar.id:4} {each.bar.text:52} {each.bar.limit:>8} {reached:>9}"
        lines.append(f"{cells}  {each.word}")
    return lines


def left_out(reasons: Mapping[str, str]) -> list[str]:
    """What could not be measured, by why."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, reason in reasons.items():
        by_reason[reason].append(name)
    return [f"{reason}: {len(names)} ({names[0]}, ...)" for reason, names in by_reason.items()]
