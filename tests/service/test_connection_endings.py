"""Connections that go with their subjects: by force, in two phases, whatever comes between."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from facade.catalog.catalog import Catalog
from facade.connections.connections import Connections
from facade.connections.ending import Ending
from facade.connections.known_subjects import KnownSubjects
from facade.connections.revoking import Revoking
from facade.connections.subjects import SYSTEM, Subjects
from facade.errors.backend import BackendUnavailable
from facade.errors.caller import EtagMismatch, HasChildren
from facade.errors.connections import ConnectionLocked, ConnectionNotFound
from facade.errors.service import ConnectionSuspended, RemovalFailed
from facade.model.call import Caller
from facade.model.connection import Connection, ConnectionState, Subject, SubjectState
from facade.model.names import ActionName, ConnectionName, SubjectName
from facade.stores.connections import SqlConnections
from facade.stores.ledger import SqlLedger
from facade.stores.subjects import SqlSubjects
from tests.catalogs import NOW, PETS, create, promote
from tests.consents import a_subject
from tests.databases import Database

BERLIN = ConnectionName("berlin")
GET_PET = ActionName("pets", "live", "getPet")


@dataclass
class Tokens:
    """Has the tokens of consents, and notes which were forgotten."""

    ended: list[str] = field(default_factory=list)

    async def kept(self, _consent: str) -> None:
        """None of them has come yet."""

    async def end(self, consent: str) -> None:
        self.ended.append(consent)


@dataclass
class Things:
    """Removes things by a call through the connection, as far as that can be called."""

    catalog: Catalog
    fails: bool = False
    removed: list[str] = field(default_factory=list)

    async def remove(self, connection: Connection, subject: Subject) -> None:
        caller = Caller(connection=connection.name.connection, subject=subject.name.subject)
        self.catalog.resolve(GET_PET, caller)
        if self.fails:
            raise BackendUnavailable("the backend is away")
        self.removed.append(subject.name.subject)


@dataclass(kw_only=True)
class Room:
    """Connections and subjects, and what goes with them."""

    catalog: Catalog
    connections: Connections
    subjects: Subjects
    ending: Ending
    things: Things
    tokens: Tokens

    async def subject(self, id_: str) -> Subject:
        """A subject who has consented."""
        name = SubjectName("berlin", id_)
        made = await self.subjects.create(replace(a_subject(id_, id_), name=name))
        given = {"oauth": f"consent of {id_}"}
        return await self.subjects.change(
            "authorize_subject", made.name, lambda each: replace(each, consents=given), SYSTEM
        )


@pytest.fixture
async def room(ledger: SqlLedger, catalog: Catalog) -> Room:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    unused: Any = None
    connections = Connections(SqlConnections(ledger), catalog, unused)
    store, things = SqlSubjects(ledger), Things(catalog)
    tokens: Any = Tokens()
    revoking = Revoking(unused, tokens)
    removals = (things, revoking)
    subjects = Subjects(store, KnownSubjects(store), catalog, removals)
    connections.belongings = ending = Ending(connections, subjects, revoking)
    catalog.connecting.clear = ending.clear
    await connections.create(
        Connection(name=BERLIN, connector="pets", create_time=NOW, update_time=NOW)
    )
    return Room(
        catalog=catalog,
        connections=connections,
        subjects=subjects,
        ending=ending,
        things=things,
        tokens=tokens,
    )


async def test_g10_c13_by_force_subjects_go_first_with_things_and_tokens(
    room: Room, database: Database
) -> None:
    await room.connections.consented(BERLIN, "oauth", "the owner's")
    await room.subject("ann")
    await room.subject("bob")
    with pytest.raises(HasChildren):
        await room.connections.delete(BERLIN)
    assert room.connections.get(BERLIN).state is ConnectionState.ACTIVE
    await room.connections.delete(BERLIN, force=True)
    assert room.things.removed == ["ann", "bob"]
    assert {"consent of ann", "consent of bob", "the owner's"} == set(room.tokens.ended)
    assert database.query("select count(*) from subjects") == [(0,)]
    assert database.query("select count(*) from connections") == [(0,)]


async def test_g15_by_force_a_connector_goes_after_all_that_its_connections_have(
    room: Room, database: Database
) -> None:
    await room.connections.consented(BERLIN, "oauth", "the owner's")
    await room.subject("ann")
    with pytest.raises(HasChildren, match="has 1 version and 1 connection; set `force`"):
        await room.catalog.delete_connector(PETS)
    with pytest.raises(EtagMismatch):
        await room.catalog.delete_connector(PETS, "old", force=True)
    await room.catalog.delete_connector(PETS, force=True, validate_only=True)
    assert room.connections.get(BERLIN).state is ConnectionState.ACTIVE
    await room.catalog.delete_connector(PETS, force=True)
    assert room.things.removed == ["ann"]
    assert {"consent of ann", "the owner's"} == set(room.tokens.ended)
    assert room.catalog.connectors() == ()
    assert database.query("select count(*) from subjects") == [(0,)]
    assert database.query("select count(*) from connections") == [(0,)]


async def test_g10_a_connector_stays_while_something_of_a_connection_cannot_be_removed(
    room: Room,
) -> None:
    await room.subject("ann")
    room.things.fails = True
    with pytest.raises(RemovalFailed):
        await room.catalog.delete_connector(PETS, force=True)
    assert room.catalog.connection(BERLIN).state is ConnectionState.DELETING
    room.things.fails = False
    await room.catalog.delete_connector(PETS, force=True)
    assert room.catalog.connectors() == ()


async def test_g17_a_locked_connection_keeps_its_connector_and_all_others(room: Room) -> None:
    paris = ConnectionName("paris")
    await room.connections.create(
        Connection(name=paris, connector="pets", create_time=NOW, update_time=NOW)
    )
    await room.connections.lock(paris, "is audited")
    with pytest.raises(ConnectionLocked):
        await room.catalog.delete_connector(PETS, force=True)
    assert room.connections.get(BERLIN).state is ConnectionState.ACTIVE
    await room.connections.unlock(paris)
    await room.catalog.delete_connector(PETS, force=True)
    assert room.connections.all("") == ()


async def test_tokens_of_an_owner_go_with_a_connection_without_subjects(room: Room) -> None:
    await room.connections.consented(BERLIN, "oauth", "the owner's")
    await room.connections.delete(BERLIN)
    assert room.tokens.ended == ["the owner's"]


async def test_a_deletion_that_was_cut_short_goes_on_by_itself(room: Room) -> None:
    await room.subject("ann")
    await room.subject("bob")
    room.things.fails = True
    with pytest.raises(RemovalFailed):
        await room.connections.delete(BERLIN, force=True)
    assert room.connections.get(BERLIN).state is ConnectionState.DELETING
    await room.ending.resume()
    assert room.connections.ending() == (BERLIN,)
    room.things.fails = False
    await room.ending.resume()
    assert room.connections.ending() == ()
    with pytest.raises(ConnectionNotFound):
        room.connections.get(BERLIN)


async def test_while_it_is_deleted_nothing_new_is_begun_and_it_does_not_come_back(
    room: Room,
) -> None:
    made = await room.subject("ann")
    before = room.connections.get(BERLIN)
    room.things.fails = True
    with suppress(RemovalFailed):
        await room.connections.delete(BERLIN, before.etag, force=True)
    with pytest.raises(ConnectionSuspended):
        room.catalog.resolve(GET_PET, Caller(connection="berlin"))
    with pytest.raises(ConnectionSuspended):
        await room.subjects.create(replace(a_subject("eve", "eve"), name=SubjectName("berlin", "")))
    assert (await room.connections.resume(BERLIN)).state is ConnectionState.DELETING
    assert (await room.connections.suspend(BERLIN)).state is ConnectionState.DELETING
    assert (await room.subjects.get(made.name)).state is SubjectState.DELETING
    room.things.fails = False
    await room.connections.delete(BERLIN, before.etag, force=True)
    with pytest.raises(ConnectionNotFound):
        room.connections.get(BERLIN)


async def test_an_old_etag_begins_no_deletion(room: Room) -> None:
    made = await room.subject("ann")
    with pytest.raises(EtagMismatch):
        await room.connections.delete(BERLIN, "old", force=True)
    assert (await room.subjects.get(made.name)).state is not SubjectState.DELETING
