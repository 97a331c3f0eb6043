"""portico history: list calls and runs that were, and show one in full."""

from typing import Annotated

import typer
from google.rpc.code_pb2 import Code

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, facts, plain, show, show_list
from gateway.cli.session import DEFAULT, LAST, Ca, Certificate, Key, Limit, Server, connect
from gateway.v1.execution_pb2 import Execution, GetExecutionRequest, ListExecutionsRequest

app = new_app(help="List calls and runs that were, and show one in full.", no_args_is_help=True)


@app.command("list")
def executions(
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter over kind, connector, version, action, connection, flow, run, "
            "caller, ok, code, reason, message, status, attempts, seconds, cache, trace_id and "
            "time.",
        ),
    ] = "",
    limit: Limit = LAST,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List calls of actions and runs of flows, the newest first.

    `portico history list --filter 'ok = false connector = petstore time >= 2026-11-01'`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListExecutionsRequest(filter=wanted)
        found = session.first(session.history.ListExecutions, request, "executions", limit)
    columns = ("id", "time", "what", "took", "outcome", "status", "tries", "caller")
    show_list(found, "executions", columns, _row, output)


@app.command()
def get(
    name: Annotated[str, typer.Argument(metavar="ID", help="The id, as the list has it.")],
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a call or a run: what came of it, and of a failure what helps.

    `portico history get 019a8f3e-5c00-7b3a-9d51-0c2f4b6d8e10`
    """
    request = GetExecutionRequest(name=f"executions/{name.removeprefix('executions/')}")
    with connect(server, ca, certificate, key) as session:
        found = session.ask(session.history.GetExecution, request)
    if output is not Format.TABLE:
        show(plain(found), output)
        return
    code = Code.Name(found.code)
    facts(
        (
            ("Execution", found.name),
            ("What", _what(found)),
            ("Connection", found.connection),
            ("Run", found.run),
            ("Caller", found.caller),
            ("Time", found.time.ToDatetime().isoformat(" ", "milliseconds") + " UTC"),
            ("Took", took(found.duration.ToTimedelta().total_seconds())),
            ("Outcome", " ".join(filter(None, (code, found.reason)))),
            ("Said", found.message),
            ("Help", found.remedy),
            ("Status", str(found.status_code or "")),
            ("Tries", str(found.attempts or "")),
            ("Cache", found.cache),
            ("Bytes", f"{found.request_bytes} sent, {found.response_bytes} received"),
            ("Trace", f"portico trace {found.trace_id}" if found.trace_id else ""),
            ("Sent", found.request_body),
            ("Received", found.response_body),
        )
    )


def took(seconds: float) -> str:
    """A time as people read it: `2.1 ms`, `3.4 s`."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _what(found: Execution) -> str:
    if found.kind == Execution.KIND_RUN:
        return f"flows/{found.flow}"
    if not found.connector:
        return "(no such action)"
    called = f"{found.connector}@{found.version}"
    return f"{called}/{found.action}" if found.action else called


def _row(found: Execution) -> tuple[str, ...]:
    return (
        found.name.removeprefix("executions/"),
        found.time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S"),
        _what(found),
        took(found.duration.ToTimedelta().total_seconds()),
        found.reason or ("ok" if found.ok else "failed"),
        str(found.status_code or ""),
        str(found.attempts or ""),
        found.caller,
    )
