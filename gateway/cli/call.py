"""portico call: call an action and print what the backend answered."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from google.api.httpbody_pb2 import HttpBody

from gateway.cli import names
from gateway.cli.arguments import assemble, read_bytes
from gateway.cli.command import new_app, one_of
from gateway.cli.metadata import metadata_of
from gateway.cli.output import err, facts, out, plain, say, show_bytes, show_text
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect, read_text
from gateway.cli.stream import messages, print_item
from gateway.v1.catalog_pb2 import GetActionRequest
from gateway.v1.gateway_pb2 import (
    CACHE_USE_BYPASS,
    CACHE_USE_ONLY,
    CACHE_USE_REFRESH,
    CACHE_USE_UNSPECIFIED,
    EXECUTION_VIEW_BASIC,
    EXECUTION_VIEW_FULL,
    Exchange,
    ExecuteActionRequest,
    ExecuteActionResponse,
)
from gateway.v1.paging_pb2 import Paging
from gateway.v1.stream_pb2 import StreamActionResponse

app = new_app()


class Cache(StrEnum):
    """What `--cache` takes."""

    BYPASS = "bypass"
    """Neither reads nor writes."""
    REFRESH = "refresh"
    """Does not read, but writes."""
    ONLY = "only"
    """Answers from the cache, or fails."""


CACHE_USES = {
    Cache.BYPASS: CACHE_USE_BYPASS,
    Cache.REFRESH: CACHE_USE_REFRESH,
    Cache.ONLY: CACHE_USE_ONLY,
}

OCTETS = "application/octet-stream"

LONGEST = 86_400.0
"""Seconds that a call may wait for its turn."""


@app.command()
def call(
    name: Annotated[
        str,
        typer.Argument(metavar="ACTION", help="CONNECTOR/ACTION or CONNECTOR@VERSION/ACTION."),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARGUMENT",
            help="NAME=VALUE, NAME:=JSON, or NAME=@FILE and NAME:=@FILE for what a file holds. "
            "A VALUE is text where the action's schema says text, else JSON; "
            "an array's NAME may be given again.",
        ),
    ] = None,
    *,
    whole: Annotated[
        str,
        typer.Option(
            "--json",
            metavar="FILE",
            help="All arguments as one JSON object, in a file or in - (stdin).",
        ),
    ] = "",
    body: Annotated[
        str, typer.Option("--body", metavar="FILE", help="The request body as it is; - is stdin.")
    ] = "",
    content_type: Annotated[
        str,
        typer.Option(
            "--content-type",
            metavar="TYPE",
            help="The media type to write the body in; with --body, that of the file.",
        ),
    ] = "",
    accept: Annotated[
        str, typer.Option("--accept", metavar="TYPE", help="The media types to answer in.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the HTTP request, and send nothing.")
    ] = False,
    exchange: Annotated[
        bool, typer.Option("--exchange", "-x", help="Show what went over the wire, on stderr.")
    ] = False,
    every: Annotated[
        bool,
        typer.Option("--all", help="Print the items of all pages, a line each, page after page."),
    ] = False,
    max_pages: Annotated[
        int, typer.Option("--max-pages", metavar="N", help="With --all: ask for no more pages.")
    ] = 100,
    max_items: Annotated[
        int,
        typer.Option(
            "--max-items", metavar="N", help="With --all: print no more.", show_default="no limit"
        ),
    ] = 0,
    stream: Annotated[
        bool, typer.Option("--stream", help="Print the answer item by item, a line each.")
    ] = False,
    elements: Annotated[
        str,
        typer.Option(
            "--elements",
            metavar="POINTER",
            help="With --stream or --all: the array in the answer whose elements are the items.",
        ),
    ] = "",
    request_id: Annotated[
        str,
        typer.Option(
            "--request-id",
            metavar="ID",
            help="Make the call happen once: a repeat answers what the first one answered.",
        ),
    ] = "",
    cache: Annotated[
        Cache | None,
        typer.Option("--cache", help="How this call may use the cache.", **one_of(Cache)),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            help="Wait so long for its turn where a limit is reached.",
            show_default="not at all",
            min=0.0,
            max=LONGEST,
        ),
    ] = 0.0,
    metadata: Annotated[
        list[str] | None,
        typer.Option(
            "--metadata", "-H", metavar="KEY:VALUE", help="Send this beside the call; repeatable."
        ),
    ] = None,
    connection: Annotated[
        str, typer.Option("--connection", metavar="NAME", help="Call through this connection.")
    ] = "",
    subject: Annotated[
        str,
        typer.Option(
            "--subject",
            metavar="NAME",
            help="Call for this end user of the connection, or CONNECTION/SUBJECT.",
        ),
    ] = "",
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            help="For the whole call: 30, or as long as it takes with --stream and --all.",
        ),
    ] = None,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Call an action and print what the backend answered, digit for digit.

    `portico call petstore/getPetById petId=7`

    `portico call petstore/addPet --json pet.json`

    `portico call petstore/getPicture petId=7 > rex.png`

    `portico call petstore/findPetsByStatus --stream`

    `portico call github/repos/list-for-org org=octokit --all --max-items 500`
    """
    sent = metadata_of(metadata or [])
    with connect(server, ca, certificate, key) as session:
        full = names.action(name)
        text = read_text(whole) if whole else assembled(session, full, arguments or [])
        request = ExecuteActionRequest(
            name=full,
            parameters_json=text,
            connection=names.connection(connection),
            subject=names.subject(subject, connection),
            content_type="" if body else content_type,
            accept=accept,
            validate_only=dry_run,
            view=EXECUTION_VIEW_FULL if exchange else EXECUTION_VIEW_BASIC,
            request_id=request_id,
            cache_use=CACHE_USES[cache] if cache else CACHE_USE_UNSPECIFIED,
        )
        request.max_wait.FromMilliseconds(round(wait * 1000))
        if body:
            request.body.CopyFrom(
                HttpBody(content_type=content_type or OCTETS, data=read_bytes(body))
            )
        if stream or every:
            paging = Paging(max_pages=max_pages, max_items=max_items) if every else None
            for message in messages(session, request, elements, timeout, paging, sent):
                _print_message(message, dry_run=dry_run, exchange=exchange)
            return
        answer = session.ask(
            session.gateway.ExecuteAction, request, timeout=timeout or 30.0, metadata=sent
        )
    if dry_run:
        _print_request(answer.exchange)
        return
    if exchange:
        _print_exchange(answer.exchange)
    _print_output(answer)


def assembled(session: Session, full: str, arguments: list[str]) -> str:
    """The arguments as one JSON object; numbers stay as they were typed."""
    schema: dict[str, Any] = {}
    if any(":=" not in argument for argument in arguments):
        action = session.ask(session.catalog.GetAction, GetActionRequest(name=full))
        schema = plain(action.input_schema)
    return assemble(arguments, schema)


def _print_output(answer: ExecuteActionResponse) -> None:
    if answer.HasField("json"):
        show_text(answer.json, "json")
    elif answer.HasField("body") and out.is_terminal and not _is_text(answer.body.data):
        size = len(answer.body.data)
        say(f"{size} bytes of {answer.body.content_type} are not for a terminal", "… > FILE")
        raise typer.Exit(1)
    elif answer.HasField("body"):
        show_bytes(answer.body.data)


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def _print_message(message: StreamActionResponse, *, dry_run: bool, exchange: bool) -> None:
    if not message.HasField("head"):
        print_item(message)
    elif dry_run:
        _print_request(message.head.exchange)
    elif exchange:
        _print_exchange(message.head.exchange)


def _print_request(exchange: Exchange) -> None:
    show_text(exchange.curl, "bash")


def _print_exchange(exchange: Exchange) -> None:
    attempts = ", ".join(
        f"{each.http_status or each.error_reason} in {each.latency.ToMilliseconds()} ms"
        for each in exchange.attempts
    )
    rows = [("Request", f"{exchange.method} {exchange.uri}")]
    rows += [(f"> {name}", value) for name, value in sorted(exchange.request_headers.items())]
    rows += [("Status", str(exchange.http_status)), ("Attempts", attempts)]
    rows += [(f"< {name}", value) for name, value in sorted(exchange.response_headers.items())]
    rows += [("Cache", exchange.cache_status), ("Age", _age(exchange))]
    rows += [("Version", exchange.version), ("Trace", f"portico trace {exchange.trace_id}")]
    rows += [("Warning", each) for each in exchange.warnings]
    facts(rows, err)


def _age(exchange: Exchange) -> str:
    return f"{exchange.age.ToSeconds()} s" if exchange.HasField("age") else ""
