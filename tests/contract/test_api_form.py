"""The JSON of the API is that of the protos' messages, to and fro, field by field."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from facade.app.api.form import change, read, write
from facade.app.api.form import version as forms
from facade.app.api.form.form import Listed
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import Codec
from facade.app.api.form.schema import FORMS
from facade.catalog.draft import check_draft
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation
from facade.model.action import Problem
from facade.model.call import (
    Attempt,
    CacheStatus,
    Exchange,
    Outcome,
    Reply,
)
from facade.model.change import Draft
from facade.model.credential import Basic, Credential
from facade.model.names import ActionName, ConnectorName, VersionName
from facade.model.secret import Secret, SecretName
from facade.model.version import Connector, Destination, State, Version
from facade.secrets.safe import Rotation
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT
from gateway.convert.action import action_to
from gateway.convert.answer import exchange_to
from gateway.convert.change import changes_from, first_from
from gateway.convert.connector import connector_from, connector_to
from gateway.convert.report import report_to, spec_from
from gateway.convert.secret import change_from, rotation_to, secret_to
from gateway.convert.version import draft_from, version_to
from gateway.v1 import (
    catalog_pb2,
    gateway_pb2,
    secret_pb2,
    version_pb2,
)
from tests import paged
from tests.doors import document
from tests.messages import Messages

MOMENT = datetime(2026, 5, 4, 3, 2, 1, 500, tzinfo=UTC)
VERSION = version_pb2.ConnectorVersion.DESCRIPTOR
NAME = VersionName("pets", "v1")

PETSTORE = Path(__file__).parents[2] / "facade" / "demo" / "petstore.yaml"
NODE = {
    "type": "object",
    "properties": {
        "next": {"$ref": "#/components/schemas/Node"},
        "any": True,
        "none": False,
        "big": {"const": 2**60, "description": "Large."},
    },
}
ODD = {
    "/nodes": {
        "post": {
            "requestBody": {
                "description": "A node.",
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}},
            },
            "responses": {"201": {"description": "", "content": {"text/plain": {}}}},
        },
        "put": {
            "parameters": [{"in": "query", "required": True}],
            "responses": {},
        },
    }
}
DOCUMENTS = {
    "petstore": PETSTORE.read_text(),
    "paged": json.dumps(document(paged.PATHS)),
    "odd": json.dumps(document(ODD, components={"schemas": {"Node": NODE}})),
}

SEEDS = range(40)


def dumped(message: Message) -> Any:
    return json_format.MessageToDict(message)


def found(ask: Callable[[], Any]) -> tuple[Any, set[tuple[str, str]]]:
    """What was asked for, or everything that is wrong with it."""
    try:
        return ask(), set()
    except InvalidRequest as fault:
        return None, said(fault.details.violations)


def read_by(codec: Codec, tree: Any, field: str) -> tuple[Any, set[tuple[str, str]]]:
    """The same of what a form reads."""
    problems: list[Violation] = []
    value = codec.read(tree, FieldPlace(field, problems))
    return None if problems else value, said(problems)


def said(violations: Any) -> set[tuple[str, str]]:
    return {(each.field, each.description) for each in violations}


def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    components = {"schemas": {each.name: each.component() for each in FORMS.values()}}
    whole = {"$ref": f"#/components/schemas/{name}", "components": components}
    return jsonschema_rs.Draft202012Validator(whole)


def version_of(draft: Draft) -> Version:
    return Version(
        name=NAME,
        spec_digest="d" * 64,
        source_digest="e" * 64,
        spec_uri=draft.spec_uri,
        destination=draft.destination,
        credentials=draft.credentials,
        passthrough=draft.passthrough,
        variables=draft.variables,
        policy=draft.policy,
        serialization=draft.serialization,
        labels=draft.labels,
        notes=draft.notes,
        state=State.ACTIVE,
        traffic_percent=30,
        etag="e1",
        create_time=MOMENT,
        update_time=MOMENT.replace(microsecond=0),
        action_count=3,
        problems=tuple(Problem(code="c", message=f"{n}", pointer="/") for n in range(1001)),
    )


# What goes in.


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_draft_is_the_same_by_either_face(seed: int, *, sound: bool) -> None:
    message = Messages(seed, sound=sound).of(VERSION)
    theirs: list[Violation] = []
    draft = draft_from(message, "v", theirs)
    asked, ours = read_by(forms.VERSION, dumped(message), "v")
    assert ours == said(theirs)
    assert theirs or (asked.draft, asked.name, asked.etag) == (draft, message.name, message.etag)


@pytest.mark.parametrize("seed", SEEDS)
def test_changes_and_all_that_is_wrong_with_them_are_the_same_by_either_face(seed: int) -> None:
    messages = Messages(seed, sound=bool(seed % 2))
    asked = [messages.of(gateway_pb2.VersionChange.DESCRIPTOR) for _ in range(3)]
    ours = read_by(Listed(change.CHANGE), [dumped(each) for each in asked], "changes")
    assert ours == found(lambda: changes_from(asked))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_first_version_is_the_same_by_either_face(seed: int) -> None:
    message = Messages(seed, sound=bool(seed % 2)).of(gateway_pb2.CreateVersion.DESCRIPTOR)
    request = catalog_pb2.CreateConnectorRequest(initial_version=message)
    ours = read_by(change.CREATE, dumped(message), "initial_version")
    assert ours == found(lambda: first_from(request))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_connector_is_the_same_by_either_face(seed: int) -> None:
    message = Messages(seed, sound=True).of(version_pb2.Connector.DESCRIPTOR)
    name, tree = ConnectorName("pets"), dumped(message)
    ours, theirs = read.connector(tree, name), connector_from(message, name)
    assert replace(ours, etag="") == theirs
    assert ours.etag == read.etag(tree) == message.etag


@pytest.mark.parametrize("paths", [(), ("value",), ("labels", "notes"), ("*",), ("etag",)])
@pytest.mark.parametrize("seed", range(6))
def test_what_becomes_of_a_secret_is_the_same_by_either_face(
    seed: int, paths: tuple[str, ...]
) -> None:
    message = Messages(seed, sound=True).of(secret_pb2.Secret.DESCRIPTOR)
    message.notes *= 4097 if seed == 1 else 1
    ours = found(lambda: read.secret_change(dumped(message), paths))
    assert ours == found(lambda: change_from(message, paths))


@pytest.mark.parametrize("seed", range(12))
def test_a_document_to_judge_is_the_same_by_either_face(seed: int) -> None:
    message = Messages(seed, sound=False).of(catalog_pb2.ValidateSpecRequest.DESCRIPTOR)
    assert found(lambda: read.spec(dumped(message))) == found(lambda: spec_from(message))


# What goes out.


@pytest.mark.parametrize("seed", SEEDS)
def test_a_version_is_told_the_same_by_either_face(seed: int) -> None:
    message = Messages(seed, sound=True).of(VERSION)
    if message.direct.more_base_uris:
        message.direct.base_uri = "https://pets.example"  # which they come after
    version = version_of(draft_from(message, "v", []))
    tree = write.version(version)
    assert tree == dumped(version_to(version))
    validator("ConnectorVersion").validate(tree)


def test_all_that_the_catalog_takes_is_told_by_the_schema() -> None:
    nameless = Credential(scheme="a", kind=Basic(username="", password="env:KEY"))
    draft = Draft(
        spec_text="x",
        credentials=(nameless,),
        destination=Destination(uri="https://x", indirect=True, credential=nameless),
    )
    assert not list(check_draft(draft, "v"))
    validator("ConnectorVersion").validate(write.version(version_of(draft)))


def test_a_connector_is_told_the_same_by_either_face() -> None:
    versions = {each: version_of(Draft()) for each in ("v1", "v2")}
    connector = Connector(
        name=ConnectorName("pets"),
        title="Pets",
        labels={"a": ""},
        etag="e",
        create_time=MOMENT,
        update_time=MOMENT,
        versions=versions,
    )
    tree = write.connector(connector)
    assert tree == dumped(connector_to(connector))
    validator("Connector").validate(tree)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_an_action_is_told_the_same_by_either_face(text: str, *, full: bool) -> None:
    spec = examine(text, DEFAULT).spec
    judge = validator("Action")
    for each in spec.ids:
        name, action = ActionName("pets", "v1", each), spec.action(each)
        tree = write.action(name, action, full=full)
        assert tree == dumped(action_to(name, action, full=full))
        judge.validate(tree)


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_report_is_told_the_same_by_either_face(text: str) -> None:
    examination = examine(text, DEFAULT)
    tree = write.report(examination)
    assert ("unsupportedActions" in tree) is (text == DOCUMENTS["odd"])
    assert tree == dumped(report_to(examination))
    validator("ValidateSpecResponse").validate(tree)


def test_a_secret_is_told_the_same_by_either_face_and_its_value_by_none() -> None:
    secret = Secret(
        name=SecretName("hop"),
        labels={"team": "a"},
        notes="why",
        fingerprint="f",
        revision=2,
        key_label="k",
        etag="e",
        create_time=MOMENT,
        update_time=MOMENT,
    )
    tree = write.secret(secret)
    assert tree == dumped(secret_to(secret))
    assert "value" not in tree
    rotation = Rotation(key_label="k", rotated=3, remaining=0, unreadable=1)
    assert write.rotation(rotation) == dumped(rotation_to(rotation))


@pytest.mark.parametrize("failed", [False, True])
def test_an_exchange_is_told_the_same_by_either_face(*, failed: bool) -> None:
    exchange = Exchange(
        method="POST",
        uri="https://pets.example/pets",
        request_headers=(("Content-Type", "text/plain"), ("A", "1"), ("A", "2")),
        request_body=b"\x00\xff",
        reply=Reply(status=503, headers=(("content-type", "text/html"), ("b", "3")), body=b"<p>"),
        attempts=(Attempt(status=0, seconds=0.25, reason="R"), Attempt(status=503, seconds=1.5)),
        version=str(NAME),
        trace_id="t",
        warnings=("w",),
        cache=CacheStatus.STALE,
        age=0.0,
    )
    fault = InvalidRequest("no") if failed else None
    tree = write.exchange(exchange, failed=failed)
    assert tree == dumped(exchange_to(Outcome(exchange=exchange, fault=fault)))
    assert ("responseBody" in tree) is failed
    validator("Exchange").validate(tree)
