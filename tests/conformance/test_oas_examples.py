"""oas-examples: every operation called, its request read by the document alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conformance.campaign import an_open_door, connector_of, publish
from tests.conformance.documents import SUITES, operations, read_tree
from tests.conformance.echo import IMPOSSIBLE, Finding, call_all, refuse_all
from tests.conformance.exceptions import UNANSWERABLE
from tests.conformance.scoreboard import Scoreboard
from tests.doors import Door
from tests.fakes import HttpBackend

FOLDER = SUITES / "oas-examples"
DOCUMENTS = sorted([*FOLDER.rglob("*.json"), *FOLDER.rglob("*.yaml")])

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="oas-examples is absent")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with an_open_door(tmp_path_factory.mktemp("examples")) as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(FOLDER)))
async def test_every_operation_is_called_as_its_document_says(
    path: Path, door: Door, backend: HttpBackend, board: Scoreboard
) -> None:
    found = {f"{each.method} {each.path}": each for each in operations(read_tree(path))}
    name = connector_of(path.relative_to(FOLDER))
    published = await publish(door, name, path, backend.origin)
    assert len(published.actions) == len(found)
    wrong = []
    async for each in call_all(published, backend, found):
        wrong += judged(each, path, board, "oas-examples")
    if path.suffix == ".json":  # in YAML they are the same once more
        async for each in refuse_all(published, backend):
            wrong += judged(each, path, board, "oas-refused")
    assert wrong == []


def judged(finding: Finding, path: Path, board: Scoreboard, suite: str) -> list[Finding]:
    """Counts a finding; gives it back where nothing explains it."""
    reason = UNANSWERABLE.get((path.stem, finding.key), "unexplained")
    expected = finding.complaints == (IMPOSSIBLE,) and reason != "unexplained"
    board.count(suite, reason if finding.complaints else "")
    return [finding] if finding.complaints and not expected else []
