"""The life of a version at the gRPC door, by the rules of the seeds (G) and the faults (G0)."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.catalog_pb2 import (
    ExportVersionRequest,
    ImportConnectorRequest,
    ListVersionsRequest,
    ListVersionUsesRequest,
    ValidateSpecRequest,
)
from gateway.v1.difference_pb2 import VERDICT_SAFE, VERDICT_WIRE_BREAKING
from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, ExecuteActionRequest, ListActionsRequest
from tests.changes import ACTIVE, DEPRECATED, OK, READY, change, created, manage, refused, states
from tests.changes import version as got
from tests.doors import Door, a_door, document, refusal
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")


def text(*paths: str, required: bool = False) -> str:
    query = {"name": "q", "in": "query", "required": required, "schema": {"type": "string"}}
    return json.dumps(
        document(
            {
                f"/{each}": {"get": {"operationId": each, "parameters": [query], "responses": OK}}
                for each in paths
            }
        )
    )


OLD, MORE, LESS = text("a", "b"), text("a", "b", "c"), text("a")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("life")) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"connectors/life{number}" for number in itertools.count())


@pytest_asyncio.fixture(loop_scope="module")
async def parent(door: Door, names: Iterator[str]) -> str:
    """A connector whose v1 serves everything."""
    name = next(names)
    await manage(door, name, created("v1", OLD), change("promote", name, "v1"))
    return name


async def test_p03_a_new_version_says_what_it_breaks_operation_by_operation(
    door: Door, parent: str
) -> None:
    await manage(door, parent, created("v2", LESS))
    found = (await got(door, parent, "v2")).difference
    assert (found.verdict, found.against) == (VERDICT_WIRE_BREAKING, f"{parent}/versions/v1")
    assert dict(found.actions) == {"b": VERDICT_WIRE_BREAKING}
    assert [each.rule for each in found.findings] == ["operation-removed"]
    assert found.findings[0].old_place.pointer == "/paths/~1b/get"
    assert found.findings[0].old_place.line > 0
    assert (found.step, found.suggested_version_id) == ("major", "v2")


async def test_lists_have_the_verdict_alone(door: Door, parent: str) -> None:
    await manage(door, parent, created("v2", LESS))
    listed = await door.catalog.ListVersions(ListVersionsRequest(parent=parent))
    (found,) = [each.difference for each in listed.versions if each.name.endswith("v2")]
    assert found.verdict == VERDICT_WIRE_BREAKING
    assert not found.findings


async def test_a_promotion_that_breaks_callers_is_refused_unless_allowed(
    door: Door, parent: str
) -> None:
    await manage(door, parent, created("v2", LESS))
    said = await refused(door, parent, change("promote", parent, "v2", traffic_percent=1))
    assert said.said[:2] == ("FAILED_PRECONDITION", "VERSION_BREAKING")
    assert [each.field for each in said.bad.field_violations] == ["/paths/~1b/get"]
    assert await states(door, parent) == {"v1": (ACTIVE, 100), "v2": (READY, 0)}
    await manage(door, parent, change("promote", parent, "v2", allow_breaking=True))
    assert await states(door, parent) == {"v1": (READY, 0), "v2": (ACTIVE, 100)}


async def test_what_is_safe_is_promoted_as_it_was(door: Door, parent: str) -> None:
    (made, _) = await manage(door, parent, created("v2", MORE), change("promote", parent, "v2"))
    assert made.difference.verdict == VERDICT_SAFE
    assert made.difference.suggested_version_id == "v1-1"


async def test_a_promotion_is_judged_by_what_serves_when_it_is_made(
    door: Door, parent: str
) -> None:
    await manage(door, parent, created("v2", MORE), created("v3", OLD))
    await manage(door, parent, change("promote", parent, "v2"))
    said = await refused(door, parent, change("promote", parent, "v3"))
    assert said.said[1] == "VERSION_BREAKING"
    assert (await got(door, parent, "v3")).difference.verdict == VERDICT_SAFE


async def test_p03_a_changed_authentication_is_breaking_too(door: Door, parent: str) -> None:
    needed = [{"key": "region", "required": True}]
    await manage(door, parent, created("v2", OLD, backend_variables=needed))
    (found,) = (await got(door, parent, "v2")).difference.findings
    assert (found.rule, found.new_place.field) == (
        "variable-required",
        "backend_variables[region]",
    )
    said = await refused(door, parent, change("promote", parent, "v2"))
    assert said.bad.field_violations[0].field == "backend_variables[region]"


async def test_g08_a_rollback_is_one_step_and_never_refused(door: Door, parent: str) -> None:
    await manage(door, parent, created("v2", MORE), created("v3", LESS))
    await manage(door, parent, change("promote", parent, "v2", traffic_percent=30))
    await manage(door, parent, change("promote", parent, "v3", allow_breaking=True))
    await manage(door, parent, {"rollback": {}})
    assert await states(door, parent) == {
        "v1": (ACTIVE, 70),
        "v2": (ACTIVE, 30),
        "v3": (READY, 0),
    }
    await manage(door, parent, {"rollback": {}})
    assert (await states(door, parent))["v1"] == (ACTIVE, 100)
    assert (await refused(door, parent, {"rollback": {}})).said[1] == "VERSION_NOT_FOUND"
    await manage(door, parent, change("promote", parent, "v3"))


async def test_g08_a_rollback_leads_to_the_version_that_it_names(door: Door, parent: str) -> None:
    for key in ("v2", "v3"):
        await manage(door, parent, created(key, MORE), change("promote", parent, key))
    (found,) = await manage(door, parent, {"rollback": {"to": f"{parent}/versions/v1"}})
    assert found.name == f"{parent}/versions/v1"
    unknown = {"rollback": {"to": f"{parent}/versions/v9"}}
    assert (await refused(door, parent, unknown)).said[1] == "VERSION_NOT_FOUND"
    both = await refused(door, parent, {"rollback": {}}, change("promote", parent, "v3"))
    assert both.fields == ["changes"]


async def served(door: Door, name: str, *metadata: tuple[str, str]) -> tuple[str, dict[str, Any]]:
    """The version that serves a call, and what is said before the answer."""
    request = ExecuteActionRequest(
        name=f"{name}/versions/live/actions/a", parameters_json="{}", view=EXECUTION_VIEW_FULL
    )
    call = door.gateway.ExecuteAction(request, metadata=metadata)
    answered = await call
    said = dict(await call.initial_metadata())
    return answered.exchange.version.rpartition("/")[2], said


async def test_calls_go_to_a_canary_by_what_comes_beside_them(door: Door, parent: str) -> None:
    async with HttpBackend(lambda _: answer(b"{}")) as backend:
        direct = {"base_uri": backend.origin}
        name = f"{parent}-canary"
        await manage(door, name, created("v1", OLD, direct=direct), change("promote", name, "v1"))
        await manage(door, name, created("v2", LESS, direct=direct))
        rules = {"x-canary": "yes", "x-team": "blue*"}
        (made,) = await manage(door, name, change("promote", name, "v2", match_headers=rules))
        assert (made.state, dict(made.match_headers)) == (READY, rules)
        assert (await served(door, name))[0] == "v1"
        assert (await served(door, name, ("x-canary", "yes")))[0] == "v2"
        assert (await served(door, name, ("x-canary", "no")))[0] == "v1"
        assert (await served(door, name, ("x-team", "blue-2")))[0] == "v2"
        await manage(door, name, {"rollback": {}})
        assert (await served(door, name, ("x-canary", "yes")))[0] == "v1"
        assert (await served(door, name, ("x-connector-version", "v2")))[0] == "v2"


async def test_g15_a_deprecated_version_answers_and_says_so(door: Door, parent: str) -> None:
    async with HttpBackend(lambda _: answer(b"{}")) as backend:
        direct = {"base_uri": backend.origin}
        name = f"{parent}-old"
        for key in ("v1", "v2"):
            made = created(key, OLD, direct=direct)
            await manage(door, name, made, change("promote", name, key))
        sunset = datetime(2099, 1, 31, tzinfo=UTC)
        (old,) = await manage(
            door, name, change("deprecate", name, "v1", sunset_time=sunset, notes="use v2")
        )
        assert (old.state, old.deprecation.notes) == (DEPRECATED, "use v2")
        _, said = await served(door, name, ("x-connector-version", "v1"))
        assert said["deprecation"] == f"@{old.deprecation.deprecate_time.seconds}"
        assert said["sunset"] == "Sat, 31 Jan 2099 00:00:00 GMT"
        assert said["link"] == f'</v1/{name}/versions/v2>; rel="successor-version"'
        assert "deprecation" not in (await served(door, name))[1]
        again = await manage(door, name, change("deprecate", name, "v1"))
        assert again[0].etag == old.etag
        (back,) = await manage(door, name, change("deprecate", name, "v1", undo=True))
        assert (back.state, back.HasField("deprecation")) == (READY, False)


async def test_g15_what_serves_cannot_be_deprecated(door: Door, parent: str) -> None:
    said = await refused(door, parent, change("deprecate", parent, "v1"))
    assert said.said[:2] == ("FAILED_PRECONDITION", "VERSION_IN_USE")


async def test_g11_a_document_that_cannot_be_read_leaves_everything_as_it_was(
    door: Door, parent: str
) -> None:
    assert (await refused(door, parent, created("v2", "nonsense"))).said[0] == "INVALID_ARGUMENT"
    assert await states(door, parent) == {"v1": (ACTIVE, 100)}


async def test_g04_a_document_is_compared_before_it_is_published(door: Door, parent: str) -> None:
    request = ValidateSpecRequest(spec_text=LESS, against=f"{parent}/versions/live")
    found = (await door.catalog.ValidateSpec(request)).difference
    assert (found.verdict, found.against) == (VERDICT_WIRE_BREAKING, f"{parent}/versions/v1")
    assert set(await states(door, parent)) == {"v1"}


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"X-Upper": "a"}, "changes[0].promote.match_headers[X-Upper]"),
        ({"x-canary": "a*b"}, "changes[0].promote.match_headers[x-canary]"),
        ({"x-canary": ""}, "changes[0].promote.match_headers[x-canary]"),
        ({f"k{n}": "v" for n in range(17)}, "changes[0].promote.match_headers"),
    ],
)
async def test_rules_that_could_never_hold_are_refused(
    door: Door, parent: str, rules: dict[str, str], field: str
) -> None:
    said = await refused(door, parent, change("promote", parent, "v1", match_headers=rules))
    assert said.fields == [field]


async def test_g16_a_version_goes_out_and_comes_in_under_the_same_action_ids(
    door: Door, parent: str
) -> None:
    name = f"{parent}/versions/v1"
    out = await door.catalog.ExportVersion(ExportVersionRequest(name=name))
    again = await door.catalog.ExportVersion(ExportVersionRequest(name=name))
    assert out == again
    taken = await refusal(
        door.catalog.ImportConnector(ImportConnectorRequest(document=out.document))
    )
    assert taken.said[:2] == ("ALREADY_EXISTS", "CONNECTOR_EXISTS")
    other = f"{parent.removeprefix('connectors/')}-copy"
    request = ImportConnectorRequest(document=out.document, connector_id=other)
    made = await door.catalog.ImportConnector(request)
    assert made.live_versions == [f"connectors/{other}/versions/v1"]
    ids = [
        [
            each.name.rpartition("/")[2]
            for each in (
                await door.gateway.ListActions(ListActionsRequest(parent=f"{each}/versions/v1"))
            ).actions
        ]
        for each in (parent, made.name)
    ]
    assert ids[0] == ids[1] == ["a", "b"]
    digests = {(await got(door, each, "v1")).spec_digest for each in (parent, made.name)}
    assert len(digests) == 1
    more = ImportConnectorRequest(document=out.document, version_id="v2", as_new_version=True)
    await door.catalog.ImportConnector(more)
    assert (await states(door, parent))["v2"] == (READY, 0)


async def test_who_still_calls_a_version_is_told(door: Door, parent: str) -> None:
    async with HttpBackend(lambda _: answer(b"{}")) as backend:
        name = f"{parent}-used"
        made = created("v1", OLD, direct={"base_uri": backend.origin})
        await manage(door, name, made, change("promote", name, "v1"))
        for _ in range(3):
            await served(door, name)
        request = ListVersionUsesRequest(parent=f"{name}/versions/live")
        (use,) = (await door.catalog.ListVersionUses(request)).uses
        assert (use.caller, use.calls, list(use.days.values())) == ("", 3, [3])
        kept = await refused(door, name, {"delete": {"name": f"{name}/versions/v1"}})
        assert kept.said[1] == "HAS_CHILDREN"
        assert kept.message.endswith("; called within a day by anyone")
