"""What the command costs to start: CPU of a process from its beginning to its end.

Argument: how many rounds. In turns, the least of all rounds in milliseconds, and as a multiple of
what `python -c 'import grpc'` takes, below which no command comes that asks a gateway.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.processes import PORTICO, ROOT, environ, pet_store

FLOOR = "import grpc"
PYTHON = ("pass", FLOOR, "import grpc, typer._adapters")
"""Beside it: the interpreter alone, gRPC, and gRPC with what Typer reads values with."""

TYPED = (
    "--version",
    "--help",
    "flow --help",
    "flow list --help",
    "up --help",
    "flow list",
    "get connectors",
    "get actions petstore -o json",
    "whoami",
    "call petstore/getInventory",
)
COMPLETED = ("portico fl", "portico flow li", "portico get connectors -o j")


def started(command: list[str], more: dict[str, str]) -> float:
    """Milliseconds of CPU that a process takes, of the user and of the system."""
    with Path(os.devnull).open("wb") as sink:
        actions = [(os.POSIX_SPAWN_DUP2, sink.fileno(), number) for number in (1, 2)]
        process = os.posix_spawn(command[0], command, environ(more), file_actions=actions)
        _, _, used = os.wait4(process, 0)
    return (used.ru_utime + used.ru_stime) * 1e3


async def main(rounds: str = "10") -> None:
    """Measures, and prints."""
    with tempfile.TemporaryDirectory() as folder:
        async with pet_store(Path(folder)) as running:
            cases = _cases(running.address)
            found: dict[str, list[float]] = {name: [] for name in cases}
            for _ in range(int(rounds)):
                for name, (command, more) in cases.items():
                    found[name].append(await asyncio.to_thread(started, command, more))
    floor = min(found[f"python -c {FLOOR}"])
    for name, each in found.items():
        print(f"{name:45} {min(each):7.0f} ms {min(each) / floor:6.2f}")


def _cases(server: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is run, and with which environment, by what is printed."""
    known = {"PYTHONPATH": str(ROOT), "PORTICO_SERVER": server}
    cases = {f"python -c {each}": ([sys.executable, "-c", each], known) for each in PYTHON}
    cases |= {f"portico {each}": ([*PORTICO, *each.split()], known) for each in TYPED}
    for each in COMPLETED:
        asked = {
            "_PORTICO_COMPLETE": "complete_bash",
            "COMP_WORDS": each,
            "COMP_CWORD": str(len(each.split()) - 1),
        }
        cases[f"{each}<TAB>"] = ([*PORTICO], known | asked)
    return cases


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
