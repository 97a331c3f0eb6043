"""portico lint: what is wrong or doubtful in OpenAPI documents."""

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.examination import examine_files
from facade.spec.mapping import overlay_of
from gateway.cli.command import new_app
from gateway.cli.documents import Document, documents, unreadable
from gateway.cli.mapping import mapping_facts, tell_mapping
from gateway.cli.output import Format, Output, err, line, say, show

app = new_app()


CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
"""The exit codes; over several files, the highest."""


@app.command()
def lint(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="OpenAPI documents, as JSON or YAML, folders of them, or zips."
        ),
    ],
    *,
    errors_only: Annotated[
        bool, typer.Option("--errors-only", help="Leave out what is only doubtful.")
    ] = False,
    mapping: Annotated[
        bool, typer.Option("--mapping", help="Tell every part that does not map exactly.")
    ] = False,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            metavar="FILE",
            help="Write what would make the parts map exactly, as an OpenAPI Overlay.",
        ),
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Say what is wrong or doubtful in OpenAPI documents, and what does not map exactly.

    Exits with 0 where nothing is wrong, 1 with findings, 2 where a document cannot be read.
    """
    results = []
    found = [each for file in files for each in documents(file)]
    for number, document in enumerate(found, 1):
        if len(found) > 1 and err.is_terminal:
            err.print(f"{number}/{len(found)} {document.name}", end="\r")
        results.append(_lint(document, errors_only=errors_only))
    if overlay is not None:
        _write_overlay(overlay, results)
    if output is not Format.TABLE:
        show(results, output)
    else:
        for result in results:
            _tell(result, every=mapping)
    raise typer.Exit(max(result["exit"] for result in results))


def _lint(document: Document, *, errors_only: bool) -> dict[str, Any]:
    start = time.monotonic()
    result: dict[str, Any] = {"file": document.name, "openapi": "", "actions": 0, "set_aside": 0}
    try:
        found = examine_files(document.gather())
        spec = found.spec
        problems = [
            replace(each, file=str(document.top / each.file) if each.file else "")
            for each in found.problems
        ]
    except (OSError, InvalidSpec) as problem:
        return {**result, "exit": UNREADABLE, "unreadable": unreadable(problem)}
    kept = [each for each in problems if each.severity == "error" or not errors_only]
    return {
        **result,
        "openapi": found.openapi,
        "actions": len(spec),
        "set_aside": sum(1 for name in spec.ids if spec.action(name).problems),
        "seconds": round(time.monotonic() - start, 3),
        "problems": [asdict(each) for each in kept],
        "mapping": mapping_facts(found.mapping, document.top),
        "exit": FINDINGS if kept else CLEAN,
    }


def _write_overlay(file: Path, results: list[dict[str, Any]]) -> None:
    """Writes the remedies of one document; of several, each needs an overlay of its own."""
    if len(results) > 1:
        say("--overlay takes one document", f"portico lint {results[0]['file']} --overlay {file}")
        raise typer.Exit(2)
    actions = [each["overlay"] for each in results[0].get("mapping", {}).get("notes", ())]
    try:
        file.write_text(overlay_of(actions, f"Mends {Path(results[0]['file']).name}"))
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
        raise typer.Exit(2) from None


def _tell(result: dict[str, Any], *, every: bool) -> None:
    file = result["file"]
    for reason in result.get("unreadable", ()):
        line((file, "bold"), ": ", ("cannot be read ", "bold red"), reason)
    if result["exit"] == UNREADABLE:
        return
    problems = [Problem(**each) for each in result["problems"]]
    for each in problems:
        _tell_problem(file, each)
    actions = _count(result["actions"], "action") or "no actions"
    counts = f"OpenAPI {result['openapi']}, {actions}"
    if result["set_aside"]:
        counts += f", {result['set_aside']} of them cannot be called"
    wrong = sum(1 for each in problems if each.severity == "error")
    doubtful = len(problems) - wrong
    if result["actions"]:
        tell_mapping(file, result["mapping"], every=every)
    verdict = ", ".join(filter(None, (_count(wrong, "error"), _count(doubtful, "warning"))))
    line((file, "bold"), f": {counts}: {verdict or 'clean'}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}" if number else ""


def _tell_problem(file: str, problem: Problem) -> None:
    colour = "red" if problem.severity == "error" else "yellow"
    file = problem.file or file
    place = f"{file}:{problem.line}:{problem.column}" if problem.line else file
    said = f": {problem.message} [{problem.code}] {problem.pointer}"
    line((place, "bold"), ": ", (problem.severity, colour), said)
    if problem.source:
        line((f"    {problem.source.strip()}", "dim"))
