"""What is kept of an action for each version that has it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.action import Action, Location, Parameter, Server, Style
from facade.model.call import Call, Plan
from facade.model.names import ActionName, VersionName
from facade.model.policy import Policy
from facade.model.version import (
    DeepObjectArrays,
    Destination,
    Serialization,
    Variable,
    Version,
)
from facade.transcode.arguments import parse
from facade.transcode.encode import KEPT, Recipe, compile_recipe, encode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = Version(
    name=VersionName("c", "v1"),
    spec_digest="",
    create_time=NOW,
    update_time=NOW,
    destination=Destination(uri="https://api.x.org/base/"),
)


def in_query(name: str, style: Style) -> Parameter:
    return Parameter(
        key=name, name=name, location=Location.QUERY, required=False, style=style, explode=True
    )


ACTION = Action(
    id="a",
    method="GET",
    path="/x",
    pointer="",
    parameters=(in_query("f", Style.DEEP_OBJECT), in_query("api-version", Style.FORM)),
    servers=(Server(url="https://{region}.x.org"),),
)


def plan(
    recipe: Recipe, version: Version, text: str = "{}", *, say: str = "", **values: str
) -> Plan:
    given = {"region": say} if say else {}
    call = Call(name=ActionName("c", "v1", "a"), arguments=parse(text), variables=given)
    return encode(version, ACTION, call, values, recipe)


def test_versions_that_share_an_action_keep_their_own_policy_address_and_style() -> None:
    recipe = compile_recipe(ACTION)
    other = replace(
        VERSION,
        destination=Destination(uri="http://b.org"),
        policy=Policy(timeout=3.0),
        serialization=Serialization(deep_object_arrays=DeepObjectArrays.REPEAT),
    )
    for _ in range(2):
        first, second = (plan(recipe, each, '{"f":["y"]}') for each in (VERSION, other))
        assert first.uri == "https://api.x.org/base/x?f%5B%5D=y"
        assert second.uri == "http://b.org/x?f=y"
        assert (first.timeout, second.timeout) == (10.0, 3.0)
        assert second.policy is other.policy
    assert plan(recipe, other).policy is plan(recipe, other).policy


def test_of_very_many_versions_only_the_last_ones_are_kept() -> None:
    recipe = compile_recipe(ACTION)
    hosts = [f"https://h{each}.x.org" for each in range(3 * KEPT)]
    versions = [replace(VERSION, destination=Destination(uri=each)) for each in hosts]
    assert [plan(recipe, each).origin for each in versions] == hosts
    assert len(recipe.versions) <= KEPT


def test_a_secret_that_changes_changes_the_next_call_and_its_server() -> None:
    region = Variable(name="region", location=None, secret="env:R")
    version = replace(VERSION, destination=Destination(), variables=(region,))
    recipe = compile_recipe(ACTION)
    for name in ("eu", "eu", "us", "eu"):
        assert plan(recipe, version, region=name).origin == f"https://{name}.x.org"


def test_what_a_call_may_say_itself_is_not_kept_for_the_next() -> None:
    region = Variable(name="region", location=None, value="eu", overridable=True)
    version = replace(VERSION, destination=Destination(), variables=(region,))
    recipe = compile_recipe(ACTION)
    for say, name in (("", "eu"), ("us", "us"), ("", "eu"), ("ap", "ap")):
        assert plan(recipe, version, say=say).origin == f"https://{name}.x.org"


def test_what_no_call_may_say_is_refused_after_calls_that_did_not_say_it() -> None:
    version = replace(
        VERSION, variables=(Variable(name="api-version", location=Location.QUERY, value="7"),)
    )
    recipe = compile_recipe(ACTION)
    assert plan(recipe, version).target == "/base/x?api-version=7"
    with pytest.raises(InvalidParameters):
        plan(recipe, version, say="us")
    with pytest.raises(InvalidParameters):
        plan(recipe, version, '{"api-version":"8"}')
    assert plan(recipe, version).target == "/base/x?api-version=7"


def test_a_thousand_connections_in_turn_are_fitted_once_each_and_share_their_writers() -> None:
    recipe = compile_recipe(ACTION)
    versions = [replace(VERSION, connection=f"c{each}") for each in range(1000)]
    first = [recipe.fitted(each, ACTION) for each in versions]
    assert all(
        recipe.fitted(each, ACTION) is fitted for each, fitted in zip(versions, first, strict=True)
    )
    assert len({id(each.writers) for each in first}) == 1
