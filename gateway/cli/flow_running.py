"""portico flow test and portico flow run: a flow is tried, or run and watched."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import pair
from gateway.cli.flow_files import flow_name, read_input, short, version_name
from gateway.cli.output import Format, Output, plain, show
from gateway.cli.runs_shown import follow, lost, print_run, verdict
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect, read_text
from gateway.v1.flow_pb2 import RunFlowRequest, TestFlowRequest

Input = Annotated[
    str,
    typer.Option(
        "--input", "-i", metavar="JSON", help="What the run begins with; @FILE for a file's."
    ),
]


def tried(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A flow file, or FLOW@VERSION; - is stdin.")
    ],
    *,
    given: Input = "",
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "--output-of",
            metavar="STEP=JSON",
            help="What a step comes to, in place of doing it; repeatable.",
        ),
    ] = None,
    trigger: Annotated[
        str,
        typer.Option(
            "--trigger",
            metavar="JSON",
            help='What the trigger brings, as {"body": ...}; @FILE for a file\'s.',
        ),
    ] = "",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for its end.")
    ] = 120.0,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Run a definition to its end and save nothing; its calls are made.

    What it would save or notify is told and not done. Exits with 1 where the run fails.

    `portico flow test orders.yaml -i '{"tag": "new"}' --output-of 'fetch=[{"id": 1}]'`
    """
    request = TestFlowRequest(input=read_input(given), trigger=read_input(trigger, "--trigger"))
    request.outputs.update(pair(each, "--output-of") for each in outputs or ())
    if Path(file).exists() or file == "-" or "@" not in file:
        request.source = read_text(file)
    else:
        request.version = version_name(file)
    with connect(server, ca, certificate, key) as session:
        told = session.ask(session.flows.TestFlow, request, timeout=timeout)
    if output is Format.TABLE:
        print_run(told)
    else:
        show(plain(told), output)
    verdict(told)


def started(
    name: Annotated[
        str,
        typer.Argument(metavar="FLOW[@VERSION]", help="The published version, or the one named."),
    ],
    *,
    given: Input = "",
    request_id: Annotated[
        str,
        typer.Option(
            "--request-id", metavar="UUID", help="A repeat answers the run of the first one."
        ),
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Print the run's name, and do not wait.")
    ] = False,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Run a flow now, and watch it until it has ended.

    Exits with 1 where the run fails; Ctrl-C leaves it alone.

    `portico flow run orders -i '{"tag": "new"}'`
    """
    flow, _, version = name.partition("@")
    request = RunFlowRequest(
        name=flow_name(flow), version=version, input=read_input(given), request_id=request_id
    )
    with connect(server, ca, certificate, key) as session:
        begun = session.ask(session.flows.RunFlow, request)
        if detach:
            typer.echo(short(begun.name))
            return
        with lost(begun.name):
            ended = follow(session, begun.name, quiet=output is not Format.TABLE)
    if output is not Format.TABLE:
        show(plain(ended), output)
    verdict(ended)
