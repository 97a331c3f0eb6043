"""Subjects in a real ledger: made, found, changed, and deleted in two phases."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.connections.known_subjects import KnownSubjects
from facade.connections.revoking import Revoking
from facade.connections.subjects import Subjects
from facade.errors.backend import BackendUnavailable
from facade.errors.caller import EtagMismatch, InvalidRequest
from facade.errors.connections import SubjectExists, SubjectNotFound
from facade.errors.service import RemovalFailed
from facade.model.access import Identity
from facade.model.change import Create, Draft
from facade.model.connection import Connection, Subject, SubjectState
from facade.model.names import ConnectionName, ConnectorName, SubjectName
from facade.model.version import Connector
from facade.parts import Parts
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.subjects import SqlSubjects
from tests.consents import NOW, a_subject
from tests.doors import document
from tests.processes import until

ALICE = SubjectName("homes", "alice")
HOMES = ConnectionName("homes")
CI = Identity(name="key:ci")


@dataclass
class Things:
    """Removes things as a test wants."""

    fails: bool = False
    removed: list[str] = field(default_factory=list)

    async def remove(self, _connection: Connection, subject: Subject) -> None:
        if self.fails:
            raise BackendUnavailable("the backend is away")
        self.removed.append(str(subject.name))


@dataclass(kw_only=True)
class Room:
    """The subjects of one process, and what they stand on."""

    parts: Parts
    store: SqlSubjects
    known: KnownSubjects
    subjects: Subjects
    things: Things


Opened = Callable[[], Any]


@pytest.fixture
async def opened(tmp_path: Path, url: str) -> AsyncIterator[Opened]:
    """Opens processes on one ledger, one after the other."""
    shared: list[Parts] = []
    async with AsyncExitStack() as stack:

        async def room() -> Room:
            if not shared:
                made = Settings(
                    grpc="127.0.0.1:0",
                    data=tmp_path,
                    dev=True,
                    database=url if url.startswith("postgresql") else "",
                )
                shared.append(await stack.enter_async_context(open_parts(made, {})))
                await _connected(shared[0])
            ledger = await open_ledger(url)
            stack.push_async_callback(ledger.close)
            return await _room(stack, shared[0], ledger)

        yield room


async def _connected(parts: Parts) -> None:
    name = ConnectorName("homes")
    connector = Connector(name=name, create_time=NOW, update_time=NOW)
    first = Create(version_id="v1", draft=Draft(spec_text=json.dumps(document({}))))
    await parts.catalog.create_connector(connector, first)
    connection = Connection(name=HOMES, connector="homes", create_time=NOW, update_time=NOW)
    await parts.connections.create(connection)


async def _room(stack: AsyncExitStack, parts: Parts, ledger: SqlLedger) -> Room:
    things, store = Things(), SqlSubjects(ledger)
    known = await stack.enter_async_context(KnownSubjects(store))
    return Room(
        parts=parts,
        store=store,
        known=known,
        subjects=Subjects(store, known, parts.catalog, (things,)),
        things=things,
    )


async def test_c14_of_50_creates_at_once_one_is_made(opened: Opened) -> None:
    room = await opened()
    creates = (room.subjects.create(a_subject(f"s{n}", "same")) for n in range(50))
    ends = await asyncio.gather(*creates, return_exceptions=True)
    assert sum(isinstance(each, Subject) for each in ends) == 1
    assert sum(isinstance(each, SubjectExists) for each in ends) == 49
    assert len([each async for each in room.subjects.all(HOMES)]) == 1


async def test_a_subject_is_found_by_each_of_its_names(opened: Opened) -> None:
    room = await opened()
    made = await room.subjects.create(a_subject("", "7f2c", mappings={"t1": "thing-1"}), by=CI)
    assert made.name.subject.startswith("s-")
    assert await room.subjects.get(made.name) == made
    assert await room.subjects.find(HOMES, "7f2c") == made
    assert await room.subjects.by_uid("", made.uid) == made
    assert await room.subjects.by_uid("other", made.uid) is None
    assert await room.subjects.find(HOMES, "none") is None
    with pytest.raises(SubjectExists):
        await room.subjects.create(replace(made, external_id="other"))
    with pytest.raises(SubjectNotFound):
        await room.subjects.get(structs.replace(made.name, tenant="other"))


async def test_everything_wrong_is_told_at_once(opened: Opened) -> None:
    room = await opened()
    wrong = a_subject("No", "", title="x" * 300, mappings={"a\n": "b"})
    with pytest.raises(InvalidRequest) as refusal:
        await room.subjects.create(wrong)
    assert [each.field for each in refusal.value.details.violations] == [
        "subject_id",
        "subject.external_id",
        "subject.title",
        "subject.mappings[a\n]",
    ]
    for paths in ((), ("external_id",), ("state",), ("no",), ("*", "title")):
        with pytest.raises(InvalidRequest):
            await room.subjects.update(ALICE, a_subject(), paths)


async def test_a_change_counts_and_holds_to_its_etag(opened: Opened) -> None:
    room = await opened()
    made = await room.subjects.create(a_subject("alice"))
    wanted = replace(made, title="A", external_id="other")
    changed = await room.subjects.update(ALICE, wanted, ("title",), made.etag, by=CI)
    assert (changed.title, changed.external_id, changed.revision) == ("A", "u1", 2)
    with pytest.raises(EtagMismatch):
        await room.subjects.update(ALICE, wanted, ("title",), made.etag)


async def test_c20_a_removal_that_fails_leaves_it_for_calls_and_a_repeat_goes_on(
    opened: Opened,
) -> None:
    room = await opened()
    await room.subjects.create(a_subject("alice"))
    room.things.fails = True
    for _ in range(2):
        with pytest.raises(RemovalFailed):
            await room.subjects.delete(ALICE)
        known = await room.known.get(ALICE)
        assert known is not None
        assert known.state is SubjectState.DELETING
    room.things.fails = False
    await room.subjects.delete(ALICE)
    assert room.things.removed == [str(ALICE)]
    assert await room.known.get(ALICE) is None
    with pytest.raises(SubjectNotFound):
        await room.subjects.delete(ALICE)


async def test_c20_a_deletion_that_was_cut_short_goes_on_after_a_restart(opened: Opened) -> None:
    first = await opened()
    await first.subjects.create(a_subject("alice"))
    first.things.fails = True
    with pytest.raises(RemovalFailed):
        await first.subjects.delete(ALICE)
    second = await opened()

    async def gone() -> bool:
        return await first.store.get(ALICE) is None

    async with second.subjects:
        await until(gone, 10, "the subject is gone")
    assert second.things.removed == [str(ALICE)]


async def test_what_another_process_changes_is_seen_by_looking_at_the_audit(
    opened: Opened,
) -> None:
    first, second = await opened(), await opened()
    made = await first.subjects.create(a_subject("alice"))
    assert await second.known.get(ALICE) == made
    changed = await first.subjects.update(ALICE, replace(made, title="A"), ("title",))
    await second.known.look()
    assert await second.known.get(ALICE) == changed
    await first.subjects.delete(ALICE)
    await second.known.look()
    assert await second.known.get(ALICE) is None


async def test_tokens_of_a_subject_go_with_it(opened: Opened) -> None:
    room = await opened()
    ended: list[str] = []

    class Ends:
        async def kept(self, _consent: str) -> None:
            """None of them has come yet."""

        async def end(self, consent: str) -> None:
            ended.append(consent)

    ends: Any = Ends()
    nobody: Any = None
    removal = Revoking(nobody, ends)
    made = await room.subjects.create(a_subject("alice"))
    await removal.remove(nobody, replace(made, consents={"oauth": "c1"}))
    assert ended == ["c1"]
