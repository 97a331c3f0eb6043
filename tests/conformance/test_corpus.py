"""Real documents: what loads, what can be called, and what stands on the wire for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from facade.errors.caller import InvalidSpec
from facade.model.action import Action
from facade.spec.bundling.bundle import bundle
from facade.spec.bundling.files import Files
from facade.spec.load import load
from facade.spec.spec import Spec
from tests.conformance.campaign import an_open_door, connector_of, publish
from tests.conformance.documents import CORPUS, manifest, operations, read_tree
from tests.conformance.echo import Finding, call_all, key_of, refuse_all
from tests.conformance.exceptions import SET_ASIDE, UNREADABLE, WIRE
from tests.conformance.scoreboard import Scoreboard
from tests.doors import Door
from tests.fakes import HttpBackend

pytestmark = pytest.mark.skipif(not manifest(), reason=f"no corpus at {CORPUS}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with an_open_door(tmp_path_factory.mktemp("corpus")) as opened:
        yield opened


def actions(path: Path) -> list[Action]:
    """Of a document, with the files beside it where it is one of several."""
    text: str | bytes = path.read_bytes()
    if CORPUS / "multi" in path.parents:
        folder = CORPUS / "multi" / path.relative_to(CORPUS / "multi").parts[0]
        files = {
            each.relative_to(folder).as_posix(): each.read_bytes()
            for each in folder.rglob("*")
            if each.is_file()
        }
        text = bundle(Files(files, path.relative_to(folder).as_posix())).text
    spec = Spec(load(text)[0])
    return [spec.action(each) for each in spec.ids]


def is_single(row: dict[str, str]) -> bool:
    return "/" not in row["file"]


def test_a_real_document_loads_and_its_operations_can_be_called(
    row: dict[str, str], document: Path, board: Scoreboard
) -> None:
    reason = UNREADABLE.get(row["file"], "")
    board.count("corpus-load", reason)
    if reason:
        with pytest.raises(InvalidSpec):
            actions(document)
        return
    found = actions(document)
    aside = {key_of(each) for each in found if each.problems}
    expected = {key for name, key in SET_ASIDE if name == document.name}
    board.count("corpus-listed", times=len(found) - len(aside))
    for key in aside:
        board.count("corpus-listed", SET_ASIDE.get((document.name, key), "set aside"))
    assert aside == expected


@pytest.mark.usefixtures("whole")
@pytest.mark.timeout(120)
@pytest.mark.asyncio(loop_scope="module")
async def test_every_operation_is_called_as_its_document_says(
    row: dict[str, str],
    document: Path,
    door: Door,
    backend: HttpBackend,
    board: Scoreboard,
) -> None:
    if not is_single(row):
        pytest.skip("the request is read from documents of one sound file")
    found = {f"{each.method} {each.path}": each for each in operations(read_tree(document))}
    published = await publish(door, connector_of(Path(document.name)), document, backend.origin)
    wrong = []
    expected = {key: reason for (stem, key), reason in WIRE.items() if stem == document.stem}
    async for each in call_all(published, backend, found):
        reason = expected.get(each.key, "unexplained")
        board.count("corpus-wire", reason if each.complaints else "")
        wrong += [each] if each.complaints else []
    assert {each.key for each in wrong} == set(expected), wrong


@pytest.mark.usefixtures("whole")
@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_arguments_made_wrong_are_refused_before_anything_is_sent(
    row: dict[str, str],
    document: Path,
    door: Door,
    backend: HttpBackend,
    board: Scoreboard,
) -> None:
    if not is_single(row):
        pytest.skip("a document of one sound file")
    name = connector_of(Path("wrong", document.name))
    published = await publish(door, name, document, backend.origin)
    wrong: list[Finding] = []
    async for each in refuse_all(published, backend):
        board.count("corpus-refused", "unexplained" if each.complaints else "")
        wrong += [each] if each.complaints else []
    assert wrong == []
