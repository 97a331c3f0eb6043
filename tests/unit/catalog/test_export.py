"""Versions go out as one document and come in as they were."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from facade.catalog.export import exported, imported
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Code
from facade.model.action import Location
from facade.model.credential import (
    ApiKey,
    ClientAuthentication,
    Credential,
    CustomHeaders,
    Grant,
    OAuth2,
    Passthrough,
)
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import ActionPolicy, Caching, ErrorRule, Limit, Policy, Retry
from facade.model.typed import Kept
from facade.model.version import (
    Balancing,
    Comparison,
    Condition,
    Connector,
    Destination,
    HttpVersion,
    LabelDelimiter,
    Network,
    Serialization,
    Variable,
    VariableType,
    Version,
    facade_at,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {}\n"
CONNECTOR = Connector(
    name=ConnectorName("pets"),
    title="Pets",
    labels={"b": "2", "a": "1"},
    create_time=NOW,
    update_time=NOW,
)
VERSION = Version(
    name=VersionName("pets", "v1"),
    spec_digest="d",
    destination=Destination(
        uri="https://a.example",
        others=("https://b.example",),
        balancing=Balancing.ROUND_ROBIN,
        network=Network(ca="file:ca.pem", http_version=HttpVersion.HTTP_2),
    ),
    credentials=(
        Credential(
            scheme="key",
            kind=ApiKey(key="env:KEY", prefix="T "),
            location=Location.HEADER,
            parameter="x-key",
        ),
        Credential(
            scheme="oauth",
            kind=OAuth2(
                grant=Grant.JWT_BEARER,
                client_authentication=ClientAuthentication.PRIVATE_KEY,
                client_id="c",
                private_key="env:PEM",
                scopes=("a", "b"),
            ),
        ),
        Credential(scheme="own", kind=CustomHeaders(headers={"x-a": "env:A"})),
    ),
    passthrough=(Passthrough(metadata="x-user", header="X-User", prefix="U "),),
    variables=(
        Variable(
            name="region",
            location=None,
            value="eu",
            type=VariableType.STRING,
            choices=("eu", "us"),
        ),
        Variable(
            name="site",
            location=Location.QUERY,
            secret="env:SITE",
            required=False,
            required_when=Condition(
                comparisons=(Comparison(variable="region", equals="us", negated=True),)
            ),
            overridable=True,
        ),
    ),
    policy=Policy(
        timeout=2.5,
        error_rules=(ErrorRule(status=409, code=Code.ABORTED),),
        retry=Retry(max_attempts=5, initial_backoff=0.25),
        limits=(Limit(calls=5, period=60.0),),
        actions={"a": ActionPolicy(cache=Caching(ttl=30.0), timeout=1.0)},
    ),
    serialization=Serialization(label_delimiter=LabelDelimiter.COMMA),
    labels={"team": "blue"},
    notes="first",
    create_time=NOW,
    update_time=NOW,
)
NUMBERS = {
    "types": {"/components/schemas/Pet": Kept(0, "Pet")},
    "/components/schemas/Pet": {"name:text": Kept(7, "name"), "a~/b:varint": Kept(2, "a_b")},
}
FIELDS = (
    "destination",
    "credentials",
    "passthrough",
    "variables",
    "policy",
    "serialization",
    "labels",
    "notes",
)


def test_g16_what_goes_out_comes_in_as_it_was() -> None:
    text = exported(CONNECTOR, VERSION, TEXT, NUMBERS)
    file = imported(text, "", "", "other")
    (draft,) = file.drafts.values()
    assert draft.spec_text == TEXT
    for field in FIELDS:
        assert getattr(draft, field) == getattr(VERSION, field), field
    assert draft.numbers == NUMBERS
    assert (file.name, file.title) == (ConnectorName("pets", "other"), "Pets")


def test_g16_the_same_version_gives_the_same_bytes() -> None:
    text = exported(CONNECTOR, VERSION, TEXT, NUMBERS)
    assert text == exported(CONNECTOR, VERSION, TEXT, NUMBERS)
    assert "env:KEY" in text
    assert json.loads(text)["labels"] == {"a": "1", "b": "2"}


def test_g16_a_facade_goes_out_too() -> None:
    key = Credential(scheme="", kind=ApiKey(key="env:KEY"), location=Location.HEADER, parameter="k")
    to = facade_at(
        "https://f.example", ("https://g.example",), mark="none", credential=key, network=Network()
    )
    plain = Version(
        name=VersionName("pets", "v1"),
        spec_digest="d",
        destination=to,
        create_time=NOW,
        update_time=NOW,
    )
    (draft,) = imported(exported(CONNECTOR, plain, TEXT, {}), "", "", "").drafts.values()
    assert draft.destination == to


def test_an_import_takes_other_ids_and_no_other_files() -> None:
    file = imported(exported(CONNECTOR, VERSION, TEXT, NUMBERS), "cats", "v7", "")
    assert (file.name.connector, list(file.drafts)) == ("cats", ["v7"])
    with pytest.raises(InvalidRequest):
        imported("connector: pets\nversions: [{id: v1, spec: /etc/passwd}]\n", "", "", "")
    two = (
        "connector: p\nlive: a\nversions:\n- {id: a, spec: {openapi: 3.0.0}}\n- {id: b, spec: {}}\n"
    )
    with pytest.raises(InvalidRequest):
        imported(two, "", "", "")


def test_g16_a_document_keeps_the_address_that_it_came_from() -> None:
    came = replace(VERSION, spec_uri="https://pets.example/v1/openapi.json")
    file = imported(exported(CONNECTOR, came, TEXT, {}), "", "", "")
    (draft,) = file.drafts.values()
    assert (draft.spec_text, draft.spec_uri) == (TEXT, came.spec_uri)


def test_g16_an_address_stands_beside_a_document_alone() -> None:
    tree = {
        "connector": "a",
        "versions": [{"id": "v1", "spec": "b.yaml", "specUri": "https://c.d"}],
    }
    with pytest.raises(InvalidRequest) as raised:
        imported(json.dumps(tree), "", "", "")
    fields = [each.field for each in raised.value.details.violations]
    assert any(each.endswith("specUri") for each in fields), fields


BAD_NUMBERS = {
    "types": {
        "/components/schemas/Pet": [1, "Pet"],
        **{f"/{each}": [0, each] for each in ("string", "google", "enum", "True", "A_B")},
    },
    "a": {"zero:text": [0, "zero"], "far:text": [2**29, "far"], "own:text": [19_500, "own"]},
    "b": {"one:text": [1, "one"], "two:text": [1, "two"], "x/y": [2, "not a name"]},
    "c": {"last:text": [2**28 + 1, "last"], "mixed:text": [1, "mixedCase"]},
    "methods": {"act": [0, "None"], "go": [0, "go"]},
}


def test_g16_numbers_that_protobuf_does_not_know_are_told_at_once() -> None:
    tree = json.loads(exported(CONNECTOR, VERSION, TEXT, {}))
    tree["versions"][0]["numbers"] = BAD_NUMBERS
    with pytest.raises(InvalidRequest) as raised:
        imported(json.dumps(tree), "", "", "")
    fields = {each.field.rpartition("numbers.")[2] for each in raised.value.details.violations}
    assert fields == {
        *("types./components/schemas/Pet", "a.zero:text", "a.far:text", "a.own:text"),
        *("b.one:text", "b.two:text", "b.x/y", "c.last:text", "c.mixed:text"),
        *(f"types./{each}" for each in ("string", "google", "enum", "True", "A_B")),
        *("methods.act", "methods.go"),
    }
