"""Clients that others' generators make of the facade's documents, before a real facade."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from facade.demo import petstore
from tests.processes import SHOP_KEY, environ, facade_up

CALLS = Path(__file__).with_name("generated_calls.py")
SWAGGER_CALLS = Path(__file__).with_name("swagger_calls.mjs")
DOCUMENTS = {
    "pets": "/v1/connectors/petstore/versions/v1/openapi.json",
    "portico_api": "/v1/openapi.json",
}
BROKEN = {"pets": "uploadPicture: a body of several media types is generated without an import"}
"""What the generator makes that Python cannot run."""

pytestmark = pytest.mark.timeout(120)


@pytest_asyncio.fixture
async def facade(tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a facade before the demo's pet store."""
    (tmp_path / "pets.yaml").write_text(petstore.document(), encoding="utf-8")
    runner, uri = await petstore.start(SHOP_KEY)
    version = {
        "id": "v1",
        "spec": "../pets.yaml",
        "server": uri,
        "policy": {"timeout": "500ms"},
        "credentials": [{"scheme": "shopKey", "apiKey": {"key": "env:PORTICO_SECRET_SHOP_KEY"}}],
    }
    files = {"petstore.yaml": json.dumps({"connector": "petstore", "versions": [version]})}
    env = {"PORTICO_SECRET_SHOP_KEY": SHOP_KEY}
    try:
        async with facade_up(tmp_path, files, env=env) as (_, url):
            yield url
    finally:
        await runner.cleanup()


@pytest.fixture
def generator(pytestconfig: pytest.Config) -> Path:
    """The executable of openapi-python-client, beside which is an interpreter."""
    return given(pytestconfig, "--openapi-client")


@pytest.fixture
def modules(pytestconfig: pytest.Config) -> Path:
    """A folder of node's packages, swagger-client among them."""
    return given(pytestconfig, "--swagger-client")


def given(config: pytest.Config, option: str) -> Path:
    path: Path | None = config.getoption(option)
    if path is None:
        pytest.skip(f"give {option}")
    return path.absolute()


async def run(*command: Path | str, cwd: Path, **env: str) -> str:
    """What a command prints; it has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environ(env),
        cwd=cwd,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def documents(facade: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=facade, trust_env=False) as client:
        return {name: (await client.get(path)).json() for name, path in DOCUMENTS.items()}


async def test_a_generated_client_calls_every_operation(
    generator: Path, facade: str, tmp_path: Path
) -> None:
    known = await documents(facade)
    tools = f"{generator.parent}{os.pathsep}{os.environ['PATH']}"
    for name, document in known.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
        said = await run(
            *(generator, "generate", "--path", f"{name}.json", "--meta", "none"),
            *("--output-path", name),
            cwd=tmp_path,
            PATH=tools,
        )
        assert said.split() == ["Generating", name]
    python = generator.parent / "python"
    said = await run(python, CALLS, facade, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    called = json.loads(said)
    for name, document in known.items():
        operations = (item.keys() - {"parameters"} for item in document["paths"].values())
        count = sum(map(len, operations)) - (name in BROKEN)
        assert len(set(called[name])) == count, name


async def test_a_client_that_reads_documents_as_it_runs(modules: Path, facade: str) -> None:
    await run("node", SWAGGER_CALLS, facade, modules, cwd=modules)
