"""portico plan: what `portico apply` would do and break, and what was changed beside the files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import typer

from facade.catalog.connector_file import ConnectorFile, changes_for
from facade.catalog.drift import marks, strangers
from facade.catalog.transitions import describe
from facade.model.change import Change, Create
from facade.model.version import Connector
from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.connector_files import Files, Replace, for_each
from gateway.cli.flow_applying import changes as flow_changes
from gateway.cli.flow_applying import fits
from gateway.cli.flow_files import FlowFile
from gateway.cli.output import Format, Output, show
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.convert.client import change_to
from gateway.v1.difference_pb2 import Verdict
from gateway.v1.gateway_pb2 import ManageVersionsRequest

app = new_app()

SAME, FAILED, CHANGES = 0, 1, 2
"""The exit codes, of which the last one is also that of wrong usage, as Terraform has it."""

BLANK: Mapping[str, object] = {"title": "", "description": "", "labels": {}}
"""What is said of a connector of which nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that differs between a file and the gateway."""

    file: str
    change: str
    """In a few words; of drift, what it is that no file says."""
    verdict: str = ""
    """Of a new version, from what serves."""
    drift: bool = False
    """Whether it was changed beside the files, and `apply` leaves it alone."""


@app.command()
def plan(
    files: Files,
    *,
    as_replacement: Replace = False,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say what `portico apply` would change, and what was changed beside the files.

    Takes what `portico apply` takes, and changes nothing. `portico plan -f petstore.yaml`

    Exits with 0 where nothing differs, 2 where something does (as `terraform plan
    -detailed-exitcode`; wrong usage exits with 2, too), 1 where a file cannot be applied.
    """
    steps: list[Step] = []
    with connect(server, ca, certificate, key) as session:

        def look(file: str, wanted: ConnectorFile, known: Connector | None) -> None:
            steps.extend(_steps(session, file, wanted, known, as_replacement=as_replacement))

        def look_at_flow(wanted: FlowFile) -> bool:
            well = fits(session, wanted)
            if well:
                steps.extend(_flow_steps(session, wanted))
            return well

        well = for_each(session, files, look, look_at_flow)
    code = (CHANGES if steps else SAME) if well else FAILED
    if output is not Format.TABLE:
        show({"steps": [asdict(each) for each in steps]}, output)
    elif code == SAME:
        typer.echo("nothing to do")
    else:
        _tell(steps)
    raise typer.Exit(code)


def _flow_steps(session: Session, wanted: FlowFile) -> list[Step]:
    todo, beside = flow_changes(session, wanted)
    steps = [Step(file=wanted.file, change=each) for each in todo]
    return steps + [Step(file=wanted.file, change=each, drift=True) for each in beside]


def _tell(steps: list[Step]) -> None:
    for each in steps:
        verdict = f" ({each.verdict})" if each.verdict else ""
        typer.echo(f"{each.file}: {'drift: ' if each.drift else ''}{each.change}{verdict}")


def _steps(
    session: Session,
    file: str,
    wanted: ConnectorFile,
    known: Connector | None,
    *,
    as_replacement: bool,
) -> list[Step]:
    changes = changes_for(replace(wanted, allow_breaking=True), known, replace=as_replacement)
    verdicts = _verdicts(session, wanted, changes)
    steps = [
        Step(file=file, change=_line(wanted, each), verdict=verdicts.get(number, ""))
        for number, each in enumerate(changes)
    ]
    steps += [
        Step(file=file, change=f"update {wanted.name} {field}")
        for field in ("title", "description", "labels")
        if getattr(wanted, field) != (getattr(known, field) if known else BLANK[field])
    ]
    if known is None:
        return steps
    beside = (*(() if as_replacement else strangers(wanted, known)), *marks(wanted, known))
    return steps + [Step(file=file, change=each, drift=True) for each in beside]


def _line(wanted: ConnectorFile, change: Change) -> str:
    return describe(wanted.name, change).removesuffix(" though it breaks")


def _verdicts(session: Session, wanted: ConnectorFile, changes: list[Change]) -> dict[int, str]:
    """What new versions break, by the number of the change; has the gateway check all of it."""
    if not changes:
        return {}
    request = ManageVersionsRequest(
        parent=str(wanted.name), changes=[change_to(each) for each in changes], validate_only=True
    )
    answered = session.ask(session.gateway.ManageVersions, request, timeout=300).versions
    return {
        number: f"{Verdict.Name(each.difference.verdict).removeprefix('VERDICT_')} "
        f"for those who call {names.short(each.difference.against)}"
        for number, (change, each) in enumerate(zip(changes, answered, strict=True))
        if isinstance(change, Create) and each.difference.verdict
    }
