"""What `portico demo` shows: a gateway in front of the pet store, or of a backend of one's own."""

import json
import secrets
import shlex
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from facade.app.callers import ANYONE
from facade.config import Misconfigured, Settings
from facade.demo import petstore
from facade.environment import environment
from facade.errors.caller import InvalidSpec
from facade.model.action import Action
from facade.process import ended
from facade.run import serve
from facade.spec.example import arguments
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.spec.text.numbers import dumps
from facade.telemetry.logs import open_logs
from gateway.cli.example import typed
from gateway.cli.output import line, note, say
from gateway.cli.session import read_text
from gateway.cli.typed_example import TypedExample, typed_example
from gateway.run import GATEWAY

KEY = "PORTICO_SECRET_SHOP_KEY"
PORT = 50051
HTTP_PORT = 8080
THROUGH = "petstore-indirect"
"""The same shop once more, called through the gateway's own HTTP face as a facade."""
DOCUMENT = "petstore.openapi.yaml"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What the demo shows: connector files and the actions to try."""

    connector: str
    files: Mapping[str, str]
    """Connector files by connector."""
    tries: tuple[tuple[str, dict[str, Any]], ...]
    """Actions with their arguments."""
    typed: TypedExample
    more: tuple[str, ...] = ()
    """More to type behind `portico`."""
    flow: str = ""
    """What a flow file is to be called that fits this backend."""
    path: str = ""
    """Of one of its operations that takes no arguments."""
    document: str = ""
    """The OpenAPI document, where the files do not name one that is there."""


def demonstrated(spec: str, backend: str, name: str, grpc: str, http: str) -> int:
    """Starts what is shown, and serves until it is ended; gives the exit status."""
    open_logs("text", "warning")
    own = _own(spec, backend, name) if spec else None
    return ended(_show(own, grpc or _address(PORT), http or _address(HTTP_PORT)))


async def _show(own: Exhibit | None, grpc: str, http: str) -> int:
    key = secrets.token_urlsafe(12)
    with tempfile.TemporaryDirectory(prefix="portico-demo-") as folder:
        async with _backend(key, wanted=own is None) as uri:
            exhibit = own or _petstore(uri, f"http://{http}")
            settings = Settings(
                grpc=grpc,
                http=http,
                data=Path(folder, "data"),
                connectors=_laid_out(Path(folder), exhibit),
                dev=True,
                drain_delay=0,
                drain_grace=2,
            )
            environ = {**environment(), KEY: key}
            return await serve(GATEWAY, settings, lambda found: _tell(exhibit, found, uri), environ)


@asynccontextmanager
async def _backend(key: str, *, wanted: bool) -> AsyncIterator[str]:
    """The demo's backend, where it is wanted; its base URL."""
    if not wanted:
        yield ""
        return
    runner, uri = await petstore.start(key)
    try:
        yield uri
    finally:
        await runner.cleanup()


def _laid_out(folder: Path, exhibit: Exhibit) -> Path:
    """Writes the files of an exhibit; gives the folder of connectors."""
    connectors = folder / "connectors"
    connectors.mkdir()
    for connector, text in exhibit.files.items():
        (connectors / f"{connector}.yaml").write_text(text, encoding="utf-8")
    if exhibit.document:
        (folder / DOCUMENT).write_text(exhibit.document, encoding="utf-8")
    return connectors


def _petstore(uri: str, facade: str) -> Exhibit:
    connector = {
        "connector": "petstore",
        "title": "Portico's pet store",
        "versions": [
            {
                "id": "v1",
                "server": uri,
                "spec": f"../{DOCUMENT}",
                "credentials": [{"scheme": "shopKey", "apiKey": {"key": f"env:{KEY}"}}],
                "policy": {
                    "limits": [{"calls": 100, "period": "1s"}],
                    "actions": {
                        "getInventory": {"cache": {"mode": "override", "ttl": "10s"}},
                        "fail": {"retry": {"maxAttempts": 1}},  # it is to be seen at once
                    },
                },
            }
        ],
        "live": "v1",
    }
    there = {"server": f"{facade}/connectors/petstore/versions/v1"}
    indirect = {
        "connector": THROUGH,
        "title": "The same, through the facade",
        "versions": [{"id": "v1", "spec": f"../{DOCUMENT}", "indirect": there}],
    }
    tries: tuple[tuple[str, dict[str, Any]], ...] = (
        ("getPetById", {"petId": petstore.FIRST_ID}),
        ("findByStatus", {"status": ["available", "sold"]}),
        ("addPet", {"name": "Bella", "weight": 4.5}),
        ("fail", {"status": 503, "retryAfter": 2}),
    )
    more = (
        "call petstore/getInventory --exchange",
        "call petstore/listPets limit=2 --all",
        "export proto petstore",
        f"call {THROUGH}/getPetById petId={petstore.FIRST_ID}",
        "trace",
    )
    files = {"petstore": json.dumps(connector), THROUGH: json.dumps(indirect)}
    text = petstore.document()
    typed_ = typed_example(Spec(load(text)[0]), "petstore", tries)
    return Exhibit("petstore", files, tries, typed_, more, "pets", "/store/inventory", text)


def _own(spec: str, backend: str, name: str) -> Exhibit:
    text = read_text(spec)
    try:
        document, _ = load(text)
    except InvalidSpec as refusal:
        for each in refusal.details.violations:
            say(f"{spec}: {each.field}: {each.description}", f"portico lint {spec}")
        raise typer.Exit(2) from None
    connector = name or _slug(Path(spec).stem)
    version = {"id": "v1", "spec": str(Path(spec).resolve())}
    if backend:
        version["server"] = backend
    file = {"connector": connector, "versions": [version], "live": "v1"}
    compiled = Spec(document)
    easy = sorted((compiled.action(each) for each in compiled.ids[:200]), key=_effort)
    tries = tuple((each.alias or each.id, _plain(each)) for each in easy[:3])
    path = next((each.path for each in easy[:1] if not arguments(each.input_schema)), "")
    typed_ = typed_example(compiled, connector, tries)
    return Exhibit(connector, {connector: json.dumps(file)}, tries, typed_, path=path)


def _plain(action: Action) -> dict[str, Any]:
    """An example of its arguments, its numbers as doubles."""
    made: dict[str, Any] = json.loads(dumps(arguments(action.input_schema)))
    return made


def _slug(stem: str) -> str:
    words = "".join(each if each.isalnum() and each.isascii() else "-" for each in stem.lower())
    return "-".join(filter(None, words.split("-"))).lstrip("0123456789-")[:63] or "backend"


def _effort(action: Action) -> tuple[bool, bool, int]:
    """How much has to be known before an action can be tried."""
    return bool(action.problems), not action.safe, len(arguments(action.input_schema))


def _address(port: int) -> str:
    """The usual port, or a free one where that is taken."""
    for each in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", each))
            except OSError:
                note(f"port {each} is taken, so another one is used")
            else:
                return f"127.0.0.1:{probe.getsockname()[1]}"
    raise Misconfigured("no port is free")


def _tell(exhibit: Exhibit, found: Sequence[str], backend: str) -> None:
    """Prints what can be tried, ready to copy."""
    address, http = found
    version = f"connectors/{exhibit.connector}/versions/live"
    said = f", in front of {backend}" if backend else ""
    line(("Portico is ready", "bold green"), f" on {address}{said}, {ANYONE}\n")
    line(("With grpcurl, as a service of its own:", "bold"))
    line(f"  grpcurl -plaintext {address} list")
    line(f"  grpcurl -plaintext {address} describe {exhibit.typed.service}")
    if exhibit.typed.method:
        line(f"""  grpcurl -plaintext -d {shlex.quote(exhibit.typed.request)} {address} \\
    {exhibit.typed.service}/{exhibit.typed.method}""")
    line(("\nWith grpcurl, as one of all actions:", "bold"))
    line(f"""  grpcurl -plaintext -d '{{"parent": "{version}"}}' {address} \\
    gateway.v1.GatewayService/ListActions""")
    for action, values in exhibit.tries[:1]:
        given = json.dumps(values, ensure_ascii=False)
        request = {"name": f"{version}/actions/{action}", "parameters_json": given}
        quoted = shlex.quote(json.dumps(request, ensure_ascii=False))
        line(f"""  grpcurl -plaintext -d {quoted} {address} \\
    gateway.v1.GatewayService/ExecuteAction""")
    _tell_commands(exhibit, address)
    line(("\nOver HTTP:", "bold"))
    line(f"  curl {http}/connectors/{exhibit.connector}/versions/live{exhibit.path}")
    line(f"  curl {http}/v1/{version}/openapi.json")
    line(f"  {http}/docs  in a browser: every document, to be tried")
    line(f"  {http}/ui  the dashboard: calls, flows, runs, figures")
    line(("\nCtrl-C ends it.", "dim"))


def _tell_commands(exhibit: Exhibit, address: str) -> None:
    """Prints what can be typed behind `portico`."""
    line(("\nWith the command:", "bold"))
    portico = _command()
    server = "" if address.endswith(f":{PORT}") else f" -s {address}"
    line(f"  {portico} get actions {exhibit.connector}{server}")
    for action, values in exhibit.tries:
        line(f"  {portico} call {exhibit.connector}/{action}{typed(values)}{server}")
    for each in exhibit.more:
        line(f"  {portico} {each}{server}")
    if exhibit.flow:
        line(("\nAs a flow, which runs by itself once it is created and published:", "bold"))
        line(f"  {portico} flow new {exhibit.flow}")
        line(f"  {portico} flow test {exhibit.flow}.yaml{server}")


def _command() -> str:
    """How `portico` is typed here: by its path in a checkout, whose PATH is not the user's."""
    beside = Path(sys.executable).with_name("portico")
    if beside.exists() and beside.is_relative_to(Path.cwd()):
        return str(beside.relative_to(Path.cwd()))
    if shutil.which("portico"):
        return "portico"
    return str(beside) if beside.exists() else f"{sys.executable} -m gateway"
