"""What a call costs: CPU microseconds of the server, as ratios of one run.

The server has one core to itself; loader, backend, collector and Redis share another. Before a
case is timed, and in the end, a real client proves that its calls succeed; in every timed run each
answer is held against its call. Rounds are interleaved, medians reported. Read the ratios.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import uvloop

from tests.bench.bars import Bar, judge, needed, wanted
from tests.bench.cases import Case, chosen
from tests.bench.measure import Load, Measured, prove, run, warm
from tests.bench.place import Absent, Place
from tests.bench.probing import PROBES, Probe, figure
from tests.bench.scale import QUICK, SHORT, WHOLE, Scale
from tests.bench.table import bar_lines, case_lines, left_out, probe_lines, rows

WRONG = (RuntimeError, OSError, TimeoutError, grpc.RpcError)
"""What a measurement can end in; the others go on."""


@dataclass
class Found:
    """What came of a run of the bench."""

    measured: list[Measured] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    """Of the probes."""
    absent: dict[str, str] = field(default_factory=dict)
    """What could not be measured here, and why."""
    failed: dict[str, str] = field(default_factory=dict)
    """What went wrong."""

    def all(self) -> dict[str, float]:
        """Every figure by its name."""
        return {each.case.name: each.cpu_us for each in self.measured} | self.figures


def main() -> int:
    """Runs the bench; prints the table, or JSON. 1 where anything went wrong."""
    options = _options()
    bars = wanted(options.bars or ()) if options.bars is not None or options.short else []
    cases, probes = _chosen(options.only, bars)
    if options.short:
        probes = [*probes, *(each for each in PROBES if each.watched)]
    if options.list:
        listed = (*(case.name for case in cases), *(f"{each.name}: {each.text}" for each in probes))
        print("\n".join(listed))
        return 0
    found = uvloop.run(_measure(cases, probes, _scale(options), options.envoy))
    verdicts = [judge(bar, found.all(), options.slack) for bar in bars]
    if options.json:
        print(json.dumps(_report(found, verdicts), indent=2))
    else:
        _print(found, verdicts)
    return 1 if found.failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="WORDS", help="what has these in its name")
    parser.add_argument(
        "--bars", nargs="*", metavar="P", help="what the bars are made of, and their table"
    )
    parser.add_argument("--quick", action="store_true", help="fewer calls, shorter loops")
    parser.add_argument(
        "--short", action="store_true", help="P4, P5, P8, P9 and bytecodes with few calls, as in CI"
    )
    parser.add_argument("--rounds", type=int, help="timed runs of each case (5)")
    parser.add_argument("--calls", type=int, help="calls in a run (4000)")
    parser.add_argument("--seconds", type=float, help="at a fixed rate (60)")
    parser.add_argument("--slack", type=float, default=1.0, help="how far bars give way (1.0)")
    parser.add_argument("--envoy", default="", metavar="PATH", help="else as on the PATH")
    parser.add_argument("--github", type=Path, metavar="FILE", help="its document, to publish")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--list", action="store_true", help="what would be measured")
    options = parser.parse_args()
    for path in filter(None, (options.github, options.envoy)):
        if not Path(path).is_file():
            parser.error(f"there is no file {path}")
    if options.short and not options.bars:
        options.bars = ["P4", "P5", "P8", "P9"]
    return options


def _scale(options: argparse.Namespace) -> Scale:
    scale = SHORT if options.short else QUICK if options.quick else WHOLE
    given = {
        "rounds": options.rounds,
        "calls": options.calls,
        "minute": options.seconds,
        "github": options.github,
    }
    return replace(scale, **{name: value for name, value in given.items() if value is not None})


def _chosen(words: Sequence[str] | None, bars: Sequence[Bar]) -> tuple[list[Case], list[Probe]]:
    if bars:
        names, probed = needed(bars)
        return chosen((), names), [probe for probe in PROBES if probe.name in probed]
    if words:
        return chosen(words), [
            probe for probe in PROBES if any(word in probe.name for word in words)
        ]
    return chosen(("",)), PROBES


async def _measure(
    cases: Sequence[Case], probes: Sequence[Probe], scale: Scale, envoy: str
) -> Found:
    found = Found()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        place = Place(stack, folder, envoy)
        for case in cases:
            await _begin(case, place, scale, found)
        load = Load(calls=scale.calls)
        for number in range(scale.rounds):
            for each in list(found.measured):
                _say(f"round {number + 1} of {scale.rounds}: {each.case.name}")
                await _once(each, load, found)
        for each in list(found.measured):
            _try_prove(each, found)
        for probe in probes:
            await _probe(probe, place, scale, found)
        _say("")
    return found


async def _begin(case: Case, place: Place, scale: Scale, found: Found) -> None:
    """Starts a case's server if need be, proves it, and warms it."""
    _say(f"begins: {case.name}")
    try:
        each = Measured(case, place.server(case.setup))
        await warm(each, scale.rounds * scale.calls)
        prove(each)
    except Absent as reason:
        found.absent[case.name] = str(reason)
    except WRONG as problem:
        found.failed[case.name] = _told(problem)
    else:
        found.measured.append(each)


async def _once(each: Measured, load: Load, found: Found) -> None:
    try:
        each.runs.append(await run(each, load))
    except WRONG as problem:
        found.failed[each.case.name] = _told(problem)
        found.measured.remove(each)


def _try_prove(each: Measured, found: Found) -> None:
    try:
        prove(each)
    except WRONG as problem:
        found.failed[each.case.name] = _told(problem)
        found.measured.remove(each)


async def _probe(probe: Probe, place: Place, scale: Scale, found: Found) -> None:
    _say(f"probe: {probe.name}")
    try:
        told = await probe.run(place, scale)
    except Absent as reason:
        found.absent[probe.name] = str(reason)
    except (*WRONG, ExceptionGroup) as problem:
        found.failed[probe.name] = _told(problem)
    else:
        found.figures |= {figure(probe.name, name): value for name, value in told.items()}


def _told(problem: Exception) -> str:
    return f"{type(problem).__name__}: {str(problem)[:300]}"


def _report(found: Found, verdicts: Sequence[Any]) -> dict[str, Any]:
    judged = [
        {
            "id": each.bar.id,
            "bar": each.bar.text,
            "limit": each.bar.limit,
            "reached": each.reached,
            "verdict": each.word,
        }
        for each in verdicts
    ]
    return {
        "cases": rows(found.measured),
        "probes": found.figures,
        "bars": judged,
        "absent": found.absent,
        "failed": found.failed,
    }


def _print(found: Found, verdicts: Sequence[Any]) -> None:
    blocks = (
        case_lines(rows(found.measured)) if found.measured else [],
        probe_lines(found.figures),
        bar_lines(verdicts) if verdicts else [],
        left_out(found.absent),
        [f"FAILED {name}: {why}" for name, why in found.failed.items()],
    )
    print("\n\n".join("\n".join(block) for block in blocks if block))


def _say(text: str) -> None:
    """Shows on a terminal's one line, or line by line in a log, how far it has come."""
    end = "\r\x1b[K" if sys.stderr.isatty() else "\n"
    if text or end != "\n":
        print(f"{text}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
