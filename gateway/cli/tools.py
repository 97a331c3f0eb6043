"""portico tools: the actions of a connector as tools of language models."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from facade.tools.form import Form
from gateway.cli import names
from gateway.cli.command import new_app, one_of
from gateway.cli.output import Format, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1 import tool_pb2 as pb

app = new_app()


@app.command()
def tools(
    connector: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="CONNECTOR or CONNECTOR@VERSION.")
    ],
    *,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format", help="Print their definitions, as these write them.", **one_of(Form)
        ),
    ] = None,
    connection: Annotated[
        str, typer.Option("--connection", help="As that connection has them told of.")
    ] = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the actions of a connector as tools of language models.

    `portico tools petstore`

    `portico tools petstore --format openai > tools.json`

    Clients of MCP need none of this: the HTTP face has the tools at `/mcp`.
    """
    with connect(server, ca, certificate, key) as session:
        request = pb.ListToolsRequest(
            parent=names.version(connector), connection=names.connection(connection)
        )
        found = list(_tools(session, request, form))
    if form is not None:
        show([json.loads(each.definition) for each in found], Format.JSON)
    else:
        show_list(found, "tools", ("name", "hints", "title"), _row, Format.TABLE)


def _tools(session: Session, request: pb.ListToolsRequest, form: Form | None) -> Iterator[pb.Tool]:
    if form is not None:
        request.format = pb.ToolFormat.Value(f"TOOL_FORMAT_{form.name}")
    return session.pages(session.tools.ListTools, request, "tools", size=200)


def _row(tool: pb.Tool) -> tuple[str, ...]:
    hints = ("read-only", tool.read_only), ("destructive", tool.destructive)
    said = [word for word, is_so in (*hints, ("idempotent", tool.idempotent)) if is_so]
    return tool.name.rpartition("/")[2], " ".join(said), tool.title
