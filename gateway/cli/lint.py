"""portico lint: what is wrong or doubtful in OpenAPI documents."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.load import load
from facade.spec.report import report
from facade.spec.spec import Spec
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, line, show
from gateway.cli.session import err

app = new_app()

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
"""The exit codes; over several files, the highest."""


@app.command()
def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="OpenAPI documents, as JSON or YAML.")
    ],
    *,
    errors_only: Annotated[
        bool, typer.Option("--errors-only", help="Leave out what is only doubtful.")
    ] = False,
    output: Output = Format.TABLE,
) -> None:
    """Say what is wrong or doubtful in OpenAPI documents, each with its line.

    Exits with 0 where nothing is, 1 with findings, 2 where a document cannot be read.
    """
    results = []
    for number, file in enumerate(files, 1):
        if len(files) > 1 and err.is_terminal:
            err.print(f"{number}/{len(files)} {file}", end="\r")
        results.append(_lint(file, errors_only=errors_only))
    if output is not Format.TABLE:
        show(results, output)
    else:
        for result in results:
            _tell(result)
    raise typer.Exit(max(result["exit"] for result in results))


def _lint(file: Path, *, errors_only: bool) -> dict[str, Any]:
    start = time.monotonic()
    result: dict[str, Any] = {"file": str(file), "openapi": "", "actions": 0, "set_aside": 0}
    try:
        text = file.read_bytes()
        document, _ = load(text)
        spec = Spec(document)
        problems = report(text, spec.problems())
    except OSError as problem:
        return {**result, "exit": UNREADABLE, "unreadable": [problem.strerror or "unreadable"]}
    except InvalidSpec as refusal:
        places = [f"{each.field}: {each.description}" for each in refusal.details.violations]
        return {**result, "exit": UNREADABLE, "unreadable": places or [refusal.message]}
    kept = [each for each in problems if each.severity == "error" or not errors_only]
    return {
        **result,
        "openapi": document.version,
        "actions": len(spec),
        "set_aside": sum(1 for name in spec.ids if spec.action(name).problems),
        "seconds": round(time.monotonic() - start, 3),
        "problems": [asdict(each) for each in kept],
        "exit": FINDINGS if kept else CLEAN,
    }


def _tell(result: dict[str, Any]) -> None:
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
    verdict = ", ".join(filter(None, (_count(wrong, "error"), _count(doubtful, "warning"))))
    line((file, "bold"), f": {counts}: {verdict or 'clean'}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}" if number else ""


def _tell_problem(file: str, problem: Problem) -> None:
    colour = "red" if problem.severity == "error" else "yellow"
    place = f"{file}:{problem.line}:{problem.column}" if problem.line else file
    said = f": {problem.message} [{problem.code}] {problem.pointer}"
    line((place, "bold"), ": ", (problem.severity, colour), said)
    if problem.source:
        line((f"    {problem.source.strip()}", "dim"))
