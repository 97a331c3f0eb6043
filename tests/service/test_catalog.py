"""The catalog over a real ledger: publishing, names, repeats, several processes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest

from facade.catalog.catalog import Catalog
from facade.errors.backend import BackendUnreachable
from facade.errors.caller import (
    ActionNotFound,
    ConnectorExists,
    ConnectorNotFound,
    EtagMismatch,
    HasChildren,
    InvalidRequest,
    InvalidSpec,
    VersionExists,
    VersionNotFound,
)
from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable
from facade.model.access import Identity
from facade.model.change import Change, Create, Delete, Deprecate, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector, State
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.trail import Trail
from tests.catalogs import NOW, PETS, call, create, named, no_fetch, promote, read, spec
from tests.databases import Database


async def test_a_published_action_answers_by_id_and_alias_live_and_by_version(
    catalog: Catalog,
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    for name in (call("v1", "getPet"), call("live", "getPet"), call("live", "photo")):
        version, action = catalog.resolve(name)
        assert (version.name, action.id) == (named("v1"), "getPet")


async def test_a_name_that_was_called_before_leads_to_what_is_published_now(
    catalog: Catalog,
) -> None:
    await catalog.manage(PETS, [create("v1"), create("v2"), promote("v1")])
    for _ in range(2):
        assert catalog.resolve(call("live", "getPet"))[0].name == named("v1")
    await catalog.manage(PETS, [promote("v2", 50)])
    found = {catalog.resolve(call("live", "getPet"))[0].name for _ in range(100)}
    assert found == {named("v1"), named("v2")}
    await catalog.manage(PETS, [promote("v2")])
    assert catalog.resolve(call("live", "getPet"))[0].name == named("v2")


async def test_an_unknown_action_is_not_found_with_what_may_have_been_meant(
    catalog: Catalog,
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    with pytest.raises(ActionNotFound) as caught:
        catalog.resolve(call("live", "getPets"))
    resource = caught.value.details.resource
    assert resource is not None
    assert resource.suggestions == ("connectors/pets/versions/live/actions/getPet",)


async def test_unknown_connectors_and_versions_are_not_found(catalog: Catalog) -> None:
    await catalog.manage(PETS, [create("v1")])
    with pytest.raises(ConnectorNotFound, match="did you mean `connectors/pets`"):
        catalog.connector(ConnectorName("pet"))
    with pytest.raises(VersionNotFound, match="promote one"):
        catalog.resolve(call("live", "getPet"))
    with pytest.raises(ConnectorNotFound, match="did you mean `connectors/pets`"):
        await catalog.manage(ConnectorName("petz"), [Promote(name=VersionName("petz", "v1"))])


async def test_g11_a_document_that_cannot_be_read_creates_nothing_and_the_old_one_serves(
    catalog: Catalog,
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    before = catalog.snapshot
    broken = Create(version_id="v2", draft=Draft(spec_text="openapi: [1"))
    with pytest.raises(InvalidSpec):
        await catalog.manage(PETS, [Deprecate(name=named("v1"), undo=True), broken])
    with pytest.raises(InvalidSpec):
        await catalog.create_connector(connector("other"), broken)
    assert catalog.snapshot is before
    assert catalog.resolve(call("live", "getPet"))[0].name == named("v1")


async def test_a_set_is_all_or_none(catalog: Catalog, ledger: SqlLedger) -> None:
    await catalog.manage(PETS, [create("v1")])
    with pytest.raises(VersionNotFound):
        await catalog.manage(PETS, [create("v2"), promote("v2"), promote("v3")])
    assert list(catalog.connector(PETS).versions) == ["v1"]
    assert await ledger.sequence() == 1


async def test_validate_only_answers_the_same_and_changes_nothing(
    catalog: Catalog, ledger: SqlLedger
) -> None:
    changes: list[Change] = [create("v1"), promote("v1")]
    planned = await catalog.manage(PETS, changes, validate_only=True, request_id=str(uuid4()))
    assert [each.state for each in planned] == [State.ACTIVE, State.ACTIVE]
    assert await ledger.sequence() == 0
    assert catalog.connectors() == ()
    with pytest.raises(VersionExists):
        await catalog.manage(PETS, [create("v1"), create("v1")], validate_only=True)


async def test_g15_a_repeated_request_gets_the_first_answer(
    catalog: Catalog, ledger: SqlLedger, url: str
) -> None:
    request = str(uuid4())
    first = await catalog.manage(PETS, [create("v1")], request_id=request)
    await catalog.manage(PETS, [promote("v1")])
    assert await catalog.manage(PETS, [create("v1")], request_id=request.upper()) == first
    again = await open_ledger(url)
    other = Catalog(again, read, no_fetch)
    assert await other.manage(PETS, [create("v1")], request_id=request) == first
    assert await ledger.sequence() == 2
    await again.close()


async def test_g15_a_request_id_belongs_to_one_request(catalog: Catalog) -> None:
    request = str(uuid4())
    await catalog.manage(PETS, [create("v1")], request_id=request)
    for changes in ([create("v2")], [create("v1", "other")]):
        with pytest.raises(InvalidRequest) as caught:
            await catalog.manage(PETS, changes, request_id=request)
        assert caught.value.details.violations[0].field == "request_id"
    with pytest.raises(InvalidRequest, match="must be a UUID"):
        await catalog.manage(PETS, [create("v3")], request_id="again")


def connector(key: str, **fields: object) -> Connector:
    blank = Connector(name=ConnectorName(key), create_time=NOW, update_time=NOW)
    return replace(blank, **fields)  # type: ignore[arg-type]  # the fields of a Connector


async def test_a_connector_is_created_with_its_first_version_live(catalog: Catalog) -> None:
    made = await catalog.create_connector(connector("pets", title="Pets"), create("v1"))
    assert catalog.connector(PETS) == made
    assert (made.title, [each.traffic_percent for each in made.live]) == ("Pets", [100])
    with pytest.raises(ConnectorExists):
        await catalog.create_connector(connector("pets"))


async def test_a_connector_without_versions_is_created_and_its_repeat_answered(
    catalog: Catalog,
) -> None:
    request = str(uuid4())
    made = await catalog.create_connector(connector("pets"), request_id=request)
    assert await catalog.create_connector(connector("pets"), request_id=request) == made
    assert made.versions == {}


async def test_everything_wrong_with_a_new_connector_is_said_at_once(catalog: Catalog) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await catalog.create_connector(
            connector("Pets", labels={"": ""}), Create(version_id="live", draft=Draft())
        )
    assert [each.field for each in caught.value.details.violations] == [
        "connector_id",
        "connector.labels.",
        "initial_version.version_id",
        "initial_version.version.spec_text",
    ]


async def test_a_connectors_words_are_updated_by_mask_and_etag(catalog: Catalog) -> None:
    made = await catalog.create_connector(connector("pets", title="Old"), create("v1"))
    values = connector("pets", title="New", labels={"a": "b"})
    changed = await catalog.update_connector(PETS, values, ("title",), made.etag)
    assert (changed.title, changed.labels, changed.versions) == ("New", {}, made.versions)
    with pytest.raises(EtagMismatch):
        await catalog.update_connector(PETS, values, (), made.etag)
    assert (await catalog.update_connector(PETS, values)).labels == {"a": "b"}
    assert (await catalog.update_connector(PETS, connector("pets"), ("*",))).title == ""
    with pytest.raises(InvalidRequest, match="`state` cannot be updated"):
        await catalog.update_connector(PETS, values, ("state",))


async def test_a_connector_with_versions_is_deleted_only_by_force(catalog: Catalog) -> None:
    made = await catalog.create_connector(connector("pets"), create("v1"))
    with pytest.raises(HasChildren):
        await catalog.delete_connector(PETS)
    with pytest.raises(EtagMismatch):
        await catalog.delete_connector(PETS, "old", force=True)
    await catalog.delete_connector(PETS, made.etag, force=True, validate_only=True)
    assert catalog.connectors() == (made,)
    await catalog.delete_connector(PETS, made.etag, force=True)
    assert catalog.connectors() == ()
    with pytest.raises(ConnectorNotFound):
        await catalog.delete_connector(PETS, force=True)


async def test_a_deleted_connectors_id_can_be_used_again(catalog: Catalog) -> None:
    await catalog.create_connector(connector("pets"), create("v1", "old"))
    await catalog.delete_connector(PETS, force=True)
    await catalog.manage(PETS, [create("v1", "new"), promote("v1")])
    assert catalog.resolve(call("live", "new"))[1].id == "new"


def fetching(data: bytes) -> Callable[[str], Awaitable[bytes]]:
    async def fetch(_uri: str) -> bytes:
        return data

    return fetch


async def test_a_document_is_fetched_once_from_its_url(ledger: SqlLedger) -> None:
    catalog = Catalog(ledger, read, fetching(b"\xef\xbb\xbf" + spec("getPet").encode()))
    draft = Draft(spec_uri="https://example.com/openapi.yaml")
    (made,) = await catalog.manage(PETS, [Create(version_id="v1", draft=draft)])
    assert (made.spec_uri, made.action_count) == ("https://example.com/openapi.yaml", 1)
    kept = await ledger.specs([made.spec_digest])
    assert kept[made.spec_digest].unpack() == spec("getPet")
    assert len((await catalog.validate(draft))[0].spec) == 1


async def test_a_url_that_cannot_be_read_creates_nothing(catalog: Catalog) -> None:
    draft = Draft(spec_uri="https://example.com/openapi.yaml")
    with pytest.raises(BackendUnreachable):
        await catalog.manage(PETS, [Create(version_id="v1", draft=draft)])
    assert catalog.connectors() == ()


async def test_g07_calls_go_on_while_versions_are_published(catalog: Catalog, url: str) -> None:
    ledger = await open_ledger(url)
    follower = Catalog(ledger, read, no_fetch)
    await catalog.manage(PETS, [create("v0", "a0"), promote("v0")])
    await follower.refresh()
    following = asyncio.create_task(follower.follow(0.02))
    seen: list[str] = []
    publishing = asyncio.create_task(publish(catalog, 10))
    for _ in range(5000):
        if publishing.done() and seen[-1] == "v10":
            break
        version, action = next(live_action(follower))
        assert action == version.replace("v", "a")
        if not seen or seen[-1] != version:
            seen.append(version)
        await asyncio.sleep(0.001)
    await publishing
    assert seen[-1] == "v10"
    assert seen == sorted(seen, key=lambda each: int(each[1:]))
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await ledger.close()


async def publish(catalog: Catalog, count: int) -> None:
    for number in range(1, count + 1):
        key = f"v{number}"
        await catalog.manage(PETS, [create(key, f"a{number}"), promote(key)])


def live_action(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for number in range(11):
        with suppress(ActionNotFound):
            version, action = catalog.resolve(call("live", f"a{number}"))
            yield version.name.version, action.id


async def test_g12_calls_go_on_and_changes_fail_when_the_ledger_is_gone(
    catalog: Catalog, database: Database
) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1")])
    database.query("alter table meta rename to gone")
    with pytest.raises(StoreUnavailable) as caught:
        await catalog.manage(PETS, [promote("v1")])
    assert "sql" not in caught.value.message.lower()
    assert catalog.resolve(call("live", "getPet"))[0].name == named("v1")


async def test_g04_a_lost_document_fails_its_calls_and_no_others(
    catalog: Catalog, database: Database, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await catalog.manage(PETS, [create("v1"), create("v2", "other"), promote("v1")])
    digest = catalog.version(named("v1")).spec_digest
    bad = database.blob(b"\0")
    database.query(f"update specs set packed = {bad} where digest = '{digest}'")  # noqa: S608 - ours
    again = await open_ledger(url)
    other = Catalog(again, read, no_fetch)
    await other.refresh()
    assert f"document {digest[:12]} cannot be served" in caplog.text
    with pytest.raises(StoreUnavailable, match="damaged"):
        other.resolve(call("v1", "getPet"))
    assert other.resolve(call("v2", "other"))[0].name == named("v2")
    await again.close()


async def test_the_document_of_an_older_snapshots_version_is_still_there(catalog: Catalog) -> None:
    (made,) = await catalog.manage(PETS, [create("v1")])
    await catalog.manage(PETS, [Delete(name=named("v1"))])
    assert (await catalog.spec(made)).ids == ("getPet",)


V1 = "connectors/pets/versions/v1"


async def test_every_change_is_in_the_audit(catalog: Catalog, ledger: SqlLedger) -> None:
    await catalog.manage(PETS, [create("v1"), promote("v1", 50)])
    with pytest.raises(Fault):
        await catalog.manage(PETS, [create("v1")])
    await catalog.delete_connector(PETS, force=True)
    found = [
        (entry.sequence, entry.method, entry.changes)
        for entry in await Trail(ledger).page("", None, 10)
    ]
    assert found == [
        (2, "delete_connector", []),
        (1, "manage", [f"create {V1}", f"promote {V1} 50% though it breaks"]),
    ]


async def test_the_audit_says_whose_change_it_was_and_what_it_changed(
    catalog: Catalog, ledger: SqlLedger
) -> None:
    pets, by = ConnectorName("pets", "shop"), Identity(tenant="shop", name="key:ci")
    await catalog.manage(pets, [create("v1")], by=by)
    first = catalog.connector(pets).etag
    await catalog.delete_connector(pets, force=True, by=by)
    found = [
        (each.caller, each.before, each.after) for each in await Trail(ledger).page("shop", None, 9)
    ]
    assert found == [("key:ci", first, ""), ("key:ci", "", first)]
    assert await Trail(ledger).page("", None, 9) == []
    with pytest.raises(ValueError, match="another tenant"):
        await catalog.manage(PETS, [create("v1")], by=by)
