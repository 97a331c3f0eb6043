"""What the commands of docs/life.md and docs/flows.md print; `python -m tests.life` writes it.

A page is the source of the commands, a run that of what they print.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from facade.demo import petstore
from tests.servers import free_port

ROOT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent

GRPC, HTTP, STORE = "127.0.0.1:50051", "127.0.0.1:8080", "127.0.0.1:8000"
"""The addresses as the page has them; a run takes ports that are free."""

READY: Final = 60.0
"""Seconds that the gateway has to say that it is ready."""

BLOCK: Final = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)

CHANGING: Final = tuple(
    (re.compile(pattern, re.MULTILINE), text)
    for pattern, text in (
        (r'"(etag|create_time|update_time|spec_digest)": +"[^"]+"', r'"\1": "…"'),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "…"),
        (r'traceId("?[=:]"?)[0-9a-f]{32}', r"traceId\1…"),
        (r"^deprecation: @\d+", "deprecation: @…"),
        (r"(?<=/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "…"),
        (r"^(\S+/…  (QUEUED|RUNNING)|… \w+)\n", ""),
        (r"\b\d+\.\d\d s\b", "… s"),
        (r"…:\d\d\b", "…"),
        (r"\b\d+ entries; note down --known \d+:[0-9a-f]{64}", "… entries; note down --known …"),
    )
)
"""What differs from run to run, and what the page has in its place."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page whose blocks of the kind `console` are run, and what they find where they run."""

    path: Path
    files: Mapping[str, str]
    """What the commands read, by name."""
    flags: tuple[str, ...] = ()
    """What the gateway is told beside its addresses."""


async def lived(page: Page) -> AsyncIterator[tuple[str, str]]:
    """Each block of a page, and what it is when its commands are run now, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_gateway(Path(folder), page) as ports:
            for block in BLOCK.findall(page.path.read_text(encoding="utf-8")):
                shown = [await printed(each, Path(folder), ports) for each in commands(block)]
                yield block, "\n\n".join(shown) + "\n"


def commands(block: str) -> Iterator[str]:
    """The commands of a block, without what they print."""
    return (line[2:] for line in block.splitlines() if line.startswith("$ "))


def plain(text: str) -> str:
    """A text without the spaces that grpcurl writes as it likes."""
    return " ".join(text.split())


@asynccontextmanager
async def a_gateway(folder: Path, page: Page) -> AsyncIterator[Mapping[str, str]]:
    """A gateway before the demo's store; gives its addresses by those of the page."""
    runner, url = await petstore.start("portico")
    ports = {
        GRPC: f"127.0.0.1:{free_port()}",
        HTTP: f"127.0.0.1:{free_port()}",
        STORE: url.removeprefix("http://").removesuffix(petstore.BASE),
    }
    try:
        for name, text in page.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(swapped(text, ports), encoding="utf-8")
        flags = ("--dev", "--data", "data", "--grpc", ports[GRPC], "--http", ports[HTTP])
        gateway = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "up", *flags, *page.flags),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(READY):
                assert gateway.stdout is not None
                while b"is ready" not in (line := await gateway.stdout.readline()):
                    assert line, "the gateway has ended"
            yield ports
        finally:
            if gateway.returncode is None:
                gateway.kill()
            await gateway.wait()
    finally:
        await runner.cleanup()


def _of_life() -> Mapping[str, str]:
    text = petstore.document()
    renamed = text.replace("operationId: slow", "operationId: wait")
    first = {"version_id": "v1", "version": _version(text)}
    change = {"create": {"version_id": "v2", "version": _version(renamed)}}
    title = {"title": "Pet store"}
    made = {"connector_id": "petstore", "connector": title, "initial_version": first}
    return {
        "v1.json": json.dumps(made),
        "v2.json": json.dumps({"parent": "connectors/petstore", "changes": [change]}),
        "shop-key.txt": "portico",
    }


def _of_flows() -> Mapping[str, str]:
    shop = {
        "connector": "petstore",
        "versions": [
            {"id": "v1", "spec": "../shop.yaml", "server": f"http://{STORE}{petstore.BASE}"}
        ],
        "live": "v1",
    }
    example = "examples/flows/pets.yaml"
    return {
        "shop.yaml": petstore.document(),
        "connectors/petstore.json": json.dumps(shop),
        example: (ROOT / example).read_text(encoding="utf-8"),
    }


def _version(text: str) -> dict[str, Any]:
    key = {"key": "X-Shop-Key", "location": "LOCATION_HEADER", "required": False}
    direct = {"base_uri": f"http://{STORE}{petstore.BASE}"}
    return {"spec_text": text, "direct": direct, "backend_variables": [key]}


async def printed(command: str, folder: Path, ports: Mapping[str, str]) -> str:
    """A command and what it prints, as the page has it."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", swapped(command, ports)),
        cwd=folder,
        env={
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PORTICO_SERVER": ports[GRPC],
            "COLUMNS": "160",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    text = said.decode().rstrip()
    for shown, real in ports.items():
        text = text.replace(real, shown)
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return f"$ {command}\n{text}".rstrip()


def swapped(text: str, ports: Mapping[str, str]) -> str:
    """A text with the addresses of this run."""
    for shown, real in ports.items():
        text = text.replace(shown, real)
    return text


LIFE: Final = Page(ROOT / "docs/life.md", _of_life())
FLOWS: Final = Page(ROOT / "docs/flows.md", _of_flows(), ("--connectors", "connectors"))


async def rewrite(page: Page) -> None:
    """Writes a page anew, by what is printed now."""
    text = page.path.read_text(encoding="utf-8")
    async for before, now in lived(page):
        text = text.replace(before, now)
    page.path.write_text(text, encoding="utf-8")


async def _rewrite_all() -> None:
    for page in (LIFE, FLOWS):
        await rewrite(page)


if __name__ == "__main__":
    asyncio.run(_rewrite_all())
