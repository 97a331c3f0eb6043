"""portico docs: the documentation of an integration, in Markdown or HTML (I-11)."""

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from markdown_it import MarkdownIt
from minijinja import Environment, safe

from gateway.cli import flow_documentation, names
from gateway.cli.command import new_app, one_of
from gateway.cli.documentation import facts_of
from gateway.cli.output import note, say
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1.action_pb2 import ACTION_VIEW_FULL
from gateway.v1.catalog_pb2 import GetConnectorRequest, GetVersionRequest
from gateway.v1.flow_pb2 import GetFlowRequest, GetFlowVersionRequest
from gateway.v1.gateway_pb2 import ListActionsRequest

app = new_app()

PAGES = files("gateway.cli") / "pages"
STDOUT = Path("-")
FLOWS = "flows/"
"""What the name of a flow begins with."""


class Kind(StrEnum):
    """What `--format` takes."""

    MARKDOWN = "markdown"
    HTML = "html"


@app.command()
def docs(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="CONNECTOR, CONNECTOR@VERSION, flows/FLOW or flows/FLOW@VERSION.",
        ),
    ],
    *,
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="FILE", help="Where to write; - is stdout.")
    ] = STDOUT,
    kind: Annotated[
        Kind | None,
        typer.Option("--format", help="By the file's name if absent.", **one_of(Kind)),
    ] = None,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Write how an integration works, its configuration, limits, errors and examples.

    `portico docs petstore`

    `portico docs petstore@v1 -f petstore.html`

    `portico docs flows/orders`
    """
    html = kind is Kind.HTML if kind else file.suffix in (".html", ".htm")
    with connect(server, ca, certificate, key) as session:
        is_flow = name.startswith(FLOWS)
        told = (_flow if is_flow else _connector)(session, name, server)
    template = "flow.md" if is_flow else "connector.md"
    text = page(template, told) if html else markdown(template, told)
    if file == STDOUT:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
        raise typer.Exit(1) from None
    note(f"{file}: {len(text.encode())} bytes")


def markdown(page: str, told: Mapping[str, Any]) -> str:
    """A page as Markdown."""
    return Environment(trim_blocks=True, keep_trailing_newline=True).render_str(_text(page), **told)


def page(template: str, told: Mapping[str, Any]) -> str:
    """A page as HTML; marks of HTML in its texts are shown as they are."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    content = reader.render(markdown(template, told))
    return Environment().render_str(
        _text("page.html"), "page.html", title=told["plain_title"], content=safe(content)
    )


def _text(page: str) -> str:
    return (PAGES / page).read_text(encoding="utf-8")


def _connector(session: Session, name: str, server: str) -> Mapping[str, Any]:
    version = session.ask(session.catalog.GetVersion, GetVersionRequest(name=names.version(name)))
    owner = version.name.partition("/versions/")[0]
    connector = session.ask(session.catalog.GetConnector, GetConnectorRequest(name=owner))
    listing = ListActionsRequest(parent=version.name, view=ACTION_VIEW_FULL)
    actions = list(session.pages(session.gateway.ListActions, listing, "actions"))
    return facts_of(connector, version, actions, server)


def _flow(session: Session, name: str, server: str) -> Mapping[str, Any]:
    """Of the version that is named, else of the published one, else of the newest."""
    owner, _, edition = name.replace("/versions/", "@").partition("@")
    flow = session.ask(session.flows.GetFlow, GetFlowRequest(name=owner))
    chosen = edition or flow.published_version or flow.newest_version
    asked = GetFlowVersionRequest(name=f"{owner}/versions/{chosen}")
    return flow_documentation.facts_of(
        flow, session.ask(session.flows.GetFlowVersion, asked), server
    )
