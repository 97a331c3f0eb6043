"""SecretService from outside: values go in and never out, and calls are signed with them."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.text_format import MessageToString

from gateway.engines.choice import Name
from gateway.v1.catalog_pb2 import GetVersionRequest, ListVersionsRequest
from gateway.v1.secret_pb2 import (
    CreateSecretRequest,
    DeleteSecretRequest,
    GetSecretRequest,
    ListSecretsRequest,
    RotateSecretsRequest,
    Secret,
    UpdateSecretRequest,
)
from gateway.v1.secret_pb2_grpc import SecretServiceStub
from gateway.v1.version_pb2 import BackendVariable
from tests.doors import Door, a_door, document, refusal
from tests.fakes import HttpBackend

CANARY = "c4n4ry hunter2"
NAME = "secrets/shop-key"
TOKEN = {"credentials": [{"scheme": "t", "bearer": {"token_secret": "secret:shop-key"}}]}
DOCUMENT = document(
    {"/a": {"get": {"operationId": "act", "responses": {}, "security": [{"t": []}]}}},
    components={"securitySchemes": {"t": {"type": "http", "scheme": "bearer"}}},
)


@pytest.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest.fixture
async def door(tmp_path: Path, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path, engine=engine) as opened:
        yield opened


@pytest.fixture
def secrets(door: Door) -> Any:
    return SecretServiceStub(door.channel)


def new(value: str = CANARY, key: str = "shop-key", **fields: Any) -> CreateSecretRequest:
    return CreateSecretRequest(secret_id=key, secret=Secret(value=value, **fields))


def changed(*paths: str, allow_missing: bool = False, **fields: Any) -> UpdateSecretRequest:
    given: dict[str, Any] = {"name": NAME} | fields
    mask = FieldMask(paths=paths) if paths else None
    return UpdateSecretRequest(
        secret=Secret(**given), update_mask=mask, allow_missing=allow_missing
    )


async def test_a_secret_is_created_got_listed_changed_and_deleted(secrets: Any) -> None:
    made = await secrets.CreateSecret(new(labels={"team": "a"}, notes="ask Ann"))
    assert (made.name, made.revision, made.notes) == (NAME, 1, "ask Ann")
    assert len(made.fingerprint) == 16
    assert await secrets.GetSecret(GetSecretRequest(name=NAME)) == made
    assert list((await secrets.ListSecrets(ListSecretsRequest())).secrets) == [made]
    later = await secrets.UpdateSecret(changed(value="other", etag=made.etag))
    assert (later.revision, later.labels, later.notes) == (2, made.labels, "ask Ann")
    assert later.fingerprint != made.fingerprint
    bare = await secrets.UpdateSecret(changed("labels", "notes"))
    assert (bare.revision, bare.labels, bare.notes) == (2, {}, "")
    await secrets.DeleteSecret(DeleteSecretRequest(name=NAME, etag=bare.etag))
    gone = await refusal(secrets.GetSecret(GetSecretRequest(name=NAME)))
    assert (gone.code, gone.info.reason) == ("NOT_FOUND", "SECRET_NOT_FOUND")
    assert (gone.resource.resource_type, gone.resource.resource_name) == (
        "gateway.v1/Secret",
        NAME,
    )


async def test_l04_no_answer_and_no_text_of_a_request_holds_a_value(
    door: Door, secrets: Any, backend: HttpBackend
) -> None:
    answers = [
        await secrets.CreateSecret(new()),
        await secrets.UpdateSecret(changed(value=CANARY)),
        await secrets.GetSecret(GetSecretRequest(name=NAME)),
        await secrets.ListSecrets(ListSecretsRequest()),
        await secrets.RotateSecrets(RotateSecretsRequest()),
        await door.publish("shop", DOCUMENT, backend.origin, **TOKEN),
        await door.catalog.GetVersion(GetVersionRequest(name="connectors/shop/versions/v1")),
        await door.catalog.ListVersions(ListVersionsRequest(parent="connectors/shop")),
    ]
    text = "\n".join(MessageToString(each, as_utf8=True) for each in answers)
    assert "secret:shop-key" in text
    for part in (CANARY, CANARY[:6], CANARY[-6:], base64.b64encode(CANARY.encode()).decode()[:8]):
        assert part not in text
    assert "value" not in {field.name for field, _ in answers[2].ListFields()}


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (new(key="Shop"), ["secret_id"]),
        (new(key=""), ["secret_id"]),
        (new(value=""), ["secret.value"]),
        (new(value="x" * 65_537), ["secret.value"]),
        (new(labels={"": "x"}), ["secret.labels."]),
        (new(notes="x" * 4097), ["secret.notes"]),
        (changed(value="x", name="shop-key"), ["secret.name"]),
        (changed(value="x", name="secrets/-"), ["secret.name"]),
        (changed("value", allow_missing=True), ["secret.value"]),
        (changed("fingerprint", value="x"), ["update_mask"]),
        (GetSecretRequest(name="connectors/a"), ["name"]),
        (DeleteSecretRequest(name="secrets/a/b"), ["name"]),
        (ListSecretsRequest(page_size=-1), ["page_size"]),
        (ListSecretsRequest(page_token="x"), ["page_token"]),
        (ListSecretsRequest(filter="value:x"), ["filter"]),
    ],
)
async def test_a_wrong_field_is_named(secrets: Any, request_: Any, fields: list[str]) -> None:
    method = getattr(secrets, type(request_).__name__.removesuffix("Request"))
    refused = await refusal(method(request_))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert refused.fields == fields


async def test_who_is_late_is_told_so(secrets: Any) -> None:
    made = await secrets.CreateSecret(new())
    again = await refusal(secrets.CreateSecret(new()))
    assert (again.code, again.info.reason) == ("ALREADY_EXISTS", "SECRET_EXISTS")
    await secrets.UpdateSecret(changed(value="newer"))
    for late in (
        secrets.UpdateSecret(changed(value="x", etag=made.etag)),
        secrets.DeleteSecret(DeleteSecretRequest(name=NAME, etag=made.etag)),
    ):
        refused = await refusal(late)
        assert (refused.code, refused.info.reason) == ("ABORTED", "ETAG_MISMATCH")
    missing = await refusal(secrets.UpdateSecret(changed(value="x", name="secrets/other")))
    assert missing.info.reason == "SECRET_NOT_FOUND"
    made = await secrets.UpdateSecret(changed(value="x", name="secrets/other", allow_missing=True))
    assert made.revision == 1


async def test_secrets_are_listed_page_by_page_and_filtered(secrets: Any) -> None:
    for number in range(5):
        await secrets.CreateSecret(new(key=f"key-{number}", labels={"odd": str(number % 2)}))
    found, request = [], ListSecretsRequest(page_size=2)
    while True:
        page = await secrets.ListSecrets(request)
        found.append([each.name for each in page.secrets])
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == [
        ["secrets/key-0", "secrets/key-1"],
        ["secrets/key-2", "secrets/key-3"],
        ["secrets/key-4"],
    ]
    odd = await secrets.ListSecrets(ListSecretsRequest(filter="labels.odd = 1"))
    assert [each.name for each in odd.secrets] == ["secrets/key-1", "secrets/key-3"]


async def test_a_call_is_signed_with_a_kept_secret_and_with_its_next_value_within_a_second(
    door: Door, secrets: Any, backend: HttpBackend
) -> None:
    await door.publish("shop", DOCUMENT, backend.origin, **TOKEN)
    early = await door.refused("shop/act")
    assert (early.code, early.info.reason) == ("FAILED_PRECONDITION", "CONNECTION_INCOMPLETE")
    assert early.fields == ["secret:shop-key"]
    await secrets.CreateSecret(new(value="first-value"))
    await door.execute("shop/act")
    assert b"Bearer first-value" in backend.requests[-1]
    await secrets.UpdateSecret(changed(value="second-value"))
    await door.execute("shop/act")
    assert b"Bearer second-value" in backend.requests[-1]


@pytest.mark.parametrize("user", ["credential", "variable"])
async def test_a_secret_that_a_live_version_needs_is_deleted_by_force_alone(
    door: Door, secrets: Any, backend: HttpBackend, user: str
) -> None:
    variable = BackendVariable(key="X-Key", secret="secret:shop-key", required=True)
    fields: dict[str, Any] = TOKEN if user == "credential" else {"backend_variables": [variable]}
    await door.publish("shop", DOCUMENT, backend.origin, **fields)
    await secrets.CreateSecret(new())
    kept = await refusal(secrets.DeleteSecret(DeleteSecretRequest(name=NAME)))
    assert (kept.code, kept.info.reason) == ("FAILED_PRECONDITION", "HAS_CHILDREN")
    assert "connectors/shop/versions/v1" in kept.message
    await secrets.DeleteSecret(DeleteSecretRequest(name=NAME, force=True))
    gone = await door.refused("shop/act")
    assert gone.info.reason == "CONNECTION_INCOMPLETE"


async def test_l07_calls_go_on_while_the_key_is_changed(
    door: Door, secrets: Any, backend: HttpBackend, tmp_path: Path
) -> None:
    made = await secrets.CreateSecret(new(value="the-value"))
    await door.publish("shop", DOCUMENT, backend.origin, **TOKEN)
    await door.execute("shop/act")
    ring = tmp_path / "key-ring"
    key = base64.b64encode(bytes(range(32))).decode()
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(door.execute("shop/act")) for _ in range(50)]
        await asyncio.to_thread(ring.write_text, f"{key}\n{ring.read_text()}")
        done = await secrets.RotateSecrets(RotateSecretsRequest())
        await asyncio.to_thread(ring.write_text, f"{key}\n")
        calls += [group.create_task(door.execute("shop/act")) for _ in range(50)]
    assert len(calls) == 100
    assert (done.rotated_count, done.remaining_count, done.unreadable_count) == (1, 0, 0)
    now = await secrets.GetSecret(GetSecretRequest(name=NAME))
    assert now.key_label == done.key_label != made.key_label
    assert (now.etag, now.fingerprint) == (made.etag, made.fingerprint)


async def test_l05_a_secret_whose_key_was_lost_is_told_as_that(
    door: Door, secrets: Any, backend: HttpBackend, tmp_path: Path
) -> None:
    await secrets.CreateSecret(new())
    await door.publish("shop", DOCUMENT, backend.origin, **TOKEN)
    key = base64.b64encode(bytes(32)).decode()
    await asyncio.to_thread((tmp_path / "key-ring").write_text, key)
    lost = await door.refused("shop/act")
    assert (lost.code, lost.info.reason) == ("FAILED_PRECONDITION", "KEY_RING_MISSING")
    assert "secret:shop-key" in lost.words
    assert backend.requests == []
    done = await secrets.RotateSecrets(RotateSecretsRequest())
    assert (done.rotated_count, done.unreadable_count) == (0, 1)
