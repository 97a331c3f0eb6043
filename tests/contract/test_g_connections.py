"""Connections from outside: seed rules G-1, G-14, G-15, G-17, G-18, G-21, by their ids."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from gateway.engines.choice import Name
from gateway.v1.catalog_pb2 import DeleteConnectorRequest
from gateway.v1.connection_pb2 import (
    CheckConnectionResponse,
    Connection,
    CreateConnectionRequest,
    ListConnectionsRequest,
    ResumeConnectionRequest,
    SuspendConnectionRequest,
    UnlockConnectionRequest,
)
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    DeleteVersion,
    DeprecateVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.policy_pb2 import Limit
from gateway.v1.version_pb2 import BackendVariable, ConnectorVersion, Direct
from tests.connections import DOCUMENT, KEY, VARIABLES, Shop, a_shop, key
from tests.doors import refusal
from tests.fakes import answer

NAME = "connections/berlin"
V1 = "connectors/shop/versions/v1"


@pytest.fixture
async def shop(tmp_path: Path, engine: Name) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path, engine) as opened:
        yield opened


async def manage(shop: Shop, *changes: VersionChange) -> None:
    request = ManageVersionsRequest(parent="connectors/shop", changes=changes)
    await shop.door.gateway.ManageVersions(request)


async def suspend(shop: Shop) -> Connection:
    suspended: Connection = await shop.connections.SuspendConnection(
        SuspendConnectionRequest(name=NAME)
    )
    return suspended


@pytest.mark.parametrize("key_", ["Berlin", "b" * 50, "1b", "b-", ""])
async def test_g01_an_id_of_a_connection_has_at_most_49_characters(shop: Shop, key_: str) -> None:
    assert (await shop.create("b" * 49)).name == f"connections/{'b' * 49}"
    told = await refusal(shop.create(key_))
    assert (told.code, told.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert told.fields == ["connection_id"]


async def test_g01_a_name_that_is_taken_is_taken(shop: Shop) -> None:
    await shop.create()
    told = await refusal(shop.create())
    assert (told.code, told.info.reason) == ("ALREADY_EXISTS", "CONNECTION_EXISTS")
    assert told.resource.resource_name == NAME


async def test_g06_of_fifty_creates_at_once_exactly_one_wins(shop: Shop) -> None:
    made = await asyncio.gather(*(shop.create() for _ in range(50)), return_exceptions=True)
    errors = [each for each in made if isinstance(each, grpc.aio.AioRpcError)]
    assert len(errors) == 49
    assert {each.code() for each in errors} == {grpc.StatusCode.ALREADY_EXISTS}


async def test_g14_everything_that_does_not_fit_is_told_at_once(shop: Shop) -> None:
    told = await refusal(
        shop.create(
            variables={"x-shelf": "top", "x-code": "x1", "nope": "1"},
            secrets={"other": "env:PORTICO_SECRET_SHOP"},
            credentials=[
                {"scheme": "token", "bearer": {"token_secret": "env:PORTICO_SECRET_SHOP"}}
            ],
        )
    )
    assert (told.code, told.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert set(told.fields) == {
        "connection.variables[nope]",
        "connection.secrets[other]",
        "connection.variables[x-shelf]",
        "connection.variables[x-code]",
        "connection.variables[x-region]",
        "connection.credentials[0].scheme",
    }
    assert not shop.backend.requests


async def test_g14_a_secret_that_a_connection_names_must_be_there(shop: Shop) -> None:
    await shop.create(secrets={"x-code": "env:PORTICO_SECRET_NONE"})
    told = await refusal(shop.call())
    assert told.info.reason == "CONNECTION_INCOMPLETE"
    assert told.fields == ["env:PORTICO_SECRET_NONE"]
    assert not shop.backend.requests


async def test_g14_a_value_beside_the_choices_is_refused(shop: Shop) -> None:
    told = await refusal(shop.create(variables={"x-region": "mars"}))
    assert told.fields == ["connection.variables[x-region]"]
    assert "eu, us" in told.bad.field_violations[0].description


async def test_a_call_through_a_connection_carries_its_values_and_its_credential(
    shop: Shop,
) -> None:
    await shop.create(variables={"x-region": "us", "x-shelf": "7"}, credentials=[key("berlin")])
    await shop.call()
    assert "x-region: us" in shop.last
    assert "x-shelf: 7" in shop.last
    assert "x-key: berlin-key" in shop.last
    assert "shop-key" not in shop.last


async def test_a_credential_that_a_connection_has_not_is_the_version_s(shop: Shop) -> None:
    await shop.create()
    await shop.call()
    assert "x-key: shop-key" in shop.last


async def test_i01_i02_two_connections_never_share_an_answer(shop: Shop) -> None:
    await shop.create("berlin", credentials=[key("berlin")])
    await shop.create("paris", credentials=[key("berlin")])
    for _ in range(2):
        await shop.call(key="berlin")
        await shop.call(key="paris")
    assert len(shop.backend.requests) == 2
    assert shop.backend.connections == 2


async def test_i11_what_an_old_credential_was_answered_is_out_of_reach(shop: Shop) -> None:
    await shop.create(credentials=[key("berlin")])
    await shop.call()
    await shop.update("credentials", credentials=[key("paris")])
    await shop.call()
    assert len(shop.backend.requests) == 2
    assert "x-key: paris-key" in shop.last


async def test_l04_what_is_told_of_a_connection_names_secrets_and_has_none(shop: Shop) -> None:
    made = await shop.create(
        variables={"x-region": "eu"},
        secrets={"x-shelf": "env:PORTICO_SECRET_BERLIN"},
        credentials=[key("berlin")],
    )
    listed = await shop.connections.ListConnections(ListConnectionsRequest())
    for told in (made, await shop.get(), listed):
        assert "berlin-key" not in str(told)
    assert made.secrets == {"x-shelf": "env:PORTICO_SECRET_BERLIN"}


async def test_a_secret_in_the_open_is_no_reference(shop: Shop) -> None:
    told = await refusal(shop.create(secrets={"x-shelf": "hunter2"}))
    assert told.fields == ["connection.secrets[x-shelf]"]
    assert "hunter2" not in told.words


async def test_a_name_of_another_connector_or_version_is_refused(shop: Shop) -> None:
    origin = shop.backend.origin
    await shop.door.publish("other", DOCUMENT, origin)
    await shop.create(version="v1")
    elsewhere = await shop.door.refused("other/listItems", connection=NAME)
    assert (elsewhere.info.reason, elsewhere.fields) == ("INVALID_REQUEST", ["connection"])
    await shop.door.publish_as(
        "v2", "shop", DOCUMENT, origin, backend_variables=VARIABLES, credentials=[KEY]
    )
    pinned = await shop.door.refused(
        "connectors/shop/versions/v2/actions/listItems", connection=NAME
    )
    assert (pinned.info.reason, pinned.fields) == ("INVALID_REQUEST", ["connection"])
    await shop.call()


async def test_an_unknown_connection_is_not_found_and_says_which_may_be_meant(shop: Shop) -> None:
    await shop.create("berlin")
    told = await shop.door.refused("shop/listItems", connection="connections/berlim")
    assert (told.code, told.info.reason) == ("NOT_FOUND", "CONNECTION_NOT_FOUND")
    assert "connections/berlin" in told.message


async def test_g15_a_connection_keeps_a_deprecated_version_and_a_new_one_needs_force(
    shop: Shop,
) -> None:
    await shop.door.publish_as(
        "v2", "shop", DOCUMENT, shop.backend.origin, backend_variables=VARIABLES, credentials=[KEY]
    )
    await shop.create(version="v1")
    await manage(shop, VersionChange(deprecate=DeprecateVersion(name=V1)))
    await shop.call()
    told = await refusal(shop.create("paris", version="v1"))
    assert told.code == "FAILED_PRECONDITION"
    await shop.create("paris", version="v1", force=True)


async def test_g09_a_version_or_connector_that_a_connection_uses_is_not_deleted(
    shop: Shop,
) -> None:
    await shop.door.publish_as(
        "v2", "shop", DOCUMENT, shop.backend.origin, backend_variables=VARIABLES, credentials=[KEY]
    )
    await shop.create(version="v1")
    told = await refusal(manage(shop, VersionChange(delete=DeleteVersion(name=V1))))
    assert (told.code, told.info.reason) == ("FAILED_PRECONDITION", "HAS_CHILDREN")
    assert NAME in told.message
    whole = DeleteConnectorRequest(name="connectors/shop")
    assert (await refusal(shop.door.catalog.DeleteConnector(whole))).info.reason == "HAS_CHILDREN"
    await shop.door.catalog.DeleteConnector(
        DeleteConnectorRequest(name="connectors/shop", force=True)
    )
    assert (await refusal(shop.get())).info.reason == "CONNECTION_NOT_FOUND"


async def test_g17_a_suspended_connection_lets_no_call_through(shop: Shop) -> None:
    await shop.create()
    assert (await suspend(shop)).state == Connection.STATE_SUSPENDED
    told = await shop.door.refused("shop/listItems", connection=NAME)
    assert (told.code, told.info.reason) == ("UNAVAILABLE", "CONNECTION_SUSPENDED")
    assert not shop.backend.requests
    resumed = await shop.connections.ResumeConnection(ResumeConnectionRequest(name=NAME))
    assert (resumed.state, resumed.revision) == (Connection.STATE_ACTIVE, 3)
    await shop.call()


async def test_g17_a_locked_connection_is_called_and_never_changed(shop: Shop) -> None:
    await shop.create()
    nothing = await refusal(shop.lock(" "))
    assert (nothing.code, nothing.fields) == ("INVALID_ARGUMENT", ["reason"])
    locked = await shop.lock("moves to another account")
    assert locked.lock.reason == "moves to another account"
    for attempt in (shop.update("title", title="x"), shop.delete(), suspend(shop)):
        told = await refusal(attempt)
        assert (told.code, told.info.reason) == ("FAILED_PRECONDITION", "CONNECTION_LOCKED")
        assert "moves to another account" in told.message
    await shop.call()
    await shop.connections.UnlockConnection(UnlockConnectionRequest(name=NAME))
    await shop.delete()


async def test_g17_an_update_names_what_it_changes(shop: Shop) -> None:
    await shop.create()
    for paths in ((), ("uid",), ("connector", "state"), ("nope",), ("*", "title")):
        told = await refusal(shop.update(*paths, title="x"))
        assert told.code == "INVALID_ARGUMENT"
        assert set(told.fields) == {"update_mask"}
    assert (await shop.get()).revision == 1


async def test_g17_every_update_counts_and_an_old_etag_is_refused(shop: Shop) -> None:
    made = await shop.create()
    second = await shop.update("title", "labels", title="Berlin", labels={"a": "b"})
    assert (second.revision, second.title) == (2, "Berlin")
    assert second.variables == made.variables
    told = await refusal(shop.update("title", title="x", etag=made.etag))
    assert (told.code, told.info.reason) == ("ABORTED", "ETAG_MISMATCH")
    third = await shop.update("*", etag=second.etag, variables={"x-region": "us"})
    assert (third.revision, third.title, dict(third.labels)) == (3, "", {})


async def test_a_repeated_request_answers_the_connection_that_it_made(shop: Shop) -> None:
    request = CreateConnectionRequest(
        connection_id="berlin",
        connection=Connection(connector="shop", variables={"x-region": "eu"}),
        request_id="8f0a4f0e-6a4a-4f1e-9c57-0d8f5f0e2f11",
    )
    first = await shop.connections.CreateConnection(request)
    assert await shop.connections.CreateConnection(request) == first
    request.connection_id = "paris"
    told = await refusal(shop.connections.CreateConnection(request))
    assert told.fields == ["request_id"]


async def test_what_is_validated_alone_is_not_made(shop: Shop) -> None:
    request = CreateConnectionRequest(
        connection_id="berlin",
        connection=Connection(connector="shop", variables={"x-region": "eu"}),
        validate_only=True,
    )
    assert (await shop.connections.CreateConnection(request)).name == NAME
    assert (await refusal(shop.get())).info.reason == "CONNECTION_NOT_FOUND"


async def test_a_publish_that_asks_for_more_shows_at_once_and_heals_with_the_value(
    shop: Shop,
) -> None:
    await shop.create()
    tenant = BackendVariable(
        key="x-tenant", location=BackendVariable.LOCATION_HEADER, required=True
    )
    version = ConnectorVersion(
        spec_text=json.dumps(DOCUMENT),
        direct=Direct(base_uri=shop.backend.origin),
        backend_variables=[*VARIABLES, tenant],
    )
    version.credentials.add(**KEY)
    promote = PromoteVersion(name="connectors/shop/versions/v2", allow_breaking=True)
    await manage(
        shop,
        VersionChange(create=CreateVersion(version_id="v2", version=version)),
        VersionChange(promote=promote),
    )
    broken = await shop.get()
    assert broken.state == Connection.STATE_ERROR
    assert "variables[x-tenant]" in broken.state_description
    told = await shop.door.refused("shop/listItems", connection=NAME)
    assert (told.code, told.info.reason) == ("FAILED_PRECONDITION", "CONNECTION_INCOMPLETE")
    assert told.fields == ["variables[x-tenant]"]
    assert not shop.backend.requests
    await shop.update("variables", variables={"x-region": "eu", "x-tenant": "t"})
    assert (await shop.get()).state == Connection.STATE_ACTIVE
    await shop.call()


async def test_g18_a_check_is_ok_with_a_state_and_says_what_is_wrong(shop: Shop) -> None:
    await shop.create()
    good = await shop.check()
    assert (good.state, good.description) == (CheckConnectionResponse.STATE_ACTIVE, "")
    said = {401: "AUTH_ERROR", 403: "AUTH_ERROR", 500: "ERROR", 404: "ERROR"}
    for status, state in said.items():
        shop.backend._respond = answer(b"{}", status=status)
        found = await shop.check()
        assert CheckConnectionResponse.State.Name(found.state) == f"STATE_{state}"
        assert found.description
    shop.backend._server.close()
    await suspend(shop)
    ended = await shop.check()
    assert ended.state == CheckConnectionResponse.STATE_SUSPENDED
    assert ended.description == "Somebody suspended it."


async def test_g18_a_check_calls_the_action_that_the_connection_names_and_no_cache(
    shop: Shop,
) -> None:
    await shop.create(test_action="listItems")
    await shop.call()
    await shop.check()
    await shop.check()
    assert len(shop.backend.requests) == 3
    await shop.update("test_action", test_action="nope")
    found = await shop.check()
    assert found.state == CheckConnectionResponse.STATE_ERROR
    assert "nope" in found.description


async def test_g21_over_the_quota_nothing_reaches_the_backend(shop: Shop) -> None:
    limits = [Limit(calls=2), Limit(calls=1)]
    for each in limits:
        each.period.FromSeconds(60)
    await shop.create("berlin", limits=limits)
    await shop.create("paris")
    await shop.call(action="addItem")
    told = await shop.door.refused("shop/addItem", connection=NAME)
    assert (told.code, told.info.reason) == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
    assert told.retry is not None
    assert told.retry > 50
    assert len(shop.backend.requests) == 1
    await shop.call(action="addItem", key="paris")
    assert len(shop.backend.requests) == 2


async def test_the_list_is_in_order_filtered_and_in_pages(shop: Shop) -> None:
    for name in ("c", "a", "b"):
        await shop.create(name, labels={"team": name})
    first = await shop.connections.ListConnections(ListConnectionsRequest(page_size=2))
    assert [each.name for each in first.connections] == ["connections/a", "connections/b"]
    rest = await shop.connections.ListConnections(
        ListConnectionsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [each.name for each in rest.connections] == ["connections/c"]
    found = await shop.connections.ListConnections(
        ListConnectionsRequest(filter="labels.team = b AND state = ACTIVE")
    )
    assert [each.name for each in found.connections] == ["connections/b"]
