from typing import Any

import pytest

from facade.connections.request import FIELDS, check_new, check_reason, counted
from facade.errors.caller import InvalidRequest
from facade.model.action import Location
from facade.model.connection import Connection
from facade.model.credential import ApiKey, Credential
from facade.model.names import ConnectionName
from facade.model.policy import Limit, Scope
from tests.fakes import MOMENT

KEY = Credential(scheme="key", kind=ApiKey(key="env:A"))


def a_connection(name: str = "berlin", **fields: Any) -> Connection:
    given: dict[str, Any] = {
        "name": ConnectionName(name),
        "connector": "shop",
        "create_time": MOMENT,
        "update_time": MOMENT,
    }
    return Connection(**given | fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, []),
        ({"name": "a" * 49}, []),
        ({"name": "a" * 50}, ["connection_id"]),
        ({"name": "-"}, ["connection_id"]),
        ({"connector": ""}, ["connection.connector"]),
        ({"version": "V1"}, ["connection.version"]),
        ({"labels": {"": "x"}}, ["connection.labels."]),
        ({"secrets": {"a": "hunter2"}}, ["connection.secrets[a]"]),
        ({"credentials": (KEY, KEY)}, ["connection.credentials[1].scheme"]),
        ({"limits": (Limit(calls=0),)}, ["connection.limits[0].calls"]),
        ({"limits": (Limit(calls=2), Limit(scope=Scope.SUBJECT, calls=1))}, []),
        (
            {"limits": (Limit(scope=Scope.TENANT, calls=1),)},
            ["connection.limits[0].scope"],
        ),
        ({"allowed_hosts": ("a.test", "*.b.test:81", "[::1]:8080", "127.0.0.1")}, []),
        ({"allowed_hosts": ("*",)}, ["connection.allowed_hosts[0]"]),
        ({"allowed_hosts": ("https://a.test",)}, ["connection.allowed_hosts[0]"]),
        ({"allowed_hosts": ("A.test",)}, ["connection.allowed_hosts[0]"]),
        ({"variables": {str(each): "" for each in range(101)}}, ["connection.variables"]),
    ],
)
def test_what_is_wrong_is_found_by_field(fields: dict[str, Any], found: list[str]) -> None:
    told = list(check_new(a_connection(**fields)))
    fields_told = [each.field for each in told]
    assert fields_told[: len(found)] == found
    assert bool(fields_told) == bool(found)
    assert "hunter2" not in str(told)


def test_a_key_may_say_itself_where_it_goes() -> None:
    placed = Credential(
        scheme="k", kind=ApiKey(key="env:A"), location=Location.HEADER, parameter="x-k"
    )
    assert not list(check_new(a_connection(credentials=(placed,))))


def test_g21_a_limit_counts_the_connection_s_calls_or_those_of_each_subject() -> None:
    given = (Limit(calls=1), Limit(scope=Scope.SUBJECT, calls=2))
    made = counted(a_connection(limits=given))
    assert [each.scope for each in made.limits] == [Scope.CONNECTION, Scope.SUBJECT]


@pytest.mark.parametrize(
    "paths", [(), ("name",), ("uid",), ("connector",), ("etag",), ("lock",), ("x",), ("*", "title")]
)
def test_g17_a_mask_names_fields_that_can_change(paths: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        FIELDS.chosen(paths)
    assert {each.field for each in refused.value.details.violations} == {"update_mask"}


def test_g17_a_star_stands_for_all_of_them() -> None:
    assert FIELDS.chosen(("*",)) == FIELDS.updatable
    assert FIELDS.chosen(("labels", "title")) == ("labels", "title")


@pytest.mark.parametrize("reason", ["", " ", "x" * 1025])
def test_g17_a_lock_has_a_reason(reason: str) -> None:
    with pytest.raises(InvalidRequest):
        check_reason(reason)
