"""ManageVersions at the gRPC door: sets of changes, all or none, contract.md section 5."""

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from gateway.engines.choice import Name
from tests.changes import (
    ACTIVE,
    DEPRECATED,
    NOT_EXECUTED,
    REQUEST,
    change,
    connector,
    created,
    manage,
    refused,
    states,
    text,
    updated,
    version,
)
from tests.doors import Door, a_door

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("versions"), engine=engine) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"connectors/c{number}" for number in itertools.count())


@pytest.fixture
def parent(names: Iterator[str]) -> str:
    """A connector that is not there yet."""
    return next(names)


async def test_a_change_set_is_all_or_none(door: Door, parent: str) -> None:
    await manage(door, parent, created("v1"), change("promote", parent, "v1"))
    before = (await connector(door, parent), await version(door, parent, "v1"))
    good = [
        created("v2"),
        change("promote", parent, "v2"),
        change("deprecate", parent, "v1"),
        updated(parent, "v1", notes="gone"),
    ]
    for bad, reason in (
        (created("v2"), "VERSION_EXISTS"),
        (change("promote", parent, "v9"), "VERSION_NOT_FOUND"),
        (change("delete", parent, "v2"), "HAS_CHILDREN"),
        (created("v3", "nonsense"), "INVALID_SPEC"),
        (change("delete", parent, "v1", etag="old"), "ETAG_MISMATCH"),
        (updated(parent, "v1", ("policy",)), "VERSION_IMMUTABLE"),
        (change("promote", parent, "v2", traffic_percent=101), "INVALID_REQUEST"),
    ):
        told = await refused(door, parent, *good, bad)
        assert told.info.reason == reason
        assert (await connector(door, parent), await version(door, parent, "v1")) == before
        assert await states(door, parent) == {"v1": (ACTIVE, 100)}
    answered = await manage(door, parent, *good)
    assert [each.name.rpartition("/")[2] for each in answered] == ["v2", "v2", "v1", "v1"]
    assert await states(door, parent) == {"v1": (DEPRECATED, 0), "v2": (ACTIVE, 100)}


async def test_changes_come_in_their_order(door: Door, parent: str) -> None:
    changes = [
        created("v1"),
        change("delete", parent, "v1"),
        created("v1"),
        change("promote", parent, "v1"),
    ]
    await manage(door, parent, *changes)
    assert await states(door, parent) == {"v1": (ACTIVE, 100)}


async def test_validate_only_answers_and_leaves_nothing(door: Door, parent: str) -> None:
    changes = [created("v1"), change("promote", parent, "v1")]
    request_id = str(uuid4())
    answered = await manage(door, parent, *changes, validate_only=True, request_id=request_id)
    assert [each.state for each in answered] == [ACTIVE, ACTIVE]
    assert await states(door, parent) == {}
    told = await refused(door, parent, *changes, changes[0], validate_only=True)
    assert told.info.reason == "VERSION_EXISTS"
    await manage(door, parent, *changes, request_id=request_id)
    assert await states(door, parent) == {"v1": (ACTIVE, 100)}
    answered = await manage(
        door, parent, change("delete", parent, "v1", force=True), validate_only=True
    )
    assert len(answered) == 1
    assert await states(door, parent) == {"v1": (ACTIVE, 100)}


async def test_an_etag_that_is_not_current_aborts(door: Door, parent: str) -> None:
    (old,) = await manage(door, parent, created("v1"))
    (new,) = await manage(door, parent, updated(parent, "v1", notes="n"))
    for stale, field in (
        (change("promote", parent, "v1", etag=old.etag), "changes[0].promote.etag"),
        (change("deprecate", parent, "v1", etag=old.etag), "changes[0].deprecate.etag"),
        (change("delete", parent, "v1", etag=old.etag), "changes[0].delete.etag"),
        (updated(parent, "v1", etag=old.etag, notes="m"), "changes[0].update.version.etag"),
    ):
        told = await refused(door, parent, stale)
        assert told.said == ("ABORTED", "ETAG_MISMATCH", *NOT_EXECUTED)
        assert told.fields == [field]
        assert told.resource.resource_name == f"{parent}/versions/v1"
    assert await version(door, parent, "v1") == new
    await manage(door, parent, change("promote", parent, "v1", etag=new.etag))


async def test_g15_a_repeated_request_id_gets_the_first_answer(door: Door, parent: str) -> None:
    request_id = str(uuid4())
    changes = [created("v1"), change("promote", parent, "v1")]
    first = await manage(door, parent, *changes, request_id=request_id)
    await manage(door, parent, updated(parent, "v1", notes="later"))
    for spelled in (request_id, request_id.upper()):
        assert await manage(door, parent, *changes, request_id=spelled) == first
    assert (await version(door, parent, "v1")).notes == "later"
    for other in ([created("v2")], [*changes, created("v2")], changes[::-1]):
        told = await refused(door, parent, *other, request_id=request_id)
        assert (told.said, told.fields) == (REQUEST, ["request_id"])
    told = await refused(door, parent, created("v2"), request_id="not-a-uuid")
    assert (told.said, told.fields) == (REQUEST, ["request_id"])
    failing = [change("promote", parent, "v9")]
    request_id = str(uuid4())
    for _ in range(2):
        told = await refused(door, parent, *failing, request_id=request_id)
        assert told.info.reason == "VERSION_NOT_FOUND"


@pytest.mark.parametrize("number", [0, 101, 1000])
async def test_a_set_has_1_to_100_changes(door: Door, parent: str, number: int) -> None:
    changes = [change("deprecate", parent, "v1")] * number
    told = await refused(door, parent, *changes)
    assert (told.said, told.fields) == (REQUEST, ["changes"])


async def test_a_set_of_100_changes_is_taken(door: Door, parent: str) -> None:
    changes = [created(f"v{number}", text()) for number in range(100)]
    assert len(await manage(door, parent, *changes)) == 100
    assert len(await states(door, parent)) == 50  # the first page


@pytest.mark.parametrize(
    "name", ["", "live", "V1", "1v", "v_1", "v1-", "-v", "a" * 64, "é", "v1\n", "-", "a/b", ".."]
)
async def test_an_id_that_is_none_is_refused(door: Door, parent: str, name: str) -> None:
    told = await refused(door, parent, created(name))
    assert (told.said, told.fields) == (REQUEST, ["changes[0].create.version_id"])
    assert await states(door, parent) == {}


@pytest.mark.parametrize(
    "parent", ["", "connectors", "connectors/", "connectors/-", "connectors/UP", "connectors/a/b"]
)
async def test_a_parent_that_is_none_is_refused(door: Door, parent: str) -> None:
    told = await refused(door, parent, created("v1"))
    assert (told.said, told.fields) == (REQUEST, ["parent"])


async def test_names_must_be_versions_of_the_parent(door: Door, parent: str) -> None:
    await manage(door, parent, created("v1"))
    for name in ("connectors/other/versions/v1", f"{parent}/versions/live", f"{parent}/versions/-"):
        told = await refused(door, parent, {"promote": {"name": name}})
        assert (told.said, told.fields) == (REQUEST, ["changes[0].promote.name"])
    told = await refused(door, parent, {"promote": {"name": "v1"}})
    assert (told.said, told.fields) == (REQUEST, ["changes[0].promote.name"])
    told = await refused(door, parent, change("promote", parent, "v2"))
    assert told.said == ("NOT_FOUND", "VERSION_NOT_FOUND", *NOT_EXECUTED)


async def test_a_connector_that_is_not_there_is_created_by_a_create_alone(
    door: Door, parent: str
) -> None:
    told = await refused(door, parent, change("promote", parent, "v1"), created("v1"))
    assert told.said == ("NOT_FOUND", "CONNECTOR_NOT_FOUND", *NOT_EXECUTED)
    assert await states(door, parent) == {}


async def test_everything_that_is_wrong_with_a_set_is_told_at_once(door: Door, parent: str) -> None:
    wrong: dict[str, Any] = {
        "direct": {"base_uri": "ftp://x"},
        "credentials": [
            {"scheme": "", "bearer": {"token_secret": "given-in-the-open"}},
            {"scheme": "s"},
        ],
        "backend_variables": [{"key": "", "location": 99}, {"key": "k", "secret": "open"}],
        "policy": {
            "timeout": {"seconds": 301},
            "success_statuses": [99, 600],
            "error_rules": [{"code": 0}, {"code": 99, "pointer": "x"}],
        },
        "labels": {"": "x"},
    }
    changes = [created("UP", **wrong), {}, change("promote", parent, "v1", traffic_percent=-1)]
    told = await refused(door, parent, *changes)
    assert told.said == REQUEST
    first = set(told.fields)
    version = "changes[0].create.version"
    assert first >= {
        f"{version}.credentials[1]",
        f"{version}.backend_variables[0].location",
        f"{version}.policy.error_rules[1].code",
        "changes[1]",
    }
    assert "given-in-the-open" not in str(told)
    wrong["credentials"] = wrong["credentials"][:1]
    wrong["backend_variables"] = [{"key": ""}, {"key": "k", "secret": "open"}]
    wrong["policy"]["error_rules"] = [{"code": 0}, {"code": 5, "pointer": "x"}]
    told = await refused(door, parent, created("UP", **wrong), changes[2])
    assert set(told.fields) == {
        "changes[0].create.version_id",
        f"{version}.direct.base_uri",
        f"{version}.credentials[0].scheme",
        f"{version}.credentials[0].bearer.token_secret",
        f"{version}.backend_variables[0].key",
        f"{version}.backend_variables[1].secret",
        f"{version}.policy.timeout",
        f"{version}.policy.success_statuses[0]",
        f"{version}.policy.success_statuses[1]",
        f"{version}.policy.error_rules[0].code",
        f"{version}.policy.error_rules[1].pointer",
        f"{version}.labels.",
        "changes[1].promote.traffic_percent",
    }
    assert await states(door, parent) == {}


async def test_a_hundred_wrong_changes_are_told_within_the_sizes(door: Door, parent: str) -> None:
    told = await refused(door, parent, *(created("x" * 5000) for _ in range(100)))
    assert told.said == REQUEST
    assert told.fields[0] == "changes[0].create.version_id"
    assert told.bad.field_violations[-1].description.endswith(" more")
