"""What is wrong with a draft is said by field, all at once, and secrets are never told."""

import pytest

from facade.catalog.draft import check_draft
from facade.errors.fault import Code
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.credential import ApiKey, Basic, Bearer, Credential
from facade.model.policy import ErrorRule, Policy
from facade.model.version import Destination, Variable


def drafted(**parts: object) -> Draft:
    return Draft(**{"spec_text": "openapi: 3.0.3", **parts})  # type: ignore[arg-type]  # the columns of the table


def test_a_whole_draft_is_taken() -> None:
    draft = drafted(
        destination=Destination(uri="https://{region}.example.com:8443/v1"),
        credentials=(
            Credential(scheme="b", kind=Basic(username="u", password="env:P")),
            Credential(
                scheme="k",
                kind=ApiKey(key="file:key"),
                location=Location.HEADER,
                parameter="X-Key",
            ),
        ),
        variables=(Variable(name="region", location=None, value="eu"),),
        policy=Policy(timeout=300, error_rules=(ErrorRule(code=Code.NOT_FOUND, pointer="/a"),)),
        labels={"team": "pets"},
    )
    assert list(check_draft(draft, "v")) == []


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(), "v.spec_text"),
        (Draft(spec_uri="ftp://x/y"), "v.spec_uri"),
        (drafted(destination=Destination(uri="pets.example.com")), "v.direct.base_uri"),
        (drafted(destination=Destination(uri="http://u:p@h")), "v.direct.base_uri"),
        (drafted(destination=Destination(uri="http://h:99999")), "v.direct.base_uri"),
        (drafted(destination=Destination(uri="http://h/#f")), "v.direct.base_uri"),
        (drafted(destination=Destination(uri="f", indirect=True)), "v.indirect.facade_uri"),
        (drafted(destination=Destination(indirect=True, mark="a b")), "v.indirect.mark"),
        (
            drafted(destination=Destination(uri="http://f", others=("g",), indirect=True)),
            "v.indirect.more_facade_uris[0]",
        ),
        (
            drafted(destination=Destination(others=("http://f",), indirect=True)),
            "v.indirect.facade_uri",
        ),
        (
            drafted(
                destination=Destination(
                    uri="http://f",
                    indirect=True,
                    credential=Credential(scheme="", kind=Bearer(token="hunter2")),
                )
            ),
            "v.indirect.facade_credential.bearer.token_secret",
        ),
        (
            drafted(credentials=(Credential(scheme="", kind=Bearer(token="env:T")),)),
            "v.credentials[0].scheme",
        ),
        (
            drafted(
                credentials=(Credential(scheme="s", kind=Basic(username="u", password="hunter2")),)
            ),
            "v.credentials[0].basic.password_secret",
        ),
        (
            drafted(
                credentials=(
                    Credential(
                        scheme="s",
                        kind=ApiKey(key="env:K"),
                        location=Location.BODY,
                        parameter="k",
                    ),
                )
            ),
            "v.credentials[0].location",
        ),
        (
            drafted(credentials=(Credential(scheme="s", kind=ApiKey(key="env:K"), parameter="k"),)),
            "v.credentials[0].parameter",
        ),
        (
            drafted(variables=(Variable(name="", location=None, value="1"),)),
            "v.backend_variables[0].key",
        ),
        (
            drafted(variables=(Variable(name="a", location=None, value="1", secret="env:A"),)),
            "v.backend_variables[0]",
        ),
        (
            drafted(variables=(Variable(name="a", location=None, secret="hunter2"),)),
            "v.backend_variables[0].secret",
        ),
        (drafted(policy=Policy(timeout=0)), "v.policy.timeout"),
        (drafted(policy=Policy(timeout=300.1)), "v.policy.timeout"),
        (drafted(policy=Policy(success_statuses=(200, 99))), "v.policy.success_statuses[1]"),
        (
            drafted(policy=Policy(error_rules=(ErrorRule(code=Code.OK),))),
            "v.policy.error_rules[0].code",
        ),
        (
            drafted(policy=Policy(error_rules=(ErrorRule(code=Code.ABORTED, pointer="a"),))),
            "v.policy.error_rules[0].pointer",
        ),
        (
            drafted(policy=Policy(error_rules=(ErrorRule(code=Code.ABORTED, status=600),))),
            "v.policy.error_rules[0].http_status",
        ),
        (drafted(labels={"": "x"}), "v.labels."),
        (drafted(labels={"k": "x" * 64}), "v.labels.k"),
        (drafted(labels={str(number): "" for number in range(65)}), "v.labels"),
    ],
)
def test_each_fault_of_a_draft_names_its_field(draft: Draft, field: str) -> None:
    found = list(check_draft(draft, "v"))
    assert [each.field for each in found] == [field]
    assert "hunter2" not in str(found)
