"""portico errors: say what an error means, and what helps."""

import difflib
from typing import Annotated

import typer
from google.rpc.code_pb2 import Code

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, facts, plain, say, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.execution_pb2 import ErrorKind, ListErrorKindsRequest

app = new_app()


@app.command()
def errors(
    reason: Annotated[
        str,
        typer.Argument(
            metavar="REASON",
            help="What ErrorInfo calls it: BACKEND_TIMEOUT; none: list all.",
            show_default=False,
        ),
    ] = "",
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="Without REASON: an AIP-160 filter over reason, code, domain, cause, remedy and "
            "retryable.",
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say what an error means, and what helps; or list what can go wrong.

    `portico errors BACKEND_TIMEOUT`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListErrorKindsRequest(filter="" if reason else wanted)
        found = list(session.pages(session.history.ListErrorKinds, request, "error_kinds"))
    if not reason:
        show_list(found, "errors", ("reason", "code", "domain", "cause"), _row, output)
        return
    named = {_reason(each): each for each in found}
    kind = named.get(reason.upper())
    if kind is None:
        close = difflib.get_close_matches(reason.upper(), named, n=1)
        say(f"no error is called {reason}", f"`portico errors {close[0] if close else ''}`".strip())
        raise typer.Exit(1)
    if output is not Format.TABLE:
        show(plain(kind), output)
        return
    facts(
        (
            ("Reason", _reason(kind)),
            ("Code", _code(kind)),
            ("Said by", kind.domain),
            ("Cause", kind.cause),
            ("Help", kind.remedy),
            ("Retry", "the same call may succeed later" if kind.retryable else "not unchanged"),
        )
    )


def _reason(kind: ErrorKind) -> str:
    return kind.name.removeprefix("errorKinds/")


def _code(kind: ErrorKind) -> str:
    name: str = Code.Name(kind.code)
    return name


def _row(kind: ErrorKind) -> tuple[str, ...]:
    return _reason(kind), _code(kind), kind.domain, kind.cause
