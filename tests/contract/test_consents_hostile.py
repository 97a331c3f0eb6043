"""Consents that somebody tries to have noted for somebody else, or at another server."""

import sqlite3
from contextlib import closing
from pathlib import Path

from google.protobuf.field_mask_pb2 import FieldMask

from facade.connections.consenting import End
from facade.model.connection import EndUsers, SubjectState
from facade.model.names import ConnectionName, SubjectName
from gateway.v1.connection_pb2 import Connection, DeleteConnectionRequest, UpdateConnectionRequest
from gateway.v1.connection_pb2_grpc import ConnectionServiceStub
from tests.authorization_servers import an_authority
from tests.consents import HOMES, Homes, by_code, homes

ALICE = SubjectName("homes", "alice")


async def test_the_next_subject_of_a_name_gets_nothing_that_the_one_before_consented_to(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        url = await home.faces.parts.consenting.authorize(ALICE)
        back = await home.authority.consent(url)
        await home.faces.parts.subjects.delete(ALICE)
        await home.subject("alice", "u2")
        assert await home.come_back(back) == (400, f"{End.CHANGED}\n")
        subject = await home.faces.parts.subjects.get(ALICE)
        assert (subject.state, dict(subject.consents)) == (SubjectState.STARTING, {})
        assert home.authority.grants() == []


async def test_a_code_is_taken_to_no_server_that_was_named_later(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        url = await home.faces.parts.consenting.authorize(ALICE)
        back = await home.authority.consent(url)
        with an_authority() as other:
            credential = by_code(other)
            await updated(home, Connection(name=str(HOMES), credentials=[credential]))
            assert await home.come_back(back) == (400, f"{End.CHANGED}\n")
            assert (other.grants(), home.authority.grants()) == ([], [])


async def updated(home: Homes, connection: Connection) -> None:
    stub = ConnectionServiceStub(home.door.channel)
    request = UpdateConnectionRequest(
        connection=connection, update_mask=FieldMask(paths=["credentials"])
    )
    await stub.UpdateConnection(request)


async def test_l04_by_force_a_connection_goes_with_every_token_that_came_of_its_consents(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path, EndUsers.FALLBACK) as home:
        await home.subject("alice")
        assert (await home.consent(ALICE))[0] == 200
        assert (await home.consent(HOMES))[0] == 200
        held = home.faces.parts.subjects
        given = [*(await held.get(ALICE)).consents.values()]
        given += home.faces.parts.connections.get(HOMES).consents.values()
        assert len(given) == 2
        stub = ConnectionServiceStub(home.door.channel)
        await stub.DeleteConnection(DeleteConnectionRequest(name=str(HOMES), force=True))
        assert [each async for each in held.all(ConnectionName("homes"))] == []
        with closing(sqlite3.connect(tmp_path / "portico.db")) as database:
            assert database.execute("select count(*) from grants").fetchone() == (0,)
