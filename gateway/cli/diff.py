"""portico diff: what a new document changes for those who call by the old one."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from facade.catalog.verdicts import whole
from facade.model.difference import Difference, Finding, Place, Verdict
from facade.spec.diff.compare import compare
from facade.spec.diff.placing import placed
from gateway.cli.command import new_app
from gateway.cli.compared import Compared, is_version, of_file, of_version
from gateway.cli.output import Format, Output, line, show
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect

app = new_app()

SAFE, BREAKING = 0, 1
"""The exit codes, beside that for what cannot be read."""
COLOURS = {
    Verdict.SAFE: "green",
    Verdict.SOURCE_BREAKING: "yellow",
    Verdict.WIRE_BREAKING: "red",
}


@app.command()
def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="What is called today: an OpenAPI document (a file, folder or zip), or a version "
            "of the gateway, CONNECTOR or CONNECTOR@VERSION.",
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What is to follow it.")],
    *,
    breaking_only: Annotated[
        bool, typer.Option("--breaking-only", help="Leave out what is safe.")
    ] = False,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say what a new document breaks for those who call today, operation by operation.

    `portico diff petstore@v1 petstore@v2` and `portico diff petstore openapi.yaml` ask the
    gateway for its versions. Two versions are compared also in what callers and connections give.

    Exits with 0 where all is safe, 1 where something breaks, 2 where a document cannot be read.
    """
    with connect(server, ca, certificate, key) as session:
        one, other = (
            of_version(session, each) if is_version(each) else of_file(each) for each in (old, new)
        )
    found = _compared(one, other)
    findings = [
        each for each in found.findings if not breaking_only or each.verdict is not Verdict.SAFE
    ]
    if output is not Format.TABLE:
        show({**_facts(found), "findings": [asdict(each) for each in findings]}, output)
    else:
        for each in findings:
            _tell(each, one, other)
        _sum_up(found, other.read.spec.version)
    raise typer.Exit(SAFE if found.verdict is Verdict.SAFE else BREAKING)


def _compared(old: Compared, new: Compared) -> Difference:
    found = placed(compare(old.read.spec, new.read.spec), old.read, new.read)
    if old.version is None or new.version is None:
        return found
    return whole(old.version, new.version, found)


def _facts(found: Difference) -> dict[str, Any]:
    """All but the findings, as JSON has it."""
    return {
        "verdict": found.verdict.value,
        "step": found.step,
        "suggested": found.suggested,
        "actions": {name: each.value for name, each in found.actions.items()},
        "omitted": found.omitted,
    }


def _tell(each: Finding, old: Compared, new: Compared) -> None:
    document, place = (new, each.new) if each.new else (old, each.old or Place(pointer=""))
    name = str(document.top / place.file) if place.file else document.name
    at = f"{name}:{place.line}:{place.column}" if place.line else name
    action = f": {each.action}" if each.action else ""
    said = f"{action}: {each.message} [{each.rule}] {place.field or place.pointer}"
    line((at, "bold"), ": ", (each.verdict.value, COLOURS[each.verdict]), said)


def _sum_up(found: Difference, said: str) -> None:
    counts = [
        f"{number} {verdict.value}"
        for verdict in reversed(Verdict)
        if (number := sum(1 for each in found.actions.values() if each is verdict))
    ]
    touched = f"; actions: {', '.join(counts)}" if counts else ""
    more = f"; {found.omitted} more findings" if found.omitted else ""
    if found.suggested:
        following = f"; the next version is {found.suggested} (the new document says {said})"
    else:
        following = f"; a {found.step} change" if found.step else ""
    line((found.verdict.value, f"bold {COLOURS[found.verdict]}"), f"{touched}{more}{following}")
