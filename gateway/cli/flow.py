"""portico flow: what runs by itself, from the file to the published version."""

from pathlib import Path
from typing import Annotated

import typer

from facade.flows.templates import TEMPLATES
from gateway.cli.arguments import pair
from gateway.cli.command import new_app
from gateway.cli.flow_files import (
    findings_of,
    flow_name,
    id_of,
    short,
    tell,
    version_name,
)
from gateway.cli.flow_running import started, tried
from gateway.cli.output import Format, Output, line, plain, say, show, show_list, show_text
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect, read_text
from gateway.v1.flow_pb2 import (
    CreateFlowRequest,
    DeleteFlowRequest,
    Flow,
    FlowVersion,
    GetFlowRequest,
    GetFlowVersionRequest,
    ListFlowRecordsRequest,
    ListFlowsRequest,
    ListFlowVersionsRequest,
    PublishFlowRequest,
    ResumeFlowRequest,
    SuspendFlowRequest,
    UpdateFlowRequest,
)
from gateway.v1.run_pb2 import FlowRecord

app = new_app(help="What runs by itself: write, check, publish and run.", no_args_is_help=True)

MADE = ("created", "saved")
"""What is done to the newest version; all else to the published one."""

Name = Annotated[str, typer.Argument(metavar="FLOW", help="The flow's id.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A flow file; - is standard input.")]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME=VALUE", help="For sorting and finding; repeatable."),
]


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What it is to be called: NAME.yaml is written.")
    ] = "",
    *,
    template: Annotated[
        str, typer.Option("--template", "-t", metavar="TEMPLATE", help=", ".join(TEMPLATES) + ".")
    ] = "seed",
) -> None:
    """Write a flow file to begin with; without NAME, say which templates there are.

    `portico flow new --template pull new-pets`
    """
    if not name:
        for key, each in TEMPLATES.items():
            line((key.ljust(14), "bold"), each.about)
        return
    chosen = TEMPLATES.get(template)
    if chosen is None:
        say(f"no template `{template}`", f"one of {', '.join(TEMPLATES)}")
        raise typer.Exit(2)
    file = Path(f"{name}.yaml")
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(chosen.text)
    except OSError as problem:
        say(f"{file}: {problem.strerror}", "another NAME" if file.exists() else "")
        raise typer.Exit(2) from None
    typer.echo(f"{file} written; `portico flow check {file}` says what is wrong with it")


@app.command()
def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Flow files; - is standard input.")
    ],
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say what is wrong with flow files, by line and column; nothing is saved.

    Exits with 1 where something is. `portico flow check orders.yaml`
    """
    wrong = False
    with connect(server, ca, certificate, key) as session:
        for file in files:
            found = findings_of(session, read_text(file))
            tell(file, found)
            if not found:
                typer.echo(f"{file}: clean")
            wrong = wrong or bool(found)
    if wrong:
        raise typer.Exit(1)


@app.command()
def create(
    file: File,
    name: Annotated[
        str, typer.Argument(metavar="FLOW", help="Its id, if not what the file is called.")
    ] = "",
    *,
    label: Labels = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Create a flow of a file: version v1, which is not published.

    `portico flow create orders.yaml`
    """
    flow = Flow(source=read_text(file), labels=dict(pair(each, "--label") for each in label or ()))
    request = CreateFlowRequest(flow_id=id_of(file, name), flow=flow)
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.flows.CreateFlow, request), "created", output)


@app.command()
def update(
    file: File,
    name: Annotated[
        str, typer.Argument(metavar="FLOW", help="Its id, if not what the file is called.")
    ] = "",
    *,
    label: Labels = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Make the next version of a flow of a file; it is not published.

    Where the file says what the newest version says, nothing changes.
    """
    flow = Flow(name=flow_name(id_of(file, name)), source=read_text(file))
    request = UpdateFlowRequest(flow=flow)
    request.update_mask.paths.append("source")
    if label:
        request.flow.labels.update(pair(each, "--label") for each in label)
        request.update_mask.paths.append("labels")
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.flows.UpdateFlow, request), "saved", output)


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter, for example 'state = ACTIVE AND trigger = schedule'.",
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the flows."""
    with connect(server, ca, certificate, key) as session:
        request = ListFlowsRequest(filter=wanted)
        found = list(session.pages(session.flows.ListFlows, request, "flows"))
    columns = ("name", "state", "published", "newest", "title")
    show_list(found, "flows", columns, _row, output)


@app.command()
def get(
    name: Annotated[
        str, typer.Argument(metavar="FLOW[@VERSION]", help="A flow, or one of its versions.")
    ],
    *,
    source: Annotated[
        bool, typer.Option("--source", help="Print the definition alone, as it was given.")
    ] = False,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a flow or a version of it, with its definition.

    `portico flow get orders@v2 --source > orders.yaml`
    """
    with connect(server, ca, certificate, key) as session:
        found: Flow | FlowVersion
        if "@" in name or "/versions/" in name:
            wanted = GetFlowVersionRequest(name=version_name(name))
            found = session.ask(session.flows.GetFlowVersion, wanted)
        else:
            found = session.ask(session.flows.GetFlow, GetFlowRequest(name=flow_name(name)))
    if source:
        show_text(found.source.rstrip("\n"), "yaml")
    else:
        show(plain(found), Format.YAML if output is Format.TABLE else output)


@app.command()
def versions(
    name: Name,
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the versions of a flow, newest first."""
    with connect(server, ca, certificate, key) as session:
        request = ListFlowVersionsRequest(parent=flow_name(name))
        found = list(session.pages(session.flows.ListFlowVersions, request, "versions"))
    columns = ("version", "published", "created", "by", "title")
    show_list(found, "versions", columns, _version_row, output)


@app.command()
def records(
    name: Name,
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List what the runs of a flow have saved."""
    with connect(server, ca, certificate, key) as session:
        request = ListFlowRecordsRequest(parent=flow_name(name))
        found = list(session.pages(session.flows.ListFlowRecords, request, "records"))
    show_list(found, "records", ("key", "saved", "value"), _record_row, output)


@app.command()
def publish(
    name: Annotated[
        str,
        typer.Argument(metavar="FLOW[@VERSION]", help="The newest version, or the one named."),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Have the gateway check it, and change nothing.")
    ] = False,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have a version run when its trigger says so; an older one is the rollback.

    `portico flow publish orders`

    `portico flow publish orders@v1`
    """
    flow, _, version = name.partition("@")
    request = PublishFlowRequest(name=flow_name(flow), version=version, validate_only=dry_run)
    with connect(server, ca, certificate, key) as session:
        told = session.ask(session.flows.PublishFlow, request)
    _tell(told, "could be published" if dry_run else "published", output)


@app.command()
def suspend(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Let the triggers of a flow rest until it is resumed; its runs go on."""
    with connect(server, ca, certificate, key) as session:
        request = SuspendFlowRequest(name=flow_name(name))
        _tell(session.ask(session.flows.SuspendFlow, request), "suspended")


@app.command()
def resume(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Let the triggers of a flow go on."""
    with connect(server, ca, certificate, key) as session:
        request = ResumeFlowRequest(name=flow_name(name))
        _tell(session.ask(session.flows.ResumeFlow, request), "resumed")


@app.command()
def delete(
    name: Name,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Though it has runs under way: they are cancelled.")
    ] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete a flow and its versions; what its runs have come to stays."""
    with connect(server, ca, certificate, key) as session:
        request = DeleteFlowRequest(name=flow_name(name), force=force)
        session.ask(session.flows.DeleteFlow, request)
    typer.echo(f"{short(name)} deleted")


app.command("test")(tried)
app.command("run")(started)


def _tell(flow: Flow, done: str, output: Format = Format.TABLE) -> None:
    if output is not Format.TABLE:
        show(plain(flow), output)
        return
    state = Flow.State.Name(flow.state).removeprefix("STATE_")
    version = flow.newest_version if done in MADE else flow.published_version
    typer.echo(f"{short(flow.name)} {version} {done}, {state}")
    if flow.state == Flow.STATE_ERROR:
        say(flow.state_description, f"`portico flow check` and `portico flow publish {flow.name}`")


def _row(flow: Flow) -> tuple[str, ...]:
    return (
        short(flow.name),
        Flow.State.Name(flow.state).removeprefix("STATE_"),
        flow.published_version or "-",
        flow.newest_version,
        flow.title,
    )


def _version_row(version: FlowVersion) -> tuple[str, ...]:
    return (
        version.name.rpartition("/")[2],
        "yes" if version.published else "",
        version.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
        version.created_by,
        version.title,
    )


def _record_row(record: FlowRecord) -> tuple[str, ...]:
    saved = record.update_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S")
    return record.key, saved, record.value
