"""What a command loads: no more than it needs, for every one of them starts anew."""

import asyncio
import json
import sys

import pytest

from gateway.cli.main import COMMANDS
from tests.processes import ROOT, environ

LOADED = """
import json, sys
from gateway.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    said = end.code or 0
sys.stdout.flush()
print(json.dumps([said, sorted(sys.modules)]))
"""

HEAVY = {
    "facade.config",
    "facade.errors.fault",
    "facade.model.action",
    "facade.run",
    "facade.spec.load",
    "google.protobuf.json_format",
    "httpx",
    "jsonschema_rs",
    "markdown_it",
    "minijinja",
    "msgspec",
    "opentelemetry",
    "pygments",
    "rich.syntax",
    "ryaml",
    "sqlalchemy",
    "yaml",
}
"""What none of the commands needs that ask a gateway and print a table."""

SPOKEN = {"grpc", "grpc_status", "pydantic"}
"""What takes most of the start of a command that asks: gRPC, and what Typer reads values with."""

OF_DOCUMENTS = {"apply", "diff", "docs", "lint", "plan"}
"""Those that read files of their own, whose help loads what reads them."""

OF_SETTINGS = {"up", "facade"}
"""Those whose options are the settings."""

ASKING = (
    "get connectors",
    "describe connector pets",
    "call pets/get --dry-run",
    "promote pets@v1",
    "deprecate pets@v1 --undo",
    "rollback pets",
    "delete connector pets",
    "connection list",
    "subject list berlin",
    "flow list",
    "run list",
    "trigger get pets",
    "secret list",
    "event list",
    "subscription list",
    "delivery list",
    "tools pets",
    "keys list",
    "whoami",
    "history list",
    "stats",
    "alert list",
    "audit list",
    "audit verify",
    "trace",
    "test pets/get",
)


async def loaded(typed: str, **more: str) -> tuple[int, set[str]]:
    """The exit status of a command, and every module that its process has by then."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOADED, *typed.split()),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environ({"PYTHONPATH": str(ROOT), "PORTICO_SERVER": "127.0.0.1:1", **more}),
        cwd=ROOT,
    )
    out, _ = await process.communicate()
    status, modules = json.loads(out.splitlines()[-1])
    return status, set(modules)


async def test_help_and_version_load_nothing_that_speaks() -> None:
    for typed in ("--help", "--version", "flow --help", "flow list --help", "demo --help"):
        status, modules = await loaded(typed)
        assert (typed, status, modules & (HEAVY | SPOKEN)) == (typed, 0, set())


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - OF_DOCUMENTS))
async def test_the_help_of_a_command_loads_no_grpc_and_no_gateway(name: str) -> None:
    status, modules = await loaded(f"{name} --help")

    settings = {"facade.config", "msgspec", "ryaml"} if name in OF_SETTINGS else set()
    assert (status, modules & (HEAVY | SPOKEN)) == (0, settings)


@pytest.mark.parametrize("typed", ASKING)
async def test_a_command_that_asks_a_gateway_loads_what_speaks_and_no_more(typed: str) -> None:
    status, modules = await loaded(typed)

    assert (status, modules & HEAVY) == (1, set())
    assert "grpc" in modules


async def test_completion_loads_nothing_that_speaks() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", "-m", "gateway"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ(
            {
                "PYTHONPATH": str(ROOT),
                "_PORTICO_COMPLETE": "complete_bash",
                "COMP_WORDS": "portico flow l",
                "COMP_CWORD": "2",
            }
        ),
        cwd=ROOT,
    )
    out, times = await process.communicate()

    assert out.split() == [b"list"]
    modules = {line.rpartition("|")[2].strip() for line in times.decode().splitlines()}
    assert "gateway.cli.flow_files" in modules
    assert modules & (HEAVY | SPOKEN) == set()
