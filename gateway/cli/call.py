"""portico call: call an action and print what the backend answered."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from google.api.httpbody_pb2 import HttpBody

from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.output import facts, out, plain, show_bytes, show_text
from gateway.cli.session import (
    DEFAULT,
    Ca,
    Certificate,
    Key,
    Server,
    Session,
    connect,
    err,
    read_text,
    say,
)
from gateway.v1.catalog_pb2 import GetActionRequest
from gateway.v1.gateway_pb2 import (
    EXECUTION_VIEW_BASIC,
    EXECUTION_VIEW_FULL,
    Exchange,
    ExecuteActionRequest,
    ExecuteActionResponse,
)

app = new_app()


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
            "A VALUE is text where the action's schema says text, else JSON.",
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
        str, typer.Option("--content-type", metavar="TYPE", help="The media type of --body.")
    ] = "application/octet-stream",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the HTTP request, and send nothing.")
    ] = False,
    exchange: Annotated[
        bool, typer.Option("--exchange", "-x", help="Show what went over the wire, on stderr.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", help="For the whole call."),
    ] = 30.0,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Call an action and print what the backend answered, digit for digit.

    `portico call petstore/getPetById petId=7`

    `portico call petstore/addPet --json pet.json`

    `portico call petstore/getPicture petId=7 > rex.png`
    """
    with connect(server, ca, certificate, key) as session:
        full = names.action(name)
        text = read_text(whole) if whole else _assemble(session, full, arguments or [])
        request = ExecuteActionRequest(
            name=full,
            parameters_json=text,
            validate_only=dry_run,
            view=EXECUTION_VIEW_FULL if exchange else EXECUTION_VIEW_BASIC,
        )
        if body:
            request.body.CopyFrom(HttpBody(content_type=content_type, data=_bytes(body)))
        answer = session.ask(session.gateway.ExecuteAction, request, timeout=timeout)
    if dry_run:
        _print_request(answer.exchange)
        return
    if exchange:
        _print_exchange(answer.exchange)
    _print_output(answer)


def _assemble(session: Session, full: str, arguments: list[str]) -> str:
    """The arguments as one JSON object; numbers stay as they were typed."""
    schema: dict[str, Any] = {}
    if any(":=" not in argument for argument in arguments):
        action = session.ask(session.catalog.GetAction, GetActionRequest(name=full))
        schema = plain(action.input_schema)
    return "{" + ",".join(_member(argument, schema) for argument in arguments) + "}"


def _member(argument: str, schema: dict[str, Any]) -> str:
    name, sign, value = argument.partition("=")
    if not sign or not name.rstrip(":"):
        say(f"`{argument}` is no argument", "NAME=VALUE, NAME:=JSON or NAME=@FILE")
        raise typer.Exit(2)
    key = json.dumps(name.removesuffix(":"), ensure_ascii=False)
    if name.endswith(":"):
        return f"{key}:{read_text(value[1:]) if value.startswith('@') else value}"
    traits = set(_traits(schema.get("properties", {}).get(name, True), schema.get("$defs", {})))
    if value.startswith("@") and "binary" in traits:
        return f'{key}:"{base64.b64encode(_bytes(value[1:])).decode()}"'
    return f"{key}:{_typed(read_text(value[1:]) if value.startswith('@') else value, traits)}"


def _traits(schema: Any, definitions: dict[str, Any], depth: int = 8) -> Iterator[str]:
    """The types and formats that a schema allows, through references and combinations."""
    if not isinstance(schema, dict) or not depth:
        return
    kinds = schema.get("type", [])
    yield from [kinds] if isinstance(kinds, str) else kinds
    yield str(schema.get("format", ""))
    reference = schema.get("$ref", "").removeprefix("#/$defs/")
    parts = [definitions.get(reference.replace("~1", "/").replace("~0", "~"))]
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts += schema.get(keyword, [])
    for part in parts:
        yield from _traits(part, definitions, depth - 1)


def _typed(value: str, traits: set[str]) -> str:
    """A typed-in value as JSON: text where the schema takes text, else what it says as JSON."""
    if "string" not in traits:
        try:
            json.loads(value)
        except ValueError:
            if "array" in traits:
                return json.dumps(value.split(","), ensure_ascii=False)
        else:
            return value
    return json.dumps(value, ensure_ascii=False)


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
        raise typer.Exit(2) from None


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
    rows += [("Version", exchange.version), ("Trace", exchange.trace_id)]
    rows += [("Warning", each) for each in exchange.warnings]
    facts(rows, err)
