"""portico audit: see who did what, and whether what is written of it is as it was written."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, plain, say, show, show_list
from gateway.cli.session import DEFAULT, LAST, Ca, Certificate, Key, Limit, Server, connect
from gateway.v1.audit_pb2 import (
    AuditEntry,
    ListAuditEntriesRequest,
    VerifyAuditRequest,
    VerifyAuditResponse,
)

app = new_app(
    help="See who did what, and whether that is as it was written.",
    no_args_is_help=True,
)


@app.command("list")
def entries(
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter, for example 'outcome != OK time >= 2026-11-01'.",
        ),
    ] = "",
    limit: Limit = LAST,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List changes and refusals, the latest first.

    `portico audit list --filter 'caller = "key:ci" target:petstore'`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListAuditEntriesRequest(filter=wanted)
        found = session.first(session.audit.ListAuditEntries, request, "audit_entries", limit)
    columns = ("number", "time", "caller", "method", "target", "outcome", "changes")
    show_list(found, "entries", columns, _row, output)


@app.command()
def verify(
    *,
    known: Annotated[
        str,
        typer.Option(
            "--known",
            metavar="NUMBER:DIGEST",
            help="What an earlier run has told, noted down where others cannot write.",
        ),
    ] = "",
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Of a gateway that need not run: its data."),
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            metavar="URL",
            help="The same of one in PostgreSQL; PGPASSWORD has the password.",
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say whether the entries are as they were written.

    Finds those that were changed, removed, moved or put in, and exits with 1 where there is
    one. Asks the gateway, or looks at a database itself.
    """
    number, digest = _known(known)
    if data is not None or database:
        # The store and all that it stands on: where a gateway is asked, they are not needed.
        from gateway.cli.at_rest import verify_trail  # noqa: PLC0415 - see above

        found = verify_trail(data, database, number, digest)
    else:
        request = VerifyAuditRequest(known_number=number, known_digest=digest)
        with connect(server, ca, certificate, key) as session:
            found = session.ask(session.audit.VerifyAudit, request, timeout=600.0)
    if output is not Format.TABLE:
        show(plain(found), output)
    else:
        _tell(found)
    raise typer.Exit(0 if found.intact else 1)


def _tell(found: VerifyAuditResponse) -> None:
    if found.intact:
        entries = "1 entry" if found.number == 1 else f"{found.number} entries"
        typer.echo(f"intact: {entries}; note down --known {found.number}:{found.digest}")
        return
    first = ", ".join(map(str, found.broken_numbers))
    more = " and more" if found.broken_count > len(found.broken_numbers) else ""
    say(f"not as they were written: {found.broken_count} of {found.number} entries: {first}{more}")


def _known(text: str) -> tuple[int, str]:
    """The number and the digest of `--known`; exits with 2 where it is neither."""
    number, _, digest = text.partition(":")
    if text and not (number.isdecimal() and digest):
        say(f"--known {text}: not a number, a colon and a digest")
        raise typer.Exit(2)
    return int(number or 0), digest


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return (
        entry.name.removeprefix("auditEntries/"),
        entry.time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S"),
        entry.caller,
        entry.method,
        entry.target,
        entry.outcome,
        "; ".join(entry.changes),
    )
