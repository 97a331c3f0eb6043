from typing import Any

import pytest

from facade.catalog.connected import connected, fit
from facade.model.action import Action, Location, SecurityScheme
from facade.model.connection import Connection
from facade.model.credential import ApiKey, Bearer, Credential, CustomHeaders
from facade.model.names import ConnectionName
from facade.model.policy import ActionPolicy, Limit, Policy, Scope
from facade.model.version import Comparison, Condition, Destination, Variable, VariableType
from facade.policy.credentials.requirements import chosen
from tests.fakes import MOMENT, a_version

SCHEMES = ("key", "token")
VERSIONS_OWN = Credential(scheme="key", kind=ApiKey(key="env:A"))
OWN = Credential(scheme="key", kind=ApiKey(key="env:B"))
TOKEN = Credential(scheme="token", kind=Bearer(token="env:C"))
REGION = Variable(name="region", location=Location.HEADER, choices=("eu", "us"))
SHELF = Variable(name="shelf", location=Location.QUERY, required=False, type=VariableType.INTEGER)
SEALED = Variable(name="sealed", location=Location.HEADER, secret="env:S")


def a_connection(**fields: Any) -> Connection:
    given: dict[str, Any] = {
        "name": ConnectionName("berlin", "acme"),
        "connector": "shop",
        "create_time": MOMENT,
        "update_time": MOMENT,
    }
    return Connection(**given | fields)


def test_values_take_the_place_of_the_version_s_own() -> None:
    version = a_version(variables=(REGION, SHELF, SEALED))
    made = connected(
        version,
        a_connection(variables={"region": "us"}, secrets={"shelf": "env:X", "sealed": "env:T"}),
    )
    said = {each.name: (each.value, each.secret) for each in made.variables}
    assert said == {"region": ("us", None), "shelf": (None, "env:X"), "sealed": (None, "env:T")}
    assert made.name is version.name
    assert made.connection == "berlin"


def test_credentials_take_the_place_of_the_version_s_scheme_by_scheme() -> None:
    version = a_version(credentials=(VERSIONS_OWN,))
    assert connected(version, a_connection()).credentials == (VERSIONS_OWN,)
    made = connected(version, a_connection(credentials=(TOKEN, OWN)))
    assert made.credentials == (OWN, TOKEN)


def test_limits_stand_beside_those_of_the_version_and_of_its_actions() -> None:
    of_version, of_action = Limit(calls=5), Limit(calls=3)
    policy = Policy(limits=(of_version,), actions={"get": ActionPolicy(limits=(of_action,))})
    counted = (Limit(scope=Scope.CONNECTION, calls=1), Limit(scope=Scope.SUBJECT, calls=2))
    made = connected(a_version(policy=policy), a_connection(limits=counted))
    assert made.policy_of("other").limits == (of_version, *counted)
    assert made.policy_of("get").limits == (of_action, *counted)


def test_g21_before_a_facade_the_limits_of_the_connection_still_hold() -> None:
    there = Destination(uri="https://facade.test", indirect=True)
    version = a_version(destination=there, policy=Policy(limits=(Limit(calls=9),)))
    own = Limit(scope=Scope.CONNECTION, calls=1)
    made = connected(version, a_connection(limits=(own,)))
    assert made.policy_of("get").limits == (own,)


def test_g12_credentials_go_through_a_facade_beside_its_own() -> None:
    facade = Credential(scheme="", kind=CustomHeaders(headers={"x-facade": "env:F"}))
    there = Destination(uri="https://facade.test", indirect=True, credential=facade)
    action = Action(
        id="get",
        method="GET",
        path="/",
        pointer="",
        security=((SecurityScheme(name="key", type="apiKey", parameter="x-key"),),),
    )
    version = a_version(destination=there, credentials=(VERSIONS_OWN,))
    plain = [each.credential for each in chosen(version, action, ())]
    merged = connected(version, a_connection(credentials=(OWN,)))
    through = [each.credential for each in chosen(merged, action, ())]
    assert (plain, through) == ([facade], [facade, OWN])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"variables": {"region": "eu"}}, []),
        ({"secrets": {"region": "env:R"}}, []),
        ({}, ["variables[region]"]),
        ({"variables": {"region": "mars"}}, ["variables[region]"]),
        ({"variables": {"region": "eu", "shelf": "x"}}, ["variables[shelf]"]),
        ({"variables": {"region": "eu", "nope": "1"}}, ["variables[nope]"]),
        ({"variables": {"region": "eu"}, "secrets": {"nope": "env:N"}}, ["secrets[nope]"]),
        (
            {"variables": {"region": "eu"}, "secrets": {"region": "env:R"}},
            ["variables[region]"],
        ),
        ({"variables": {"region": "eu", "sealed": "open"}}, ["variables[sealed]"]),
        ({"variables": {"region": "eu"}, "credentials": (OWN, TOKEN)}, []),
        (
            {
                "variables": {"region": "eu"},
                "credentials": (OWN, Credential(scheme="zz", kind=ApiKey(key="env:Z"))),
            },
            ["credentials[1].scheme"],
        ),
        (
            {
                "variables": {"region": "eu"},
                "credentials": (
                    Credential(
                        scheme="zz",
                        kind=ApiKey(key="env:Z"),
                        location=Location.HEADER,
                        parameter="x-z",
                    ),
                ),
            },
            [],
        ),
    ],
)
def test_g14_what_does_not_fit_is_found_by_field(fields: dict[str, Any], found: list[str]) -> None:
    version = a_version(variables=(REGION, SHELF, SEALED))
    told = fit(version, a_connection(**fields), SCHEMES)
    assert [each.field for each in told] == found
    assert "mars" not in str(told)


def test_g14_a_condition_is_judged_by_all_values_together() -> None:
    needed = Condition(
        any_of=True,
        comparisons=(
            Comparison(variable="region", equals="us"),
            Comparison(variable="shelf", equals="7"),
        ),
    )
    tax = Variable(name="tax", location=Location.HEADER, required=False, required_when=needed)
    version = a_version(variables=(REGION, SHELF, tax))
    asked = {
        "eu": a_connection(variables={"region": "eu"}),
        "us": a_connection(variables={"region": "us"}),
        "shelf": a_connection(variables={"region": "eu", "shelf": "7"}),
        "given": a_connection(variables={"region": "us", "tax": "1"}),
    }
    found = {key: [each.field for each in fit(version, made, ())] for key, made in asked.items()}
    assert found == {"eu": [], "us": ["variables[tax]"], "shelf": ["variables[tax]"], "given": []}


def test_a_value_that_each_call_may_give_is_not_asked_of_the_connection() -> None:
    mine = Variable(name="mine", location=Location.HEADER, overridable=True)
    assert fit(a_version(variables=(mine,)), a_connection(), ()) == ()


def test_a_document_that_speaks_of_no_security_takes_any_scheme() -> None:
    assert fit(a_version(), a_connection(credentials=(OWN,)), ()) == ()
