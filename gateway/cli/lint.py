"""portico lint: what is wrong or doubtful in OpenAPI documents."""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from facade.catalog.folder import ARCHIVE, Folder
from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.bundling.archive import refusal, root_among, unpack
from facade.spec.bundling.files import Files
from facade.spec.examination import examine_files
from facade.spec.mapping import overlay_of
from gateway.cli.command import new_app
from gateway.cli.mapping import mapping_facts, tell_mapping
from gateway.cli.output import Format, Output, err, line, say, show

app = new_app()


class Document(NamedTuple):
    """A document that is to be looked at."""

    name: str
    top: Path
    """What the names of its files are relative to."""
    gather: Callable[[], Files]


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
    documents = [each for file in files for each in _documents(file)]
    for number, document in enumerate(documents, 1):
        if len(documents) > 1 and err.is_terminal:
            err.print(f"{number}/{len(documents)} {document.name}", end="\r")
        results.append(_lint(document, errors_only=errors_only))
    if overlay is not None:
        _write_overlay(overlay, results)
    if output is not Format.TABLE:
        show(results, output)
    else:
        for result in results:
            _tell(result, every=mapping)
    raise typer.Exit(max(result["exit"] for result in results))


def _documents(path: Path) -> list[Document]:
    """The documents that an argument names, each with what gathers its files."""
    if path.suffix == ARCHIVE:
        return [Document(str(path), path, partial(_unpacked, path))]
    if not path.is_dir():
        return [Document(str(path), path.parent, partial(Folder(path.parent).files, path.name))]
    folder = Folder(path)
    try:
        names = folder.documents()
    except InvalidSpec:
        names = []
    if not names:
        return [Document(str(path), path, partial(_without_document, folder))]
    return [Document(str(path / name), path, partial(folder.files, name)) for name in names]


def _without_document(folder: Folder) -> Files:
    folder.documents()
    raise refusal("spec", "no file of this folder is an OpenAPI document")


def _unpacked(path: Path) -> Files:
    files = unpack(path.read_bytes())
    return Files(files, root_among(files))


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
    except OSError as problem:
        return {**result, "exit": UNREADABLE, "unreadable": [problem.strerror or "unreadable"]}
    except InvalidSpec as refusal:
        places = [f"{each.field}: {each.description}" for each in refusal.details.violations]
        return {**result, "exit": UNREADABLE, "unreadable": places or [refusal.message]}
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
