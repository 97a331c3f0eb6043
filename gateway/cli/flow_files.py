"""Flow files on the command line: read, checked, and told of by line and column."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from gateway.cli.output import line, say
from gateway.cli.session import Session, read_text
from gateway.v1.flow_pb2 import CheckFlowRequest, FlowFinding


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A flow file as it was read."""

    file: str
    source: str


def flow_name(text: str) -> str:
    """`orders` or a full name → flows/orders."""
    return text if text.startswith("flows/") else f"flows/{text}"


def version_name(text: str) -> str:
    """`orders@v2` or a full name → flows/orders/versions/v2; exits with 2 for none."""
    if "/versions/" in text:
        return text
    name, _, version = text.partition("@")
    if not version:
        say(f"`{text}` names no version", "FLOW@VERSION, such as orders@v2")
        raise typer.Exit(2)
    return f"{flow_name(name)}/versions/{version}"


def run_name(text: str) -> str:
    """`orders/0192…` or a full name → flows/orders/runs/0192…; exits with 2 for none."""
    if "/runs/" in text:
        return text
    flow, slash, run = text.removeprefix("flows/").partition("/")
    if not (flow and slash and run):
        say(f"`{text}` names no run", "FLOW/RUN, as `portico run list` shows them")
        raise typer.Exit(2)
    return f"flows/{flow}/runs/{run}"


def short(name: str) -> str:
    """A name as people type it: `orders`, `orders@v2`, `orders/0192…`."""
    plain = name.removeprefix("flows/")
    return plain.replace("/versions/", "@").replace("/runs/", "/")


def findings_of(session: Session, source: str) -> Sequence[FlowFinding]:
    """What the gateway finds wrong with a definition."""
    request = CheckFlowRequest(source=source)
    return session.ask(session.flows.CheckFlow, request).findings


def tell(file: str, findings: Sequence[FlowFinding]) -> None:
    """Prints findings, a line each: `orders.yaml:8:12: no field …`."""
    for each in findings:
        line((f"{file}:{each.line}:{each.column}", "bold"), f": {each.description}")


def read_input(text: str, option: str = "--input") -> str:
    """JSON that was typed, or that a file holds after `@`; exits with 2 for what is none."""
    said = read_text(text[1:]) if text.startswith("@") else text
    try:
        json.loads(said or "null")
    except ValueError as problem:
        say(f"{option}: not JSON: {problem}", f"""{option} '{{"tag": "new"}}', or {option} @FILE""")
        raise typer.Exit(2) from None
    return said


def id_of(file: str, given: str) -> str:
    """The id of the flow in a file: what was given, else what the file is called."""
    return given.removeprefix("flows/") or Path(file).name.split(".", 1)[0]
