"""Snippets: one call, as it is typed for grpcurl, for curl and in Python."""

import json
import shlex
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from facade.app.ui.form import ENCODER
from facade.config import Settings
from facade.model.names import LIVE, ActionName

TOKEN: Final = "PORTICO_SERVER_TOKEN"  # noqa: S105 - the name of a variable
METHOD: Final = "gateway.v1.GatewayService/ExecuteAction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """One way to make a call."""

    title: str
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The call that is written."""

    name: ActionName
    arguments: str
    """JSON."""
    connection: str = ""
    """The id; empty: none."""
    origin: str
    """Of the HTTP face, as the browser knows it."""
    is_open: bool
    """Whether nobody is asked who they are."""


def snippets(asking: Asking, settings: Settings) -> tuple[Snippet, ...]:
    """The same call in each way."""
    return (
        Snippet(title="portico", id="portico", text=_command(asking)),
        Snippet(title="curl", id="curl", text=_curl(asking)),
        Snippet(title="grpcurl", id="grpcurl", text=_grpcurl(asking, settings)),
        Snippet(title="Python", id="python", text=_python(asking, settings)),
    )


def _command(asking: Asking) -> str:
    through = f" --connection {shlex.quote(asking.connection)}" if asking.connection else ""
    name = asking.name
    version = "" if name.version == LIVE else f"@{name.version}"
    action = shlex.quote(f"{name.connector}{version}/{name.action}")
    given = json.loads(asking.arguments, parse_float=Decimal)
    typed = "".join(f" {shlex.quote(f'{key}:={_text(value)}')}" for key, value in given.items())
    return f"portico call {action}{typed}{through}"


def _curl(asking: Asking) -> str:
    path = "/".join(quote(each, safe="") for each in str(asking.name).split("/", 5))
    given = {"connection": f"connections/{asking.connection}"} if asking.connection else {}
    body = json.dumps(given, ensure_ascii=False)[1:-1]
    body = f'{{"parameters": {asking.arguments}{", " if body else ""}{body}}}'
    lines = (
        f"curl {shlex.quote(f'{asking.origin}/v1/{path}:execute')}",
        "-H 'content-type: application/json'",
        *(() if asking.is_open else (f'-H "authorization: Bearer ${TOKEN}"',)),
        f"-d {shlex.quote(body)}",
    )
    return " \\\n  ".join(lines)


def _grpcurl(asking: Asking, settings: Settings) -> str:
    given = {"name": str(asking.name), "parameters_json": asking.arguments}
    if asking.connection:
        given["connection"] = f"connections/{asking.connection}"
    lines = (
        f"grpcurl{' -plaintext' if settings.tls_cert is None else ''}",
        *(() if asking.is_open else (f'-H "authorization: Bearer ${TOKEN}"',)),
        f"-d {shlex.quote(json.dumps(given, ensure_ascii=False))}",
        f"{_grpc(settings)} {METHOD}",
    )
    return " \\\n  ".join(lines)


def _python(asking: Asking, settings: Settings) -> str:
    token = "" if asking.is_open else f', token=os.environ["{TOKEN}"]'
    head = "" if asking.is_open else "import os\n"
    return (
        f"{head}import json\n\n"
        "from gateway.client import Client\n\n"
        f"arguments = json.loads({asking.arguments!r})\n"
        f"with Client({_grpc(settings)!r}{token}) as client:\n"
        f"    print(client.execute({str(asking.name)!r}, **arguments))"
    )


def _text(value: Any) -> str:
    return ENCODER.encode(value).decode()


def _grpc(settings: Settings) -> str:
    return settings.grpc or "GATEWAY:50051"
