"""Connections over a real ledger: rows, races, several processes, the audit."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from facade.catalog.catalog import Catalog
from facade.connections.checking import Checking
from facade.connections.connections import Connections
from facade.connections.http_request import HttpRequests
from facade.errors.caller import ConnectorNotFound, EtagMismatch, HasChildren
from facade.errors.connections import ConnectionExists, ConnectionNotFound
from facade.errors.fault import Fault
from facade.model.access import ANYONE, Identity
from facade.model.call import Call, Caller, Outcome, Plan
from facade.model.connection import Connection, Lock
from facade.model.credential import ApiKey, Credential
from facade.model.names import ActionName, ConnectionName, ConnectorName
from facade.model.policy import Limit
from facade.model.version import Version
from facade.stores.connections import SqlConnections
from facade.stores.ledger import SqlLedger, open_ledger
from tests.catalogs import NOW, PETS, create, no_fetch, promote, read
from tests.databases import Database

BERLIN = ConnectionName("berlin")
THROUGH = Caller(connection="berlin")
GET_PET = ActionName("pets", "live", "getPet")


class NoCalls:
    """In the place of an engine, where nothing is called."""

    async def execute(self, call: Call) -> Outcome:
        raise AssertionError(call)

    async def send(self, call: Call, plan: Plan) -> Outcome:
        raise AssertionError(call, plan)


async def no_values(_: Version) -> dict[str, str]:
    return {}


def over(ledger: SqlLedger, catalog: Catalog) -> Connections:
    requests = HttpRequests(NoCalls(), catalog, no_values)
    checking = Checking(NoCalls(), catalog, requests)
    return Connections(SqlConnections(ledger), catalog, checking)


def a_connection(name: ConnectionName = BERLIN, **fields: Any) -> Connection:
    given: dict[str, Any] = {"connector": "pets", "create_time": NOW, "update_time": NOW}
    return Connection(name=name, **given | fields)


@pytest.fixture
async def connections(ledger: SqlLedger, catalog: Catalog) -> Connections:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    return over(ledger, catalog)


@pytest.fixture
async def elsewhere(url: str, connections: Connections) -> AsyncIterator[Connections]:
    """The same of another process."""
    del connections
    ledger = await open_ledger(url)
    catalog = Catalog(ledger, read, no_fetch)
    await catalog.refresh()
    yield over(ledger, catalog)
    await ledger.close()


async def test_a_change_of_one_connection_leaves_what_is_known_of_the_others(
    connections: Connections, catalog: Catalog
) -> None:
    await connections.create(a_connection())
    await connections.create(a_connection(ConnectionName("paris")))
    before = catalog.snapshot.connections
    compiled = catalog.resolve(GET_PET, THROUGH)
    await connections.update(ConnectionName("paris"), a_connection(title="Paris"), ("title",))
    after = catalog.snapshot.connections
    assert after[BERLIN] is before[BERLIN]
    assert after[ConnectionName("paris")].title == "Paris"
    assert catalog.resolve(GET_PET, THROUGH)[0] is compiled[0]


async def test_who_reads_again_makes_anew_what_has_changed_alone(
    connections: Connections, url: str
) -> None:
    await connections.create(a_connection())
    await connections.create(a_connection(ConnectionName("paris")))
    ledger = await open_ledger(url)
    first = (await ledger.read()).connections
    await connections.lock(ConnectionName("paris"), "why")
    second = (await ledger.read()).connections
    await connections.delete(ConnectionName("berlin"))
    await connections.create(a_connection())
    third = (await ledger.read()).connections
    await ledger.close()
    assert second[BERLIN] is first[BERLIN]
    assert second[ConnectionName("paris")].lock
    assert third[BERLIN] is not first[BERLIN]
    assert third[ConnectionName("paris")] is second[ConnectionName("paris")]


async def test_what_was_made_is_there_whole_after_a_restart(
    connections: Connections, url: str
) -> None:
    made = await connections.create(
        a_connection(
            title="Berlin",
            labels={"a": "b"},
            version="v1",
            credentials=(Credential(scheme="key", kind=ApiKey(key="env:A")),),
            limits=(Limit(calls=2, period=60.0),),
            allowed_hosts=("a.test",),
            test_action="getPet",
        )
    )
    locked = await connections.lock(BERLIN, "why")
    assert isinstance(locked.lock, Lock)
    ledger = await open_ledger(url)
    stored = await ledger.read()
    await ledger.close()
    assert stored.connections == {BERLIN: locked}
    assert locked.limits == made.limits


async def test_g06_of_creates_in_two_processes_exactly_one_wins(
    connections: Connections, elsewhere: Connections
) -> None:
    both = [each for _ in range(10) for each in (connections, elsewhere)]
    made = await asyncio.gather(
        *(each.create(a_connection()) for each in both), return_exceptions=True
    )
    won = [each for each in made if isinstance(each, Connection)]
    lost = [each for each in made if isinstance(each, Fault)]
    assert (len(won), len(lost)) == (1, 19)
    assert {type(each) for each in lost} == {ConnectionExists}


async def test_g06_changes_in_two_processes_are_all_made_one_after_the_other(
    connections: Connections, elsewhere: Connections
) -> None:
    made = await connections.create(a_connection())
    titles = [a_connection(title=str(each)) for each in range(3)]
    await asyncio.gather(
        *(connections.update(BERLIN, each, ("title",)) for each in titles),
        elsewhere.update(BERLIN, a_connection(labels={"x": "y"}), ("labels",)),
    )
    with pytest.raises(EtagMismatch):
        await elsewhere.update(BERLIN, titles[0], ("title",), made.etag)
    found = elsewhere.get(BERLIN)
    assert (found.revision, dict(found.labels)) == (5, {"x": "y"})


async def test_another_process_serves_it_as_soon_as_it_follows(
    connections: Connections, elsewhere: Connections
) -> None:
    await connections.create(a_connection())
    with pytest.raises(ConnectionNotFound):
        elsewhere.get(BERLIN)
    await elsewhere._catalog.refresh()
    assert elsewhere.get(BERLIN) == connections.get(BERLIN)


async def test_the_same_connection_and_version_are_the_same_object_until_one_changes(
    connections: Connections, catalog: Catalog
) -> None:
    await connections.create(a_connection())
    first = catalog.resolve(GET_PET, THROUGH)
    assert catalog.resolve(GET_PET, THROUGH) is first
    assert first[0].connection == "berlin"
    pinned = catalog.resolve(ActionName("pets", "v1", "getPet"), THROUGH)
    assert pinned[0] is first[0]
    await connections.update(BERLIN, a_connection(title="x"), ("title",))
    assert catalog.resolve(GET_PET, THROUGH)[0] is not first[0]
    assert len(catalog.connecting._joints) == 1


async def test_what_others_leave_alone_stays_the_same_object(
    connections: Connections, elsewhere: Connections, catalog: Catalog
) -> None:
    await connections.create(a_connection())
    await connections.create(a_connection(ConnectionName("paris")))
    await catalog.manage(PETS, [create("v2", "other")])
    before = catalog.snapshot
    first = catalog.resolve(GET_PET, THROUGH)
    await elsewhere.update(ConnectionName("paris"), a_connection(title="x"), ("title",))
    assert await catalog.refresh()
    now = catalog.snapshot
    assert now.connectors[PETS] is before.connectors[PETS]
    assert now.connections[BERLIN] is before.connections[BERLIN]
    assert now.connections[ConnectionName("paris")].title == "x"
    assert catalog.resolve(GET_PET, THROUGH)[0] is first[0]


async def test_of_a_connector_that_changed_only_its_changed_versions_are_others(
    connections: Connections, elsewhere: Connections, catalog: Catalog
) -> None:
    await connections.create(a_connection())
    before = catalog.connector(PETS).versions["v1"]
    await elsewhere._catalog.manage(PETS, [create("v2", "other")])
    assert await catalog.refresh()
    assert list(catalog.connector(PETS).versions) == ["v1", "v2"]
    assert catalog.connector(PETS).versions["v1"] is before
    await elsewhere._catalog.manage(PETS, [promote("v2")])
    assert await catalog.refresh()
    assert catalog.connector(PETS).versions["v1"] is not before
    assert catalog.connection(BERLIN) is connections._catalog.snapshot.connections[BERLIN]


async def test_a_connection_made_anew_alike_is_another(
    connections: Connections, elsewhere: Connections, catalog: Catalog
) -> None:
    made = await connections.create(a_connection())
    first = catalog.connection(BERLIN)
    await elsewhere._catalog.refresh()
    await elsewhere.delete(BERLIN)
    again = await elsewhere.create(a_connection())
    assert again.etag == made.etag
    assert await catalog.refresh()
    assert catalog.connection(BERLIN) is not first
    assert catalog.connection(BERLIN).uid == again.uid


async def test_names_of_tenants_are_apart(connections: Connections, catalog: Catalog) -> None:
    await connections.create(a_connection())
    acme = Identity(tenant="acme", name="key:ci")
    theirs = ConnectionName("berlin", "acme")
    with pytest.raises(ConnectionNotFound):
        connections.get(theirs)
    with pytest.raises(ConnectorNotFound):
        await connections.create(a_connection(theirs), by=acme)
    with pytest.raises(ConnectionNotFound):
        catalog.resolve(
            ActionName("pets", "live", "getPet", "acme"), Caller(tenant="acme", connection="berlin")
        )
    assert connections.all("acme") == ()
    assert [each.name for each in connections.all("")] == [BERLIN]


async def test_g15_a_connector_stays_for_a_connection_that_comes_while_it_is_deleted(
    connections: Connections, elsewhere: Connections, catalog: Catalog
) -> None:
    async def cleared(connector: ConnectorName, by: Identity) -> None:
        assert (connector, by) == (PETS, ANYONE)
        await elsewhere.create(a_connection())

    catalog.connecting.clear = cleared
    with pytest.raises(HasChildren, match="was made meanwhile; repeat the request"):
        await catalog.delete_connector(PETS, force=True)
    assert connections.get(BERLIN).connector == "pets"


async def test_every_change_is_in_the_audit_with_who_made_it(
    connections: Connections, database: Database
) -> None:
    made = await connections.create(a_connection(), by=ANYONE)
    changed = await connections.update(BERLIN, a_connection(title="x"), ("title",))
    await connections.suspend(BERLIN)
    await connections.delete(BERLIN)
    rows = database.query(
        "select method, target, caller, before, after from audit where target ="
        " 'connections/berlin' order by number"
    )
    assert [row[0] for row in rows] == [
        "create_connection",
        "update_connection",
        "suspend_connection",
        "delete_connection",
    ]
    assert {row[1:3] for row in rows} == {("connections/berlin", "anyone")}
    assert rows[0][3:] == ("", made.etag)
    assert rows[1][3:] == (made.etag, changed.etag)
    assert rows[3][4] == ""
