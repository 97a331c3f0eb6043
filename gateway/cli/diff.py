"""portico diff: what a new document changes for those who call by the old one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from facade.errors.caller import InvalidSpec
from facade.model.difference import Difference, Finding, Place, Verdict
from facade.spec.diff.compare import compare
from facade.spec.diff.placing import placed
from facade.spec.examination import Examination, examine_files
from gateway.cli.command import new_app
from gateway.cli.documents import Document, documents, unreadable
from gateway.cli.output import Format, Output, line, say, show

app = new_app()

SAFE, BREAKING, UNREADABLE = 0, 1, 2
"""The exit codes."""
COLOURS = {
    Verdict.SAFE: "green",
    Verdict.SOURCE_BREAKING: "yellow",
    Verdict.WIRE_BREAKING: "red",
}


@app.command()
def diff(
    old: Annotated[
        Path,
        typer.Argument(
            metavar="OLD", help="The OpenAPI document that is called today: a file, folder or zip."
        ),
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The one that is to follow it.")],
    *,
    breaking_only: Annotated[
        bool, typer.Option("--breaking-only", help="Leave out what is safe.")
    ] = False,
    output: Output = Format.TABLE,
) -> None:
    """Say what a new document breaks for those who call today, operation by operation.

    Exits with 0 where all is safe, 1 where something breaks, 2 where a document cannot be read.
    """
    one, other = _document(old), _document(new)
    before, after = _examined(one), _examined(other)
    found = placed(compare(before.spec, after.spec), before, after)
    findings = [
        each for each in found.findings if not breaking_only or each.verdict is not Verdict.SAFE
    ]
    if output is not Format.TABLE:
        show({**_facts(found), "findings": [asdict(each) for each in findings]}, output)
    else:
        for each in findings:
            _tell(each, one, other)
        _sum_up(found, after.spec.version)
    raise typer.Exit(SAFE if found.verdict is Verdict.SAFE else BREAKING)


def _document(path: Path) -> Document:
    found = documents(path)
    if len(found) > 1:
        say(f"{path} holds {len(found)} documents", f"portico diff {found[0].name} …")
        raise typer.Exit(UNREADABLE)
    return found[0]


def _examined(document: Document) -> Examination:
    try:
        return examine_files(document.gather())
    except (OSError, InvalidSpec) as problem:
        for reason in unreadable(problem):
            say(f"{document.name}: cannot be read: {reason}")
        raise typer.Exit(UNREADABLE) from None


def _facts(found: Difference) -> dict[str, Any]:
    """All but the findings, as JSON has it."""
    return {
        "verdict": found.verdict.value,
        "step": found.step,
        "suggested": found.suggested,
        "actions": {name: each.value for name, each in found.actions.items()},
        "omitted": found.omitted,
    }


def _tell(each: Finding, old: Document, new: Document) -> None:
    document, place = (new, each.new) if each.new else (old, each.old or Place(pointer=""))
    name = str(document.top / place.file) if place.file else document.name
    at = f"{name}:{place.line}:{place.column}" if place.line else name
    action = f": {each.action}" if each.action else ""
    said = f"{action}: {each.message} [{each.rule}] {place.pointer}"
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
