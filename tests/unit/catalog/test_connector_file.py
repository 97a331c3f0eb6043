"""The connector file: what it says, and what is wrong with it."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from facade.catalog.connector_draft import SpecReader
from facade.catalog.connector_file import ConnectorFile, parse
from facade.catalog.connector_form import schema
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Code
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.credential import ApiKey, Basic, Bearer, Credential
from facade.model.names import ConnectorName
from facade.model.policy import ErrorRule, Policy
from facade.model.version import Balancing, Destination, Variable

NOW = datetime(2026, 1, 1, tzinfo=UTC)

WHOLE = """\
connector: pets
title: Pet store
description: |
  Pets.
labels: {team: animals}
versions:
  - id: v1
    spec: specs/pets.yaml
    server: https://pets.example.com
    credentials:
      - {scheme: a, basic: {username: u, password: env:P}}
      - {scheme: b, bearer: {token: file:t}}
      - {scheme: c, apiKey: {key: env:K, prefix: 'Token ', in: query, name: key}}
    variables:
      - {name: X-Tenant, value: 'yes'}
      - {name: region, in: server, secret: env:REGION, required: false}
    policy:
      timeout: 500ms
      successStatuses: [200, 404]
      errorRules:
        - {status: 409, pointer: /code, equals: taken, code: ALREADY_EXISTS, messagePointer: /m}
    labels: {stage: old}
    notes: first
  - id: v2
    spec: https://example.com/openapi.json
    indirect:
      server: https://facade.example.com
      moreServers: [https://other.example.com]
      mark: X-Facade
      credential: {bearer: {token: env:F}}
  - id: v3
    spec: {openapi: 3.0.3, info: {title: P, version: '1'}, paths: {}}
live: {v1: 90, v3: 10}
"""


def files(**texts: str) -> SpecReader:
    def read_spec(name: str, _root: str) -> Draft:
        if name not in texts:
            raise FileNotFoundError(2, "No such file or directory", name)
        return Draft(spec_text=texts[name])

    return read_spec


def parsed(text: str, source: str = "pets.yaml") -> ConnectorFile:
    return parse(text, source, files(**{"specs/pets.yaml": "openapi: 3.0.3\n", "s": "x"}))


def test_a_whole_file_is_read() -> None:
    file = parsed(WHOLE)
    assert (file.name, file.title, file.description) == (
        ConnectorName("pets"),
        "Pet store",
        "Pets.\n",
    )
    assert file.labels == {"team": "animals"}
    assert file.live == {"v1": 90, "v3": 10}
    assert file.drafts == {
        "v1": Draft(
            spec_text="openapi: 3.0.3\n",
            destination=Destination(uri="https://pets.example.com"),
            credentials=(
                Credential(scheme="a", kind=Basic(username="u", password="env:P")),
                Credential(scheme="b", kind=Bearer(token="file:t")),
                Credential(
                    scheme="c",
                    kind=ApiKey(key="env:K", prefix="Token "),
                    location=Location.QUERY,
                    parameter="key",
                ),
            ),
            variables=(
                Variable(name="X-Tenant", location=Location.HEADER, value="yes"),
                Variable(name="region", location=None, secret="env:REGION", required=False),
            ),
            policy=Policy(
                timeout=0.5,
                success_statuses=(200, 404),
                error_rules=(
                    ErrorRule(
                        status=409,
                        pointer="/code",
                        equals="taken",
                        code=Code.ALREADY_EXISTS,
                        message_pointer="/m",
                    ),
                ),
            ),
            labels={"stage": "old"},
            notes="first",
        ),
        "v2": Draft(
            spec_uri="https://example.com/openapi.json",
            destination=Destination(
                uri="https://facade.example.com",
                others=("https://other.example.com",),
                balancing=Balancing.FAILOVER,
                indirect=True,
                mark="X-Facade",
                credential=Credential(scheme="", kind=Bearer(token="env:F")),
            ),
        ),
        "v3": Draft(
            spec_text='{"openapi": "3.0.3", "info": {"title": "P", "version": "1"}, "paths": {}}'
        ),
    }


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("openapi: 3.1.0\ninfo: {title: ' Pets ', version: 1}\npaths: {}\n", "Pets"),
        ('{"swagger": "2.0", "paths": {}}', ""),
    ],
)
def test_a_bare_document_is_a_connector_named_after_its_file(text: str, title: str) -> None:
    file = parsed(text, "My Pets_v2.openapi.yaml")
    assert (str(file.name), file.title) == ("connectors/my-pets-v2-openapi", title)
    assert file.drafts == {"v1": Draft(spec_text=text)}
    assert file.live == {"v1": 100}


def test_one_version_serves_live_calls_without_being_told() -> None:
    assert parsed("connector: a\nversions: [{id: v7, spec: s}]\n").live == {"v7": 100}


HEAD = "connector: a\nversions:\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("just text", [("", 1, "must be a mapping with `connector` and `versions`")]),
        ("connector: a\n", [("", 1, "`versions` is required")]),
        ("connector: a\nversions: []\n", [("versions", 2, "must be a list of length >= 1")]),
        (
            "titel: x\nconnector: A\nversions: [{id: v1, spec: s}]\n",
            [
                ("titel", 1, "unknown key; did you mean `title`?"),
                ("connector", 2, "must be lower case letters, digits and `-`, a letter first"),
            ],
        ),
        (HEAD + "  - {id: v1}\n", [("versions[0]", 3, "`spec` is required")]),
        (
            HEAD + "  - id: v1\n    spec: s\n    polcy: {}\n    verson: 1\n",
            [
                ("versions[0].polcy", 5, "unknown key; did you mean `policy`?"),
                ("versions[0].verson", 6, "unknown key"),
            ],
        ),
        (
            HEAD + "  - {id: v1, spec: 3}\n  - {id: v2, spec: s, notes: 7}\nlive: v2\n",
            [
                ("versions[0].spec", 3, "must be text or a mapping, not a whole number"),
                ("versions[1].notes", 4, "must be text; put it in quotes"),
            ],
        ),
        (HEAD + "  - {id: v1, spec: gone}\n", [("versions[0].spec", 3, "cannot read `gone`: No")]),
        (
            HEAD + "  - id: v1\n    spec: s\n    server: pets.example.com\n",
            [("versions[0].server", 5, "must be an absolute http or https URL")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    credentials:\n      - scheme: a\n"
            "        bearer: {token: hunter2}\n",
            [("versions[0].credentials[0].bearer.token", 7, "a secret is named, never given")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    credentials:\n      - scheme: a\n",
            [("versions[0].credentials[0]", 6, "exactly one of `basic`, `digest`, `bearer`")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    server: https://a\n    indirect: {server: 'x'}\n",
            [
                ("versions[0].server", 5, "give `server` or `indirect`, not both"),
                ("versions[0].indirect.server", 6, "must be an absolute http or https URL"),
            ],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    balancing: failover\n"
            "    indirect: {server: 'https://a', moreServers: [x], mark: a b}\n",
            [
                ("versions[0].balancing", 5, "give `balancing` or `indirect`, not both"),
                (
                    "versions[0].indirect.moreServers[0]",
                    6,
                    "must be an absolute http or https URL",
                ),
                ("versions[0].indirect.mark", 6, "must be the name of a header, or `none`"),
            ],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    variables:\n"
            "      - {name: a, value: x, secret: env:A}\n",
            [("versions[0].variables[0]", 6, "give a value or a secret, not both")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    policy: {timeout: fast}\n",
            [("versions[0].policy.timeout", 5, "must be a duration such as `10s`")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    policy: {timeout: 6m}\n",
            [("versions[0].policy.timeout", 5, "more than 0 and at most 300")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    policy:\n      errorRules:\n"
            "        - {code: NOPE}\n",
            [("versions[0].policy.errorRules[0].code", 7, "must be one of `ABORTED`, `ALREADY_")],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    policy:\n      actions:\n"
            "        ok: {cost: 1}\n        getPets:\n          cache: {ttl: 5, tl: 5s}\n"
            "        addPet: {cost: 0}\n",
            [
                ("versions[0].policy.actions.getPets.cache.ttl", 9, "must be a duration such"),
                ("versions[0].policy.actions.getPets.cache.tl", 9, "unknown key; did you mean"),
                ("versions[0].policy.actions.addPet.cost", 10, "must be a whole number >= 1"),
            ],
        ),
        (
            HEAD + "  - id: v1\n    spec: s\n    credentials:\n      - scheme: own\n"
            "        headers: {X-A: env:A, X-B: hunter2, X-C: hunter3}\n",
            [
                ("versions[0].credentials[0].headers.X-B", 7, "a secret is named, never given"),
                ("versions[0].credentials[0].headers.X-C", 7, "a secret is named, never given"),
            ],
        ),
        (
            HEAD + "  - {id: v1, spec: s, concurrency: [{calls: 3}]}\n",
            [("versions[0].concurrency", 3, "is no key of this object; it belongs elsewhere")],
        ),
        (
            HEAD + "  - {id: v1, spec: s}\n  - {id: v1, spec: s}\nlive: v1\n",
            [("versions[1].id", 4, "`v1` stands twice")],
        ),
        (HEAD + "  - {id: live, spec: s}\n", [("versions[0].id", 3, "`live` is reserved")]),
        (
            HEAD + "  - {id: v1, spec: s}\n  - {id: v2, spec: s}\n",
            [("versions", 2, "`live` must say which of several versions")],
        ),
        (
            HEAD + "  - {id: v1, spec: s}\nlive: v2\n",
            [("live", 4, "no version `v2` stands in this file; it has `v1`")],
        ),
        (
            HEAD + "  - {id: v1, spec: s}\n  - {id: v2, spec: s}\nlive: {v1: 50, v2: 49}\n",
            [("live", 5, "the shares come to 99, not to 100")],
        ),
        (
            "connector: a\nconnector: b\nversions: [{id: v1, spec: s}]\n",
            [("connector", 2, "`connector` stands twice")],
        ),
    ],
)
def test_everything_wrong_is_said_with_field_and_line(
    text: str, found: list[tuple[str, int, str]]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parsed(text)
    violations = caught.value.details.violations
    assert [each.field for each in violations] == [field for field, _, _ in found]
    for each, (_, line, said) in zip(violations, found, strict=True):
        assert each.description.startswith(f"pets.yaml:{line}: {said}")
    assert caught.value.message.startswith(f"pets.yaml:{found[0][1]}: ")
    assert "hunter2" not in str(violations) + caught.value.message


def test_a_file_that_is_no_yaml_names_the_place() -> None:
    with pytest.raises(InvalidRequest, match=r"line 2, column .*: pets\.yaml: "):
        parsed("connector: a\nversions: [{id: v1]\n")


VALID: dict[str, Any] = {"connector": "a", "versions": [{"id": "v1", "spec": "s"}]}


@pytest.mark.parametrize(
    ("tree", "right"),
    [
        (VALID, True),
        ({**VALID, "live": "v1"}, True),
        ({**VALID, "live": {"v1": 100}}, True),
        ({**VALID, "live": {"v1": 0}}, False),
        ({**VALID, "extra": 1}, False),
        ({**VALID, "labels": {"a": 1}}, False),
        ({"connector": "A", "versions": VALID["versions"]}, False),
        ({"connector": "a"}, False),
        ({**VALID, "versions": [{"id": "v1", "spec": 7}]}, False),
        (
            {**VALID, "versions": [{"id": "v1", "spec": "s", "variables": [{"name": "a"}]}]},
            True,
        ),
        (
            {
                **VALID,
                "versions": [{"id": "v1", "spec": "s", "variables": [{"name": "a", "in": "x"}]}],
            },
            False,
        ),
        (
            {
                **VALID,
                "versions": [
                    {
                        "id": "v1",
                        "spec": "s",
                        "credentials": [{"scheme": "x", "bearer": {"token": "literal"}}],
                    }
                ],
            },
            False,
        ),
    ],
)
def test_the_schema_and_the_decoder_judge_alike(tree: dict[str, Any], *, right: bool) -> None:
    assert jsonschema_rs.validator_for(schema()).is_valid(tree) is right
    if right:
        parsed(json.dumps(tree))
    else:
        with pytest.raises(InvalidRequest):
            parsed(json.dumps(tree))


def test_a_flow_is_told_apart_by_who_takes_it() -> None:
    with pytest.raises(InvalidRequest, match="this is a flow: `portico apply` takes it"):
        parse("title: Pets\nsteps: []\n", "pets.yaml", lambda _path, _root: Draft())
