"""What a call costs: CPU microseconds of the server, as ratios to a bare grpc.aio echo.

The server has one core to itself; load generator, backend and Redis share the other. Before a
case is timed, and in the end, a real client proves that its calls succeed; in every timed run the
count of answered bytes proves it again, since a failed call is trailers alone and carries no data.
Rounds are interleaved, medians reported. Read the ratios, not the microseconds.
"""

import argparse
import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import grpc

from gateway.v1.gateway_pb2 import ExecuteActionResponse
from tests.bench.cases import EXECUTE, SECRET, Case, Server, chosen, connector, through
from tests.bench.load import Load, Report, send_different, send_same
from tests.servers import redis_up

HERE = Path(__file__).parent
SERVER_CORE, LOAD_CORE = 0, 1

SAMPLED: dict[Server, dict[str, str]] = {
    "gateway that samples 1 %": {
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0.01",
    },
    "gateway that exports all": {},
}
SAMPLED |= {
    "gateway and facade that sample 1 %": SAMPLED["gateway that samples 1 %"],
    "gateway and facade that export all": {},
}
"""The servers that export spans, and what tells them which."""

Figures = list[dict[str, Any]]


@dataclass
class Measured:
    """A case, the server that runs, and what was measured of it."""

    case: Case
    pids: tuple[int, ...]
    port: int
    answer_bytes: int = 0
    numbers: Iterator[int] = field(default_factory=count)
    """Of its requests: none comes twice."""
    runs: list[tuple[float, float]] = field(default_factory=list)
    """Of each run CPU microseconds a call and calls a second."""


def main() -> int:
    """Runs the bench; prints the table, or JSON."""
    options = _options()
    if shutil.which("h2load") is None:
        print("h2load is missing: install it (Debian, Ubuntu: apt install nghttp2-client)")
        return 2
    load = Load(calls=options.calls, clients=options.clients, streams=options.streams)
    with ExitStack() as stack:
        os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})
        measured = _begin(chosen(options.only), stack)
        for each in measured:
            _prove(each, each.case.warm)
        for _ in range(options.rounds):
            for each in measured:
                each.runs.append(_run(each, load))
        for each in measured:
            _prove(each, 1)
    figures = _figures(measured)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        _print(figures)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], help="cases with these words alone")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each case (5)")
    parser.add_argument("--calls", type=int, default=4000, help="calls in a run (4000)")
    parser.add_argument("--clients", type=int, default=4, help="connections (4)")
    parser.add_argument("--streams", type=int, default=16, help="calls at once on each (16)")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    return parser.parse_args()


def _begin(cases: list[Case], stack: ExitStack) -> list[Measured]:
    """Starts the servers that the cases need."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    _, port = _start(stack, LOAD_CORE, HERE / "backend.py")
    (folder / "connectors").mkdir()
    text = connector(f"http://127.0.0.1:{port}")
    (folder / "connectors" / "bench.json").write_text(text, encoding="utf-8")
    running: dict[Server, tuple[tuple[int, ...], int]] = {}
    for case in cases:
        if case.server not in running:
            running[case.server] = _server(case.server, folder, stack)
    return [Measured(case, *running[case.server]) for case in cases]


def _server(server: Server, folder: Path, stack: ExitStack) -> tuple[tuple[int, ...], int]:
    """Starts a server; returns the pids of its processes and the port that calls go to."""
    if server == "echo":
        pid, port = _start(stack, SERVER_CORE, HERE / "echo.py")
        return (pid,), port
    options: list[str | Path] = ["--dev"]
    if server == "gateway with Redis":
        options += ["--redis", stack.enter_context(redis_up()).url]
    if not server.endswith(("keeps traces", "keep traces")):
        options += ["--traces", "0"]
    environ = {}
    if server in SAMPLED:
        _, port = _start(stack, LOAD_CORE, HERE / "collector.py")
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"} | SAMPLED[server]
    own, connectors = folder / server, folder / "connectors"
    pids: tuple[int, ...] = ()
    if server.startswith("gateway and facade"):
        own.mkdir()
        (own / "key").write_text(base64.b64encode(os.urandom(32)).decode())
        options += ["--hop-key", own / "key"]
        command: list[str | Path] = [
            "-m",
            "gateway",
            "facade",
            "--http",
            "127.0.0.1:0",
            "--data",
            own / "facade",
        ]
        given = [*command, *options, "--connectors", connectors]
        pid, port = _start(stack, SERVER_CORE, *given, **environ)
        pids, connectors = (pid,), own / "connectors"
        connectors.mkdir()
        text = through(f"http://127.0.0.1:{port}")
        (connectors / "bench.json").write_text(text, encoding="utf-8")
    command = ["-m", "gateway", "up", "--grpc", "127.0.0.1:0", "--data", own / "gateway"]
    pid, port = _start(
        stack, SERVER_CORE, *command, *options, "--connectors", connectors, **environ
    )
    return (*pids, pid), port


def _start(stack: ExitStack, core: int, *arguments: str | Path, **environ: str) -> tuple[int, int]:
    """Starts a Python program on a core; returns its pid and the port that it prints."""
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, SECRET: "a secret of the bench", **environ},
    )
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)
    os.sched_setaffinity(process.pid, {core % (os.cpu_count() or 1)})
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"(\d{4,5})\s*$|:(\d{4,5})\b", line)
        if found:
            return process.pid, int(found[1] or found[2])
    raise RuntimeError(f"{arguments[0]} ended before it was ready")


def _prove(each: Measured, calls: int) -> None:
    """Learns the size of the case's answers, after the calls of a real client succeeded."""
    case, request = each.case, each.case.request
    with grpc.insecure_channel(f"127.0.0.1:{each.port}") as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(case.method)
        for _ in range(calls):
            given = request if isinstance(request, bytes) else request(next(each.numbers))
            answer, rpc = call.with_call(given, timeout=10)
    each.answer_bytes = len(answer)
    if case.method == EXECUTE:
        response = ExecuteActionResponse.FromString(answer)
        assert response.WhichOneof("output") in {"json", "value"}, response
        said = dict(rpc.initial_metadata())
        assert said["x-cache"] == case.cache, (case.name, said)


def _run(each: Measured, load: Load) -> tuple[float, float]:
    """One timed run: CPU microseconds a call of the server's process tree, calls a second."""
    case, request = each.case, each.case.request
    before = _cpu(each.pids)
    if isinstance(request, bytes):
        report = send_same(each.port, case.method, request, load)
    else:
        report = send_different(each.port, case.method, request, each.numbers, load)
    spent = _cpu(each.pids) - before
    check(each, report, load.calls)
    return spent / load.calls * 1e6, report.rate


def check(each: Measured, report: Report, calls: int) -> None:
    """Raises RuntimeError where not every call was answered in full."""
    if (report.answered, report.data) != (calls, calls * (each.answer_bytes + 5)):
        raise RuntimeError(f"{each.case.name}: not every call was answered in full: {report}")


def _cpu(pids: Sequence[int]) -> float:
    """Seconds of user and system time of processes and their children, all threads."""
    ticks = 0
    for each in (*pids, *(child for pid in pids for child in _children(pid))):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def _figures(measured: list[Measured]) -> Figures:
    cost = {each.case.name: statistics.median(cpu for cpu, _ in each.runs) for each in measured}
    return [
        {
            "case": each.case.name,
            "cpu_us": round(cost[each.case.name], 1),
            "rate": round(statistics.median(rate for _, rate in each.runs)),
            "ratio": round(cost[each.case.name] / cost[each.case.floor], 3),
            "over": round(cost[each.case.name] - cost[each.case.base], 1)
            if each.case.base
            else None,
        }
        for each in measured
    ]


def _print(figures: Figures) -> None:
    print(f"{'case':28}{'CPU us/call':>12}{'calls/s':>9}{'x echo':>8}{'over plain, us':>16}")
    for each in figures:
        over = "" if each["over"] is None else f"{each['over']:+.0f}"
        print(
            f"{each['case']:28}{each['cpu_us']:>12}{each['rate']:>9}{each['ratio']:>8.2f}{over:>16}"
        )


if __name__ == "__main__":
    sys.exit(main())
