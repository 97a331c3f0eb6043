from typing import Any

import pytest
from msgspec import UNSET

from facade.app.api.form.change import CHANGE, MANAGE
from facade.app.api.form.credential import CREDENTIAL
from facade.app.api.form.form import Form
from facade.app.api.form.place import MAX_FOUND, FieldPlace
from facade.app.api.form.policy import POLICY
from facade.app.api.form.secret import SECRET
from facade.app.api.form.variable import CONDITION, VARIABLE
from facade.app.api.form.version import VERSION
from facade.errors.fault import Violation
from facade.model.change import Draft, Promote
from facade.model.names import VersionName
from facade.model.policy import ActionPolicy, Policy


def read(form: Form, tree: Any) -> tuple[Any, dict[str, str]]:
    problems: list[Violation] = []
    value = form.read(tree, FieldPlace("", problems))
    return value, {each.field: each.description for each in problems}


def test_fields_are_taken_in_either_spelling() -> None:
    value, problems = read(POLICY, {"serverConcurrency": 3, "success_statuses": [200]})
    assert value == Policy(server_concurrency=3, success_statuses=(200,))
    assert not problems


def test_null_and_zeros_are_unset() -> None:
    assert read(POLICY, {"serverConcurrency": None, "cost": 0, "retry": None}) == (Policy(), {})


def test_what_has_presence_is_set_though_it_is_zero() -> None:
    (value, _) = read(POLICY, {"timeout": "0s", "actions": {"get": {"limits": {}}}})
    assert value == Policy(timeout=0.0, actions={"get": ActionPolicy(limits=())})


def test_an_unknown_field_is_told_with_the_one_that_may_be_meant() -> None:
    _, problems = read(VERSION, {"spectext": "x", "policy": {"reply": {}}, "colour": 1})
    assert problems == {
        "spectext": "unknown field; did you mean `specText`?",
        "policy.reply": "unknown field; did you mean `retry`?",
        "colour": "unknown field",
    }


def test_a_field_is_given_once() -> None:
    _, problems = read(VERSION, {"specUri": "https://a", "spec_uri": "https://b"})
    assert problems == {"spec_uri": "is given twice"}


def test_of_a_oneof_one_is_given() -> None:
    _, problems = read(VARIABLE, {"key": "k", "value": "", "secret": "env:A"})
    assert problems == {"": "give only one of `value` and `secret`"}


def test_what_is_only_told_is_left_out_of_account() -> None:
    asked, problems = read(VERSION, {"state": "STATE_ACTIVE", "actionCount": "many"})
    assert (asked.draft, problems) == (Draft(), {})


def test_everything_that_is_wrong_is_told_at_once_and_by_the_names_of_the_protos() -> None:
    tree = {
        "backendVariables": [{"key": 5}, "x", None],
        "policy": {"actions": {"get": {"cache": {"keyWithout": "a"}}}, "limits": {}},
        "labels": {"team": 1},
    }
    assert read(VERSION, tree)[1] == {
        "backend_variables[0].key": "must be a string, not number",
        "backend_variables[1]": "must be an object, not string",
        "backend_variables[2]": "must be an object, not null",
        "policy.actions[get].cache.key_without": "must be an array, not string",
        "policy.limits": "must be an array, not object",
        "labels[team]": "must be a string, not number",
    }


def test_a_caller_is_told_of_so_many_things_at_most_and_soon() -> None:
    fields = {f"policies{number}": 1 for number in range(200_000)}
    assert len(read(VERSION, fields)[1]) == MAX_FOUND
    assert len(read(POLICY, {"errorRules": [{"code": "NOT_FOUN"}] * 100_000})[1]) == MAX_FOUND


def test_an_object_in_too_many_others_is_refused() -> None:
    tree: dict[str, Any] = {}
    for _ in range(5000):
        tree = {"conditions": [tree]}
    _, problems = read(CONDITION, tree)
    assert list(problems.values()) == ["is nested too deep"]


@pytest.mark.parametrize("tree", ["hunter2", ["hunter2"], {"hunter2": 1}, 5])
def test_a_secret_of_a_wrong_type_is_not_told(tree: Any) -> None:
    _, problems = read(SECRET, {"value": tree, "notes": 7})
    assert set(problems) <= {"value", "notes"}
    assert "hunter2" not in str(problems)


def test_a_credential_has_one_kind() -> None:
    kinds = "basic, digest, bearer, api_key, oauth2, mutual_tls, aws_sig_v4, custom_headers"
    assert read(CREDENTIAL, {"scheme": "a"}) == (UNSET, {"": f"one of {kinds} is required"})
    assert read(CREDENTIAL, {"bearer": 5}) == (UNSET, {"bearer": "must be an object, not number"})
    assert read(CREDENTIAL, {"oauth2": {}})[1] == {"oauth2.grant": "is required"}
    assert read(CREDENTIAL, {"oauth2": {"grant": "NO"}})[1] == {
        "oauth2.grant": "NO is none of its values"
    }


def test_a_change_is_one_of_six() -> None:
    name = "connectors/pets/versions/v1"
    promoted = Promote(name=VersionName("pets", "v1"))
    assert read(CHANGE, {"promote": {"name": name}}) == (promoted, {})
    wanted = "one of create, update, promote, deprecate, delete and rollback is required"
    assert read(CHANGE, {}) == (UNSET, {"": wanted})
    assert read(CHANGE, {"delete": "v1"})[1] == {"delete": "must be an object, not string"}
    _, problems = read(MANAGE, {"changes": [{"promote": {"name": 5}}, {"promote": {"name": "v1"}}]})
    assert problems["changes[0].promote.name"] == "must be a string, not number"
    assert "connectors/{connector}" in problems["changes[1].promote.name"]


def test_schemas_say_what_is_only_given_and_what_is_only_told() -> None:
    told = SECRET.component()
    assert told["properties"]["value"]["writeOnly"]
    assert told["properties"]["fingerprint"]["readOnly"]
    assert told["additionalProperties"] is False
    assert CHANGE.component()["maxProperties"] == 1
    assert "At most one of `value`, `secret`." in VARIABLE.component()["description"]
    assert VARIABLE.component()["required"] == ["key"]
