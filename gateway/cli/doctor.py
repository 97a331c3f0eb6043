"""portico doctor: check this installation and its gateway."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.command import new_app
from gateway.cli.finding import Finding
from gateway.cli.output import Format, Output, line, show
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server

app = new_app()

MARKS = {"ok": ("✓", "green"), "note": ("•", "yellow"), "wrong": ("✗", "red")}
"""What stands before a finding, and in which colour."""


@app.command()
def doctor(
    *,
    output: Output = Format.TABLE,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", envvar="PORTICO_CONFIG", metavar="FILE", help="YAML file of settings."
        ),
    ] = None,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Check the installation, the settings, and the gateway that commands speak to.

    Exits with 1 where something is wrong.
    """
    # The whole gateway, which takes seconds to load: help and completion do without.
    from gateway.cli.checks import findings  # noqa: PLC0415 - see above

    found = findings(config, server, ca, certificate, key)
    if output is Format.TABLE:
        for each in found:
            _tell(each)
    else:
        show([asdict(each) for each in found], output)
    raise typer.Exit(int(any(each.verdict == "wrong" for each in found)))


def _tell(finding: Finding) -> None:
    remedy = f" — {finding.remedy}" if finding.remedy else ""
    line(MARKS[finding.verdict], f" {finding.check}: {finding.detail}", (remedy, "dim"))
