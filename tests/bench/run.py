"""What a call costs: CPU microseconds of the server, as ratios to a bare grpc.aio echo.

The server has one core to itself; the load generator (h2load, in C) and the
backend share the other. Before a case is timed a real client proves that its
calls succeed; in every timed run the count of answered bytes proves it again,
since a failed call is trailers alone and carries no data. Rounds are
interleaved, medians reported. Read the ratios, not the microseconds.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc

from gateway.v1.gateway_pb2 import ExecuteActionRequest, ExecuteActionResponse

HERE = Path(__file__).parent
SIZES = (200, 2_000, 50_000)
SERVER_CORE, LOAD_CORE = 0, 1
EXECUTE = "/gateway.v1.GatewayService/ExecuteAction"
ECHO = "/bench.Echo/Call"
CONNECTOR = """
connector: bench
versions:
  - id: v1
    server: {server}
    spec:
      openapi: 3.1.0
      info: {{title: bench, version: "1"}}
      paths:
        /items/{{size}}:
          get:
            operationId: getItems
            parameters:
              - {{name: size, in: path, required: true, schema: {{type: integer}}}}
            responses:
              "200":
                description: items
                content: {{application/json: {{schema: {{type: array}}}}}}
live: v1
"""


@dataclass(frozen=True)
class Case:
    """One thing to time: a method of a server with one request."""

    name: str
    pid: int
    port: int
    method: str
    request: bytes
    answer_bytes: int = 0


def main() -> int:
    """Runs the bench; prints the table, or JSON."""
    options = _options()
    if shutil.which("h2load") is None:
        print("h2load is missing: install it (Debian, Ubuntu: apt install nghttp2-client)")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})
        processes: list[subprocess.Popen[str]] = []
        try:
            cases = [_proven(case) for case in _cases(Path(folder), processes)]
            figures = _measure(cases, options, Path(folder))
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        _print(figures)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each case (5)")
    parser.add_argument("--calls", type=int, default=4000, help="calls in a run (4000)")
    parser.add_argument("--clients", type=int, default=4, help="connections (4)")
    parser.add_argument("--streams", type=int, default=16, help="calls at once on each (16)")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    return parser.parse_args()


def _cases(folder: Path, processes: list[subprocess.Popen[str]]) -> list[Case]:
    echo, echo_port = _start(processes, SERVER_CORE, HERE / "echo.py")
    _, backend_port = _start(processes, LOAD_CORE, HERE / "backend.py")
    (folder / "connectors").mkdir()
    text = CONNECTOR.format(server=f"http://127.0.0.1:{backend_port}")
    (folder / "connectors" / "bench.yaml").write_text(text, encoding="utf-8")
    gateway, gateway_port = _start(
        processes,
        SERVER_CORE,
        *("-m", "gateway", "up", "--dev", "--grpc", "127.0.0.1:0"),
        *("--data", str(folder / "data"), "--connectors", str(folder / "connectors")),
    )
    cases = []
    for size in SIZES:
        cases.append(Case(f"grpc.aio echo, {size} B", echo, echo_port, ECHO, b"x" * size))
        for form, field in (("json", "parameters_json"), ("Struct", "parameters")):
            given = json.dumps({"size": size}) if form == "json" else {"size": size}
            request = ExecuteActionRequest(
                name="connectors/bench/versions/live/actions/getItems",
                **{field: given},  # type: ignore[arg-type]  # one of two fields
            )
            cases.append(
                Case(
                    f"ExecuteAction, {form}, {size} B",
                    gateway,
                    gateway_port,
                    EXECUTE,
                    request.SerializeToString(),
                )
            )
    return cases


def _start(
    processes: list[subprocess.Popen[str]], core: int, *arguments: str | Path
) -> tuple[int, int]:
    """Starts a Python program on a core; returns its pid and the port that it prints."""
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    os.sched_setaffinity(process.pid, {core % (os.cpu_count() or 1)})
    processes.append(process)
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"(\d{4,5})\s*$|:(\d{4,5})\b", line)
        if found:
            return process.pid, int(found[1] or found[2])
    raise RuntimeError(f"{arguments[0]} ended before it was ready")


def _proven(case: Case) -> Case:
    """The case with the size of its answer, after 200 calls of a real client succeeded."""
    with grpc.insecure_channel(f"127.0.0.1:{case.port}") as channel:
        call: Callable[..., bytes] = channel.unary_unary(case.method)
        answers = {bytes(call(case.request, timeout=10)) for _ in range(200)}
    (answer,) = answers
    if case.method == EXECUTE:
        response = ExecuteActionResponse.FromString(answer)
        assert response.WhichOneof("output") in {"json", "value"}, response
    return Case(case.name, case.pid, case.port, case.method, case.request, len(answer))


def _measure(
    cases: list[Case], options: argparse.Namespace, folder: Path
) -> list[dict[str, float | str]]:
    runs: dict[str, list[tuple[float, float]]] = {case.name: [] for case in cases}
    for _ in range(options.rounds):
        for case in cases:
            runs[case.name].append(_run(case, options, folder))
    figures: list[dict[str, float | str]] = []
    floor = 0.0
    for case in cases:
        cpu = statistics.median(each[0] for each in runs[case.name])
        rate = statistics.median(each[1] for each in runs[case.name])
        floor = cpu if case.method == ECHO else floor
        figures.append(
            {"case": case.name, "cpu_us": round(cpu, 1), "rate": round(rate), "ratio": cpu / floor}
        )
    return figures


def _run(case: Case, options: argparse.Namespace, folder: Path) -> tuple[float, float]:
    """One timed run: CPU microseconds a call of the server's process tree, calls a second."""
    body = folder / "request.bin"
    body.write_bytes(b"\0" + struct.pack(">I", len(case.request)) + case.request)
    command = ["h2load", "-n", str(options.calls), "-c", str(options.clients)]
    command += ["-m", str(options.streams), "-d", str(body)]
    command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    before = _cpu(case.pid)
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{case.port}{case.method}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    spent = _cpu(case.pid) - before
    _check(case, done.stdout, options.calls)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
    return spent / options.calls * 1e6, float(rate[1]) if rate else 0.0


def _check(case: Case, report: str, calls: int) -> None:
    good = re.search(r"(\d+) succeeded", report)
    data = re.search(r"\((\d+)\) data", report)
    wanted = calls * (case.answer_bytes + 5)
    if not good or int(good[1]) != calls or not data or int(data[1]) != wanted:
        raise RuntimeError(f"{case.name}: not every call was answered in full\n{report}")


def _cpu(pid: int) -> float:
    """Seconds of user and system time of a process and its children, all threads."""
    ticks = 0
    for each in (pid, *_children(pid)):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def _print(figures: list[dict[str, float | str]]) -> None:
    print(f"{'case':32}{'CPU us/call':>14}{'calls/s':>10}{'x echo':>8}")
    for each in figures:
        print(f"{each['case']:32}{each['cpu_us']:>14}{each['rate']:>10}{each['ratio']:>8.2f}")


if __name__ == "__main__":
    sys.exit(main())
