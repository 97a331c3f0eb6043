from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration

from facade.errors.caller import InvalidRequest
from facade.errors.fault import Code
from facade.model.action import Location, Problem
from facade.model.change import Create, Delete, Deprecate, Draft, Promote, Update
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientAuthentication,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    MutualTls,
    OAuth2,
    Passthrough,
)
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import (
    ActionPolicy,
    Breaker,
    CacheMode,
    Caching,
    Concurrency,
    ErrorRule,
    Limit,
    Policy,
    Retry,
    Scope,
)
from facade.model.version import (
    Balancing,
    Connector,
    Destination,
    HttpVersion,
    Network,
    State,
    Variable,
    Version,
)
from facade.stores.records import VersionRecord, content_record, content_text, version_from
from gateway.convert.change import changes_from, first_from
from gateway.convert.connector import connector_from, connector_to
from gateway.convert.version import draft_from, version_to
from gateway.v1 import catalog_pb2, credential_pb2, gateway_pb2, policy_pb2, version_pb2

NAME = VersionName("pets", "v1")
MOMENT = datetime(2026, 5, 4, 3, 2, 1, 500, tzinfo=UTC)

FULL: dict[str, Any] = {
    "spec_uri": "https://pets.example/openapi.yaml",
    "destination": Destination(
        uri="https://facade.example",
        others=("https://other.example",),
        balancing=Balancing.FAILOVER,
        indirect=True,
        mark="x-facade",
        credential=Credential(scheme="", kind=Bearer(token="env:HOP")),
        network=Network(
            ca="file:ca.pem",
            proxy="corp",
            source_address="10.0.0.7",
            http_version=HttpVersion.HTTP_2,
        ),
    ),
    "credentials": (
        Credential(scheme="a", kind=Basic(username="u", password="env:P")),
        Credential(
            scheme="k",
            kind=ApiKey(key="file:key", prefix="Token "),
            location=Location.QUERY,
            parameter="api_key",
        ),
        Credential(scheme="d", kind=Digest(username="u", password="secret:p")),
        Credential(
            scheme="o",
            kind=OAuth2(
                grant=Grant.JWT_BEARER,
                issuer="https://id.example",
                client_id="c",
                client_authentication=ClientAuthentication.PRIVATE_KEY,
                scopes=("read", "write"),
                private_key="vault:secret/data/key#pem",
                key_id="k1",
                extra={"resource": "https://api.example"},
            ),
        ),
        Credential(scheme="m", kind=MutualTls(certificate="file:c.pem", key="file:k.pem")),
        Credential(
            scheme="s",
            kind=AwsSigV4(
                access_key_id="env:A", secret_access_key="env:B", region="eu", service="s3"
            ),
        ),
        Credential(scheme="h", kind=CustomHeaders(headers={"X-A": "env:A", "X-B": "env:B"})),
    ),
    "passthrough": (Passthrough(metadata="x-token", header="Authorization", prefix="Bearer "),),
    "variables": tuple(
        Variable(name=f"v{n}", location=location, value=value, secret=secret, required=required)
        for n, (location, value, secret, required) in enumerate(
            (
                (Location.HEADER, "x", None, True),
                (Location.QUERY, "", None, False),
                (Location.PATH, None, "env:S", True),
                (Location.BODY, None, None, True),
                (Location.COOKIE, None, None, False),
                (None, "eu", None, False),
            )
        )
    ),
    "policy": Policy(
        timeout=0.25,
        success_statuses=(200, 404),
        error_rules=(
            ErrorRule(
                status=409,
                pointer="/error/code",
                equals="dup",
                code=Code.ALREADY_EXISTS,
                message_pointer="/error/text",
            ),
        ),
        retry=Retry(max_attempts=5, initial_backoff=0.125, statuses=(500,), idempotency_header="K"),
        breaker=Breaker(enabled=False, failure_ratio=0.25, open_time=2.5),
        cache=Caching(
            mode=CacheMode.OVERRIDE,
            ttl=60.0,
            stale_if_error=1.5,
            key_without=("a", "b"),
            shared=True,
        ),
        limits=(Limit(calls=5), Limit(scope=Scope.SUBJECT, calls=100, period=60.0, burst=7)),
        concurrency=(Concurrency(scope=Scope.TENANT, calls=9),),
        server_concurrency=3,
        cost=2,
        actions={
            "list": ActionPolicy(timeout=1.0, cache=Caching(mode=CacheMode.OFF), cost=4),
            "get": ActionPolicy(retry=Retry(), limits=()),
        },
    ),
    "labels": {"team": "a"},
    "notes": "why",
}


def test_a_version_is_kept_in_the_ledger_as_it_is() -> None:
    version = Version(
        **FULL, name=NAME, spec_digest="d" * 64, etag="e", create_time=MOMENT, update_time=MOMENT
    )
    record = VersionRecord(
        connector="pets",
        id="v1",
        content=content_record(content_text(version)),
        state=version.state,
        etag="e",
        update_time=MOMENT,
        notes=version.notes,
        labels=dict(version.labels),
    )
    assert version_from(record) == version


def test_a_version_says_all_but_its_document() -> None:
    version = Version(
        **FULL,
        name=NAME,
        spec_digest="d" * 64,
        state=State.ACTIVE,
        traffic_percent=30,
        etag="e1",
        create_time=MOMENT,
        update_time=MOMENT,
        action_count=3,
        problems=tuple(
            Problem(code="c", message=f"{n}", pointer="/", severity="warning") for n in range(1100)
        ),
    )
    message = version_to(version)
    assert message.name == "connectors/pets/versions/v1"
    assert message.state == version_pb2.ConnectorVersion.STATE_ACTIVE
    assert (message.traffic_percent, message.etag, message.action_count) == (30, "e1", 3)
    assert message.create_time.ToDatetime(UTC) == MOMENT
    assert message.spec_digest == "d" * 64
    assert len(message.problems) == 1000


def test_what_a_version_says_makes_the_same_version_again() -> None:
    version = Version(
        **FULL, name=NAME, spec_digest="", create_time=MOMENT, update_time=MOMENT, etag="e"
    )
    problems: list[Any] = []
    assert draft_from(version_to(version), "version", problems) == Draft(**FULL)
    assert not problems


def test_an_empty_version_is_an_empty_draft() -> None:
    problems: list[Any] = []
    assert draft_from(version_pb2.ConnectorVersion(), "version", problems) == Draft()
    message = version_pb2.ConnectorVersion(
        spec_text="openapi: 3.1.0", direct=version_pb2.Direct(base_uri="https://x")
    )
    assert draft_from(message, "version", problems) == Draft(
        spec_text="openapi: 3.1.0", destination=Destination(uri="https://x")
    )
    assert not problems


def version_message() -> version_pb2.ConnectorVersion:
    return version_pb2.ConnectorVersion(
        credentials=[
            credential_pb2.Credential(scheme="a"),
            credential_pb2.Credential(
                bearer=credential_pb2.Credential.Bearer(token_secret="env:T"), location="body"
            ),
        ],
        backend_variables=[version_pb2.BackendVariable(key="k", location=99)],  # type: ignore[arg-type] # beyond its enum
        policy=policy_pb2.Policy(
            timeout=Duration(seconds=1),
            error_rules=[policy_pb2.ErrorRule(code=15), policy_pb2.ErrorRule(code=77)],
        ),
        indirect=version_pb2.Indirect(facade_credential=credential_pb2.Credential()),
    )


def test_all_that_no_draft_can_say_is_told_at_once() -> None:
    changes = [
        gateway_pb2.VersionChange(
            create=gateway_pb2.CreateVersion(version_id="v1", version=version_message())
        ),
        gateway_pb2.VersionChange(),
        gateway_pb2.VersionChange(promote=gateway_pb2.PromoteVersion(name="v1")),
        gateway_pb2.VersionChange(update=gateway_pb2.UpdateVersion()),
    ]
    with pytest.raises(InvalidRequest) as raised:
        changes_from(changes)
    version = "changes[0].create.version"
    assert [each.field for each in raised.value.details.violations] == [
        f"{version}.indirect.facade_credential",
        f"{version}.credentials[0]",
        f"{version}.credentials[1].location",
        f"{version}.backend_variables[0].location",
        f"{version}.policy.error_rules[0].code",
        f"{version}.policy.error_rules[1].code",
        "changes[1]",
        "changes[2].promote.name",
        "changes[3].update.version.name",
    ]


def test_a_change_set_keeps_its_order() -> None:
    request = json_format.ParseDict(
        {
            "changes": [
                {"create": {"versionId": "v2", "strict": True, "version": {"specText": "x"}}},
                {"promote": {"name": str(NAME)}},
                {"promote": {"name": str(NAME), "trafficPercent": 10, "etag": "e"}},
                {"deprecate": {"name": str(NAME), "undo": True}},
                {
                    "update": {
                        "version": {"name": str(NAME), "labels": {"a": "b"}, "etag": "e"},
                        "updateMask": "labels",
                    }
                },
                {"delete": {"name": str(NAME), "force": True}},
            ]
        },
        gateway_pb2.ManageVersionsRequest(),
    )
    assert changes_from(request.changes) == (
        Create(version_id="v2", draft=Draft(spec_text="x"), strict=True),
        Promote(name=NAME),
        Promote(name=NAME, percent=10, etag="e"),
        Deprecate(name=NAME, undo=True),
        Update(name=NAME, draft=Draft(labels={"a": "b"}), paths=("labels",), etag="e"),
        Delete(name=NAME, force=True),
    )


def test_a_new_connector_may_have_a_first_version() -> None:
    request = catalog_pb2.CreateConnectorRequest()
    assert first_from(request) is None
    request.initial_version.version_id = "v1"
    assert first_from(request) == Create(version_id="v1", draft=Draft())
    request.initial_version.version.credentials.add()
    with pytest.raises(InvalidRequest) as raised:
        first_from(request)
    assert raised.value.details.violations[0].field == "initial_version.version.credentials[0]"


def test_a_connector_names_its_live_versions() -> None:
    versions = {
        f"v{n}": Version(
            name=VersionName("pets", f"v{n}"),
            spec_digest="",
            state=state,
            create_time=MOMENT,
            update_time=MOMENT,
        )
        for n, state in enumerate((State.DEPRECATED, State.ACTIVE, State.READY))
    }
    connector = Connector(
        name=ConnectorName("pets"),
        title="Pets",
        description="All of them.",
        labels={"a": "b"},
        etag="e",
        create_time=MOMENT,
        update_time=MOMENT,
        versions=versions,
    )
    message = connector_to(connector)
    assert list(message.live_versions) == ["connectors/pets/versions/v1"]
    assert (message.name, message.title, message.etag) == ("connectors/pets", "Pets", "e")
    again = connector_from(message, connector.name)
    assert (again.title, again.description, again.labels) == ("Pets", "All of them.", {"a": "b"})
