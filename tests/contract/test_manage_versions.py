"""ManageVersions at the gRPC door: the life of a version, contract.md section 5."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.changes import (
    ACTIVE,
    DEPRECATED,
    NOT_EXECUTED,
    READY,
    REQUEST,
    SPEC,
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
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMMUTABLE = ("FAILED_PRECONDITION", "VERSION_IMMUTABLE", *NOT_EXECUTED)

FAULTY = json.dumps(
    document(
        {
            "/it": {
                "get": {
                    "operationId": "getIt",
                    "responses": {"200": {"description": 7}},
                    "security": [{"nobody": []}],
                }
            },
        }
    ),
    indent=1,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("versions")) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"connectors/c{number}" for number in itertools.count())


@pytest.fixture
def parent(names: Iterator[str]) -> str:
    """A connector that is not there yet."""
    return next(names)


async def test_the_first_create_makes_the_connector_and_its_version(
    door: Door, parent: str
) -> None:
    (made,) = await manage(door, parent, created("v1", labels={"a": "b"}, notes="n"))
    assert made == await version(door, parent, "v1")
    assert (made.name, made.state, made.action_count) == (f"{parent}/versions/v1", READY, 1)
    assert (dict(made.labels), made.notes, made.spec_text) == ({"a": "b"}, "n", "")
    assert made.etag
    assert len(made.spec_digest) == 64
    assert made.create_time == made.update_time
    assert list((await connector(door, parent)).live_versions) == []


@pytest.mark.parametrize("bad", ["", "{", "[]", '{"openapi":"9"}'])
async def test_a_document_that_cannot_be_read_creates_neither(
    door: Door, parent: str, bad: str
) -> None:
    change = {"create": {"version_id": "v1", "version": {"spec_text": bad}}}
    told = await refused(door, parent, change)
    assert told.said == (SPEC if bad else REQUEST)
    assert await states(door, parent) == {}


async def test_a_readable_document_is_taken_with_diagnostics_that_have_places(
    door: Door, parent: str
) -> None:
    (made,) = await manage(door, parent, created("v1", FAULTY))
    assert made.action_count == 1
    errors = [each for each in made.problems if each.severity == each.SEVERITY_ERROR]
    assert len(errors) >= 2
    lines = FAULTY.splitlines()
    for each in made.problems:
        assert each.source.strip() in lines[each.line - 1]
        assert each.column
        assert each.code
        assert each.pointer.startswith("/paths/~1it/get/")


async def test_strict_refuses_the_same_document_with_every_error(door: Door, parent: str) -> None:
    told = await refused(door, parent, created("v1", FAULTY, strict=True))
    assert told.said == SPEC
    assert sorted(told.fields) == [
        "/paths/~1it/get/responses/200/description",
        "/paths/~1it/get/security/0/nobody",
    ]
    assert all("line" in each.description for each in told.bad.field_violations)
    assert await states(door, parent) == {}
    await manage(door, parent, created("v1", strict=True))


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"spec_text": text("other")}, ("spec_text",)),
        ({"spec_text": text("other")}, ()),
        ({"spec_uri": "https://x.example/a"}, ("spec_uri",)),
        ({"direct": {"base_uri": "http://127.0.0.1:8"}}, ("direct",)),
        ({"direct": {"base_uri": "http://127.0.0.1:8"}}, ()),
        ({"credentials": [{"scheme": "s", "bearer": {"token_secret": "env:A"}}]}, ("credentials",)),
        ({"backend_variables": [{"key": "k", "value": "v"}]}, ("backend_variables",)),
        ({"backend_variables": [{"key": "k", "value": "v"}]}, ("notes", "backend_variables")),
        ({"policy": {"timeout": {"seconds": 3}}}, ("policy",)),
        ({}, ("state",)),
    ],
)
async def test_document_authentication_and_variables_of_a_version_never_change(
    door: Door, parent: str, fields: dict[str, Any], paths: tuple[str, ...]
) -> None:
    await manage(door, parent, created("v1"))
    before = await version(door, parent, "v1")
    told = await refused(door, parent, updated(parent, "v1", paths, **fields))
    assert told.said == IMMUTABLE
    assert told.fields[0].startswith("changes[0].update.version.")
    assert await version(door, parent, "v1") == before


async def test_labels_and_notes_change(door: Door, parent: str) -> None:
    (old,) = await manage(door, parent, created("v1", labels={"a": "b"}))
    (new,) = await manage(door, parent, updated(parent, "v1", ("notes",), notes="n", etag=old.etag))
    assert (dict(new.labels), new.notes) == ({"a": "b"}, "n")
    assert new.etag != old.etag
    (new,) = await manage(door, parent, updated(parent, "v1", labels={"c": "d"}))
    assert (dict(new.labels), new.notes) == ({"c": "d"}, "n")
    (new,) = await manage(door, parent, updated(parent, "v1", ("labels", "notes")))
    assert (dict(new.labels), new.notes) == ({}, "")
    told = await refused(door, parent, updated(parent, "v1", ("colour",)))
    assert (told.said, told.fields) == (REQUEST, ["changes[0].update.update_mask"])


async def test_the_life_of_a_version(door: Door, parent: str) -> None:
    await manage(door, parent, created("v1"), created("v2"))
    assert await states(door, parent) == {"v1": (READY, 0), "v2": (READY, 0)}
    await manage(door, parent, change("promote", parent, "v1"))
    assert await states(door, parent) == {"v1": (ACTIVE, 100), "v2": (READY, 0)}
    await manage(door, parent, change("promote", parent, "v2", traffic_percent=10))
    assert await states(door, parent) == {"v1": (ACTIVE, 90), "v2": (ACTIVE, 10)}
    live = {f"{parent}/versions/v1", f"{parent}/versions/v2"}
    assert set((await connector(door, parent)).live_versions) == live
    await manage(door, parent, change("promote", parent, "v2"))
    assert await states(door, parent) == {"v1": (READY, 0), "v2": (ACTIVE, 100)}
    await manage(door, parent, change("deprecate", parent, "v1"))
    assert (await states(door, parent))["v1"] == (DEPRECATED, 0)
    await manage(door, parent, change("deprecate", parent, "v1", undo=True))
    assert (await states(door, parent))["v1"] == (READY, 0)
    await manage(door, parent, change("promote", parent, "v1"))
    assert await states(door, parent) == {"v1": (ACTIVE, 100), "v2": (READY, 0)}
    (gone,) = await manage(door, parent, change("delete", parent, "v2"))
    assert gone.name == f"{parent}/versions/v2"
    assert await states(door, parent) == {"v1": (ACTIVE, 100)}


async def test_what_serves_traffic_is_neither_deprecated_nor_deleted_unless_forced(
    door: Door, parent: str
) -> None:
    await manage(door, parent, created("v1"), change("promote", parent, "v1"))
    told = await refused(door, parent, change("deprecate", parent, "v1"))
    assert told.said == ("FAILED_PRECONDITION", "VERSION_IN_USE", *NOT_EXECUTED)
    told = await refused(door, parent, change("delete", parent, "v1"))
    assert told.said == ("FAILED_PRECONDITION", "HAS_CHILDREN", *NOT_EXECUTED)
    assert told.resource.resource_name == f"{parent}/versions/v1"
    await manage(door, parent, change("delete", parent, "v1", force=True))
    assert await states(door, parent) == {}


async def test_a_deprecated_version_still_answers_by_its_name(
    door: Door, parent: str, backend: HttpBackend
) -> None:
    direct = {"base_uri": backend.origin}
    changes = [created("v1", direct=direct), change("deprecate", parent, "v1")]
    await manage(door, parent, *changes)
    assert (await door.execute(f"{parent}/versions/v1/actions/getIt")).json == "{}"
    told = await door.refused(f"{parent}/versions/live/actions/getIt")
    assert told.said == ("NOT_FOUND", "VERSION_NOT_FOUND", *NOT_EXECUTED)


async def test_a_promote_is_what_the_next_call_sees(
    door: Door, parent: str, backend: HttpBackend
) -> None:
    spec = document({"/it": {"get": {"operationId": "getIt", "responses": {}}}})
    for number in range(6):
        uri = {"base_uri": f"{backend.origin}/v{number}"}
        name = f"v{number}"
        await manage(
            door,
            parent,
            created(name, json.dumps(spec), direct=uri),
            change("promote", parent, name),
        )
        await door.execute(f"{parent}/versions/live/actions/getIt")
        assert backend.requests[-1].startswith(b"GET /v%d/it " % number)
    await manage(door, parent, change("promote", parent, "v0"))
    await door.execute(f"{parent}/versions/live/actions/getIt")
    assert backend.requests[-1].startswith(b"GET /v0/it ")


async def test_a_document_is_fetched_from_its_address_once(door: Door, parent: str) -> None:
    spec = text().encode()
    async with HttpBackend(answer(spec)) as host:
        uri = f"{host.origin}/openapi.json?a=b"
        made = {"create": {"version_id": "v1", "version": {"spec_uri": uri}}}
        (version,) = await manage(door, parent, made)
        assert (version.spec_uri, version.action_count) == (uri, 1)
        assert len(host.requests) == 1
        assert host.requests[0].startswith(b"GET /openapi.json?a=b HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (answer(b"gone", status=404), SPEC),
        (answer(status=302, headers=(("Location", "http://127.0.0.1:1/"),)), SPEC),
        (answer(b"<html>"), SPEC),
        (
            answer(b"", headers=(("Content-Encoding", "lzma"),)),
            ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED"),
        ),
    ],
    ids=["404", "302", "html", "coding"],
)
async def test_a_document_that_cannot_be_fetched_makes_no_version(
    door: Door, parent: str, said: bytes, row: tuple[str, ...]
) -> None:
    async with HttpBackend(said) as host:
        made = {"create": {"version_id": "v1", "version": {"spec_uri": host.origin}}}
        assert (await refused(door, parent, made)).said == row
    assert await states(door, parent) == {}


@pytest.mark.parametrize("uri", ["http://10.0.0.1/", "https://169.254.169.254/latest"])
async def test_e15_a_document_is_fetched_under_the_rules_of_calls(
    door: Door, parent: str, uri: str
) -> None:
    made = {"create": {"version_id": "v1", "version": {"spec_uri": uri}}}
    told = await refused(door, parent, made)
    assert told.said == ("PERMISSION_DENIED", "EGRESS_DENIED", *NOT_EXECUTED)
