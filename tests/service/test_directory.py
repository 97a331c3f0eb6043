"""A folder of connector files, applied and followed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from facade.catalog.catalog import Catalog
from facade.catalog.directory import Watch, apply_directory
from facade.errors.backend import BackendUnreachable
from facade.errors.caller import ConnectorNotFound
from facade.model.change import Create, Draft
from facade.model.names import ActionName, ConnectorName, VersionName
from facade.spec.examination import Examination, examine
from facade.spec.limits import DEFAULT
from facade.stores.ledger import open_ledger

PETS = ConnectorName("pets")


def read(text: str) -> Examination:
    return examine(text, DEFAULT)


async def no_fetch(uri: str) -> bytes:
    raise BackendUnreachable(f"no {uri} in this test")


def spec(action: str) -> str:
    return (
        f"openapi: 3.0.3\ninfo: {{title: {action}}}\n"
        f"paths: {{/a: {{get: {{operationId: {action}}}}}}}\n"
    )


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    ledger = await open_ledger(f"sqlite+aiosqlite:///{tmp_path / 'portico.db'}")
    yield Catalog(ledger, read, no_fetch)
    await ledger.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "connectors"
    (made / "specs").mkdir(parents=True)
    (made / "pets.yaml").write_text(
        "connector: pets\ntitle: Pets\nlabels: {a: b}\n"
        "versions: [{id: v1, spec: pets-openapi.yaml}]\n"
    )
    (made / "pets-openapi.yaml").write_text(spec("getPet"))
    (made / "Bare One.json").write_text('{"openapi": "3.0.3", "info": {"title": "Bare"}}')
    (made / ".hidden.yaml").write_text("nonsense: [")
    (made / "notes.txt").write_text("nothing")
    return made


def serves(catalog: Catalog, action: str) -> bool:
    try:
        catalog.resolve(ActionName("pets", "live", action))
    except Exception:  # noqa: BLE001 - whatever keeps it from being served
        return False
    return True


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to be")


async def test_connector_files_and_bare_documents_are_applied_and_their_specs_are_not(
    folder: Path, catalog: Catalog
) -> None:
    reading = await apply_directory(folder, catalog)
    assert reading.broken == {}
    assert [each.name.connector for each in catalog.connectors()] == ["bare-one", "pets"]
    pets = catalog.connector(PETS)
    assert (pets.title, pets.labels) == ("Pets", {"a": "b", "portico.source": "directory"})
    assert serves(catalog, "getPet")


async def test_applying_again_changes_nothing(folder: Path, catalog: Catalog) -> None:
    await apply_directory(folder, catalog)
    before = catalog.snapshot
    await apply_directory(folder, catalog)
    assert catalog.snapshot is before


async def test_a_changed_document_replaces_its_version(folder: Path, catalog: Catalog) -> None:
    await apply_directory(folder, catalog)
    (folder / "pets-openapi.yaml").write_text(spec("findPet"))
    await apply_directory(folder, catalog)
    assert serves(catalog, "findPet")
    assert list(catalog.connector(PETS).versions) == ["v1"]


async def test_a_removed_file_takes_only_a_connector_that_came_from_a_folder(
    folder: Path, catalog: Catalog
) -> None:
    other = ConnectorName("other")
    await catalog.manage(other, [Create(version_id="v1", draft=Draft(spec_text=spec("a")))])
    await apply_directory(folder, catalog)
    (folder / "pets.yaml").unlink()
    (folder / "pets-openapi.yaml").unlink()
    await apply_directory(folder, catalog)
    assert [each.name.connector for each in catalog.connectors()] == ["bare-one", "other"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "pets.yaml",
            "connector: pets\nversions: [{id: v1}]\n",
            "pets.yaml:2: versions[0]: `spec`",
        ),
        ("pets.yaml", "connector: [\n", "pets.yaml: "),
        ("pets-openapi.yaml", "openapi: 9.9.9\n", "pets.yaml: "),
        ("second.yaml", "connector: pets\nversions: [{id: v1, spec: gone}]\n", "second.yaml:2: "),
        (
            "second.yaml",
            "connector: pets\nversions: [{id: v1, spec: pets-openapi.yaml}]\n",
            "second.yaml: ",
        ),
    ],
)
async def test_a_broken_file_keeps_the_old_state_serving_and_takes_nothing_away(
    folder: Path, catalog: Catalog, name: str, text: str, said: str
) -> None:
    await apply_directory(folder, catalog)
    (folder / "Bare One.json").write_text('{"openapi": "3.0.3", "info": {"title": "Other"}}')
    (folder / name).write_text(text)
    reading = await apply_directory(folder, catalog)
    (line,) = reading.complaints()
    assert line.startswith(said) or said.rstrip(": ") in line
    assert serves(catalog, "getPet")
    assert catalog.connector(ConnectorName("bare-one")).title == "Other"


async def test_a_folder_that_is_gone_takes_nothing_away(folder: Path, catalog: Catalog) -> None:
    await apply_directory(folder, catalog)
    reading = await apply_directory(folder.with_name("elsewhere"), catalog)
    assert "cannot be read" in next(iter(reading.complaints()))
    assert serves(catalog, "getPet")


async def test_a_watched_folder_is_followed(
    folder: Path, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    watching = asyncio.create_task(Watch(folder, catalog, interval=0.01).run())
    await until(lambda: serves(catalog, "getPet"))
    (folder / "pets-openapi.yaml").write_text(spec("findPetByName"))
    await until(lambda: serves(catalog, "findPetByName"))
    (folder / "pets.yaml").write_text("connector: pets\nversionz: []\n")
    await until(lambda: "`versions` is required" in caplog.text)
    await asyncio.sleep(0.1)
    assert caplog.text.count("`versions` is required") == 1
    assert serves(catalog, "findPetByName")
    (folder / "pets.yaml").unlink()
    (folder / "pets-openapi.yaml").unlink()
    await until(lambda: not serves(catalog, "findPetByName"))
    with pytest.raises(ConnectorNotFound):
        catalog.connector(PETS)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


class LateFacade:
    """A document that cannot be fetched the first times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0

    async def fetch(self, _uri: str) -> bytes:
        self.asked += 1
        if self.asked <= self.times:
            raise BackendUnreachable("no connection to facade.example")
        return spec("getPet").encode()


async def test_n03_a_document_that_is_not_there_yet_is_waited_for_and_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    facade = LateFacade(3)
    (tmp_path / "pets.yaml").write_text(
        "connector: pets\nversions: [{id: v1, spec: 'https://facade.example/openapi.json'}]\n"
    )
    (tmp_path / "other.yaml").write_text("connector: other\nversions: [{id: v1}]\n")
    ledger = await open_ledger(f"sqlite+aiosqlite:///{tmp_path / 'portico.db'}")
    try:
        watch = Watch(tmp_path, Catalog(ledger, read, facade.fetch), interval=0.01)
        watching = asyncio.create_task(watch.run())
        await watch.passed.wait()
        assert not watch.settled.is_set()
        async with asyncio.timeout(5):
            await watch.settled.wait()
        assert facade.asked == 4
        assert caplog.text.count("no connection to facade.example") == 1
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    finally:
        await ledger.close()


async def test_n03_a_file_that_is_broken_for_good_is_not_waited_for(
    folder: Path, catalog: Catalog
) -> None:
    (folder / "other.yaml").write_text("connector: other\nversions: [{id: v1}]\n")
    watch = Watch(folder, catalog, interval=0.01)
    watching = asyncio.create_task(watch.run())
    async with asyncio.timeout(5):
        await watch.settled.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_without_a_folder_there_is_nothing_to_wait_for(catalog: Catalog) -> None:
    watch = Watch(None, catalog)
    await watch.run()
    assert watch.passed.is_set()
    assert watch.settled.is_set()


async def test_what_others_change_beside_the_files_is_said_once_and_counted(
    folder: Path, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    watch = Watch(folder, catalog, interval=0.005)
    v2 = VersionName("pets", "v2")

    def told() -> list[str]:
        return [each for each in caplog.messages if "drift" in each]

    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch.run())
        await watch.settled.wait()
        none = watch.drifted()
        await catalog.manage(PETS, [Create(version_id="v2", draft=Draft(spec_text=spec("b")))])
        await until(lambda: bool(told()))
        some = watch.drifted()
        await asyncio.sleep(0.05)
        once = told()
        (folder / "Bare One.json").write_text('{"openapi": "3.0.3", "info": {"title": "New"}}')
        await until(lambda: len(told()) > 1)
        again = watch.drifted()
        task.cancel()

    assert (none, some, again) == ({(): 0}, {(): 1}, {(): 0})
    assert once == [f"pets.yaml: drift: {v2} stands in no file"]
    assert told()[1:] == ["pets.yaml: no drift any more: connectors/pets"]
