"""Schemathesis before the facade: its API and the documents that it serves hold what they say."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.demo import petstore
from facade.spec.load import load
from facade.spec.spec import Spec
from tests.conformance.answering import Answering
from tests.conformance.campaign import connector_of
from tests.conformance.documents import CORPUS, read_tree
from tests.conformance.fuzzing import Effort, fuzz
from tests.processes import SHOP_KEY, facade_up

API = "/v1/openapi.json"
KEY = "env:PORTICO_SECRET_SHOP_KEY"
SERVED = "/v1/connectors/{}/versions/v1/openapi.json"

FEW = ("oai__petstore-expanded.yaml", "oai__uber20.yaml", "oai__tictactoe31.yaml")
MORE = (
    "oai__uspto.yaml",
    "readmeio__complex-nesting.json",
    "readmeio__response-multiple-mediatypes.yaml",
    "readmeio__parameters-common.json",
    "schemathesis__stateful-users.yaml",
    "redocly__museum.yaml",
    "microsoft__openapi32.json",
    "airbytehq__manifest-server.yaml",
)
"""Documents of the corpus: those of every run, and those that a run asks for."""

pytestmark = pytest.mark.timeout(600)


def real() -> Iterator[Path]:
    """The documents of the corpus, as far as it is there."""
    return (CORPUS / name for name in (*FEW, *MORE) if (CORPUS / name).exists())


def connector(name: str, spec: Path, uri: str, **fields: object) -> dict[str, str]:
    """The file of a connector, whose slow calls end soon."""
    version = {"id": "v1", "spec": str(spec), "server": uri, "policy": {"timeout": "300ms"}}
    return {f"{name}.json": json.dumps({"connector": name, "versions": [version | fields]})}


def signed(tree: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A credential for each security scheme of a document, so that callers need none."""
    known = tree.get("securityDefinitions") or tree.get("components", {}).get("securitySchemes", {})
    for name, scheme in known.items():
        if scheme["type"] == "apiKey":
            yield {"scheme": name, "apiKey": {"key": KEY}}
        elif "basic" in (scheme["type"], scheme.get("scheme")):
            yield {"scheme": name, "basic": {"username": "rex", "password": KEY}}
        else:
            yield {"scheme": name, "bearer": {"token": KEY}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def facade(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The URL of a facade before the demo's pet store, and before what answers as declared."""
    folder = tmp_path_factory.mktemp("facade")
    pets = folder / "petstore.openapi.yaml"
    pets.write_text(petstore.document(), encoding="utf-8")
    runner, uri = await petstore.start(SHOP_KEY)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        key = {"scheme": "shopKey", "apiKey": {"key": KEY}}
        files: dict[str, str] = {}
        for name in ("petstore", "spare"):
            files |= connector(name, pets, uri, credentials=[key])
        for path in real():
            spec = Spec(load(path.read_bytes())[0])
            backend = await stack.enter_async_context(Answering(map(spec.action, spec.ids)))
            name, keys = connector_of(Path(path.name)), [*signed(read_tree(path))]
            files |= connector(name, path, backend.origin, credentials=keys)
        env = {"PORTICO_SECRET_SHOP_KEY": SHOP_KEY}
        _, url = await stack.enter_async_context(
            facade_up(folder, files, env=env, log=folder / "log")
        )
        yield url


@pytest.fixture
def effort(pytestconfig: pytest.Config) -> Effort:
    """How much is tried: more where the run is one for real documents."""
    return Effort(
        examples=pytestconfig.getoption("examples"), short=not pytestconfig.getoption("corpus")
    )


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("document", [SERVED.format("petstore"), API], ids=["petstore", "api"])
async def test_nothing_undeclared_and_no_error_that_the_contract_has_not(
    document: str, facade: str, effort: Effort, tmp_path: Path
) -> None:
    campaign = await fuzz(facade + document, tmp_path, effort)
    assert not campaign.complaints, campaign.complaints


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [*FEW, *MORE])
async def test_real_documents_are_served_as_they_say(
    name: str, facade: str, effort: Effort, tmp_path: Path
) -> None:
    if not (CORPUS / name).exists():
        pytest.skip("no such document here")
    if name in MORE and effort.short:
        pytest.skip("give --corpus")
    url = facade + SERVED.format(connector_of(Path(name)))
    campaign = await fuzz(url, tmp_path, replace(effort, real=False))
    assert not campaign.complaints, campaign.complaints
