"""Whole plans: what a call comes to on the wire."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from facade.errors.caller import ActionUnsupported, ConnectionIncomplete, InvalidParameters
from facade.model.action import (
    Action,
    Body,
    Location,
    Media,
    Parameter,
    Problem,
    Response,
    Schema,
    Server,
    Style,
)
from facade.model.call import Call, Plan, Upload
from facade.model.names import ActionName, VersionName
from facade.model.policy import Policy
from facade.model.version import Destination, Variable, Version
from facade.transcode.arguments import parse
from facade.transcode.encode import compile_recipe, encode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = Version(
    name=VersionName("c", "v1"),
    spec_digest="",
    create_time=NOW,
    update_time=NOW,
    destination=Destination(uri="https://api.x.org/base/"),
)
PET: Schema = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}


def parameter(name: str, location: Location, **more: Any) -> Parameter:
    styles = {Location.PATH: Style.SIMPLE, Location.HEADER: Style.SIMPLE}
    defaults: dict[str, Any] = {
        "key": name,
        "required": location is Location.PATH,
        "style": styles.get(location, Style.FORM),
        "explode": location in {Location.QUERY, Location.COOKIE},
        "schema": True,
    }
    return Parameter(name=name, location=location, **{**defaults, **more})


def in_path(name: str = "id", **more: Any) -> Parameter:
    return parameter(name, Location.PATH, **more)


def in_query(name: str = "q", **more: Any) -> Parameter:
    return parameter(name, Location.QUERY, **more)


def in_header(name: str = "X-H", **more: Any) -> Parameter:
    return parameter(name, Location.HEADER, **more)


def in_cookie(name: str = "c", **more: Any) -> Parameter:
    return parameter(name, Location.COOKIE, **more)


def action(
    path: str, *parameters: Parameter, method: str = "GET", body: Body | None = None
) -> Action:
    return Action(
        id="a", method=method, path=path, pointer="/paths/p", parameters=parameters, body=body
    )


def json_body(**more: Any) -> Body:
    media = (Media(type="application/json", schema=PET),)
    return Body(**{"required": True, "media": media, "flat": ("name", "age"), **more})


def call(text: str, **more: Any) -> Call:
    return Call(name=ActionName("c", "v1", "a"), arguments=parse(text), **more)


def plan(each: Action, text: str = "{}", version: Version = VERSION, **more: Any) -> Plan:
    return encode(version, each, call(text, **more))


def refused(each: Action, text: str, version: Version = VERSION, **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidParameters) as caught:
        plan(each, text, version, **more)
    return {one.field: one.description for one in caught.value.details.violations}


def with_variables(*variables: Variable) -> Version:
    return replace(VERSION, variables=variables)


def test_a_call_becomes_a_plan() -> None:
    each = action("/pet/{id}", in_path(), in_query(), in_query("tags"), in_header(), in_cookie())
    made = plan(each, '{"tags":["a","b"],"id":7,"q":"x y","X-H":"v","c":"1"}')
    assert made.method == "GET"
    assert made.uri == "https://api.x.org/base/pet/7?q=x%20y&tags=a&tags=b"
    assert made.headers == (("accept", "*/*"), ("X-H", "v"), ("cookie", "c=1"))
    assert made.body is None
    assert made.timeout == 10.0


def test_a_recipe_made_before_gives_the_same_plan() -> None:
    each = action("/pet/{id}", in_path())
    assert encode(VERSION, each, call('{"id":1}'), {}, compile_recipe(each)) == plan(
        each, '{"id":1}'
    )


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{}", "/id"),
        ('{"id":"x"}', "/id"),
        ('{"id":1,"q":[2]}', "/q"),
        ('{"id":1,"more":2}', "/more"),
        ('{"id":1,"body":{}}', "/body"),
    ],
)
def test_one_flaw_alone_is_found_whatever_it_is(text: str, field: str) -> None:
    number = {"type": "integer"}
    each = action("/x/{id}", in_path(schema=number), in_query(schema=number))
    assert list(refused(each, text)) == [field]
    assert list(refused(each, text, accept="no type")) == [field, "accept"]
    assert list(refused(each, '{"id":1,"q":2}', accept="no type")) == ["accept"]


@pytest.mark.parametrize("value", ["../admin", "..", ".", "", "a/../b"])
def test_b01_dot_segments_and_emptiness_are_refused_in_a_path(value: str) -> None:
    assert list(refused(action("/x/{id}", in_path()), f'{{"id":"{value}"}}')) == ["/id"]


@pytest.mark.parametrize("text", ["null", "[]", "{}", '[".."]', '["b","a/.."]', '{"../x":1}'])
def test_b01_what_leaves_a_segment_empty_or_climbing_is_refused(text: str) -> None:
    each = action("/x/{id}", in_path(explode=True))
    assert list(refused(each, f'{{"id":{text}}}')) == ["/id"]


def test_b01_two_values_that_make_a_dot_segment_together_are_refused() -> None:
    each = action("/x/{a}{b}", in_path("a", style=Style.LABEL), in_path("b"))
    assert refused(each, '{"a":"","b":""}')
    assert refused(action("/x/.{a}", in_path("a", style=Style.LABEL)), '{"a":""}')


def test_b01_a_slash_stays_within_its_segment() -> None:
    assert plan(action("/x/{id}/y", in_path()), '{"id":"a/b"}').target == "/base/x/a%2Fb/y"
    each = action("/x/{id}/y", in_path(allow_reserved=True))
    assert plan(each, '{"id":"a/b?c:d"}').target == "/base/x/a%2Fb%3Fc:d/y"


@pytest.mark.parametrize(
    "value", ["%2e%2e%2f", "..%5c", "..;/", "%252e%252e%252f", "..\\\\x", ".%2E/", "a%00b"]
)
def test_b02_encoded_dot_segments_are_refused(value: str) -> None:
    assert list(refused(action("/x/{id}", in_path()), f'{{"id":"{value}"}}')) == ["/id"]
    ways: list[dict[str, Any]] = [{"allow_reserved": True}, {"multi_segment": True}]
    for more in (*ways, {"encode_twice": True}):
        assert list(refused(action("/x/{id}", in_path(**more)), f'{{"id":"{value}"}}')) == ["/id"]


def test_b02_other_percent_signs_are_data() -> None:
    assert plan(action("/x/{id}", in_path()), '{"id":"100%41"}').target == "/base/x/100%2541"


@pytest.mark.parametrize("value", ["http://evil/", "//evil", "@evil", "\\\\\\\\evil", "evil:80"])
def test_b03_the_origin_is_always_the_versions(value: str) -> None:
    for base in ("https://api.x.org", "https://api.x.org/base"):
        version = replace(VERSION, destination=Destination(uri=base))
        made = plan(action("/{id}", in_path()), f'{{"id":"{value}"}}', version)
        assert made.origin == "https://api.x.org"
        assert made.target.count("/") == base.count("/") - 1
        assert "@" not in made.target


def test_b04_values_never_make_pairs_of_their_own() -> None:
    each = action("/x/{id}", in_path(), in_query(), in_query("p"))
    made = plan(each, '{"id":"a?b#c&d=e;f","q":"1&p=2;r=3#x?y","p":"=&"}')
    assert made.target == ("/base/x/a%3Fb%23c%26d%3De%3Bf?q=1%26p%3D2%3Br%3D3%23x%3Fy&p=%3D%26")


def test_b09_all_that_is_wrong_is_told_before_any_io() -> None:
    each = action(
        "/x/{id}", in_path(schema={"type": "integer"}), in_header(), in_query(required=True)
    )
    found = refused(each, '{"id":"7","X-H":"a\\n","z":1}')
    assert set(found) == {"/id", "/X-H", "/q", "/z"}


@pytest.mark.parametrize(
    "literal", ["9007199254740993", "9223372036854775807", "1e400", "-0", "0.1", "1.0"]
)
def test_b10_digits_on_the_wire_are_those_of_the_caller(literal: str) -> None:
    each = action(
        "/x/{id}", in_path(), in_query(), in_header(), in_cookie(), method="POST", body=json_body()
    )
    text = f'{{"id":{literal},"q":[{literal}],"X-H":{literal},"c":{literal},'
    made = plan(each, f'{text}"body":{{"name":"x","n": {literal} }}}}')
    assert made.target == f"/base/x/{literal}?q={literal}"
    assert made.headers[2:] == (("X-H", literal), ("cookie", f"c={literal}"))
    assert made.body == f'{{"name":"x","n": {literal} }}'.encode()


def test_b21_a_template_in_a_value_is_data() -> None:
    each = action("/x/{id}", in_path(), in_query(), in_header())
    version = with_variables(Variable(name="id2", location=None, value="secret"))
    made = plan(each, '{"id":"{q}","q":"{{id2}}${id2}","X-H":"{id}"}', version)
    assert made.target == "/base/x/%7Bq%7D?q=%7B%7Bid2%7D%7D%24%7Bid2%7D"
    assert made.headers[1] == ("X-H", "{id}")


def test_flat_arguments_and_the_whole_body_come_to_the_same() -> None:
    each = action("/pet", method="POST", body=json_body())
    flat = plan(each, '{"age":1.0,"name":"x"}')
    assert flat.body == b'{"age":1.0,"name":"x"}'
    assert flat.headers == (("accept", "*/*"), ("content-type", "application/json"))
    assert plan(each, '{"body":{"age":1.0,"name":"x"}}').body == flat.body


def test_no_body_means_no_content_type() -> None:
    each = action("/pet", method="POST", body=json_body(required=False))
    made = plan(each)
    assert made.body is None
    assert made.headers == (("accept", "*/*"),)


def test_a_body_on_get_is_sent_only_where_the_document_declares_one() -> None:
    assert plan(action("/", body=json_body()), '{"name":"x"}').body == b'{"name":"x"}'
    assert list(refused(action("/"), '{"body":{}}')) == ["/body"]


def test_an_upload_is_the_body_as_it_is() -> None:
    each = action("/", method="POST", body=json_body())
    made = plan(each, upload=Upload(content_type="application/json", data=b" {} "))
    assert made.body == b" {} "
    assert made.headers[1] == ("content-type", "application/json")


def test_a_required_default_is_sent_and_no_other() -> None:
    each = action(
        "/",
        in_query("v", required=True, default=[1, 2], schema={"type": "array"}, explode=False),
        in_query("w", default=1),
    )
    assert plan(each).target == "/base/?v=1,2"
    assert plan(each, '{"v":[3]}').target == "/base/?v=3"


def test_null_and_empty_values_follow_the_tables() -> None:
    each = action("/", in_query("a"), in_query("b"), in_query("d"), in_header(), in_cookie())
    made = plan(each, '{"a":null,"b":[],"d":"","X-H":[],"c":[]}')
    assert made.target == "/base/?a=&d="
    assert made.headers == (("accept", "*/*"),)


def test_an_accept_argument_is_the_negotiation() -> None:
    each = replace(
        action("/"),
        responses=(Response(status="200", media=(Media(type="application/json"),)),),
    )
    assert plan(each).headers == (("accept", "application/json, */*;q=0.1"),)
    assert plan(each, '{"Accept":"text/csv"}').headers == (("accept", "text/csv"),)


def test_the_timeout_is_the_least_of_all() -> None:
    each = action("/")
    long = replace(VERSION, policy=Policy(timeout=1_000.0))
    assert plan(each, deadline=3.0).timeout == 3.0
    assert plan(each, deadline=100.0).timeout == 10.0
    assert plan(each, version=long, deadline=900.0).timeout == 300.0


@pytest.mark.parametrize(
    ("base", "path", "target"),
    [
        ("https://x.org", "/", "/"),
        ("https://x.org/", "/a", "/a"),
        ("https://x.org/b/", "/a/", "/b/a/"),
        ("https://x.org/b?k=1", "/a?x=2", "/b/a?k=1&x=2&q=3"),
        ("https://x.org", "//evil", "//evil"),
    ],
)
def test_base_and_path_are_joined_by_one_slash(base: str, path: str, target: str) -> None:
    version = replace(VERSION, destination=Destination(uri=base))
    text = '{"q":3}' if "q=3" in target else "{}"
    made = plan(action(path, in_query()), text, version)
    assert made.target == target
    assert made.origin == "https://x.org"


def test_the_documents_first_server_is_used_with_the_versions_variables() -> None:
    each = replace(action("/"), servers=(Server(url="https://{r}.x.org"), Server(url="/")))
    version = replace(
        VERSION,
        destination=Destination(),
        variables=(Variable(name="r", location=None, secret="env:R"),),
    )
    assert encode(version, each, call("{}"), {"r": "eu"}).origin == "https://eu.x.org"
    with pytest.raises(ConnectionIncomplete):
        encode(version, each, call("{}"))


def test_variables_go_to_their_places() -> None:
    version = with_variables(
        Variable(name="api-version", location=Location.QUERY, value="a b"),
        Variable(name="X-Tenant", location=Location.HEADER, secret="env:T"),
        Variable(name="sid", location=Location.COOKIE, value="1"),
        Variable(name="org", location=Location.PATH, value="o/1"),
        Variable(name="age", location=Location.BODY, value="7"),
        Variable(name="extra", location=Location.BODY, value="7"),
        Variable(name="none", location=Location.QUERY, required=False),
    )
    each = action("/{org}/x", in_query(), in_cookie(), method="POST", body=json_body())
    made = encode(version, each, call('{"name":"x","q":1,"c":2}'), {"X-Tenant": "t"})
    assert made.target == "/base/o%2F1/x?q=1&api-version=a%20b"
    assert made.headers[2:] == (("X-Tenant", "t"), ("cookie", "c=2; sid=1"))
    assert made.body == b'{"name":"x","age":7,"extra":"7"}'
    made = encode(version, each, call('{"body":{ "name": "x" }}'), {"X-Tenant": "t"})
    assert made.body == b'{"age":7,"extra":"7","name": "x"}'


def test_a_variable_takes_the_place_of_a_declared_parameter() -> None:
    version = with_variables(
        Variable(name="id", location=Location.PATH, value="7"),
        Variable(name="x-h", location=Location.HEADER, value="v"),
        Variable(name="name", location=Location.BODY, value="n"),
    )
    each = action("/{id}", in_path(), in_header(required=True), method="POST", body=json_body())
    made = plan(each, "{}", version)
    assert made.target == "/base/7"
    assert made.headers[2] == ("x-h", "v")
    assert made.body == b'{"name":"n"}'
    found = refused(each, '{"id":8,"X-H":"w","name":"m"}', version)
    assert set(found) == {"/id", "/X-H", "/name"}
    assert set(refused(each, '{"body":{"name":"m"}}', version)) == {"/body/name"}


@pytest.mark.parametrize(
    "variable",
    [
        Variable(name="n", location=Location.QUERY),
        Variable(name="n", location=Location.QUERY, secret="env:N"),
        Variable(name="n", location=Location.HEADER, value="hunter2\n"),
        Variable(name="Host", location=Location.HEADER, value="hunter2"),
        Variable(name="n", location=Location.COOKIE, value="hunter2;"),
        Variable(name="n", location=Location.PATH, value="../hunter2"),
        Variable(name="n", location=Location.PATH, value=""),
    ],
)
def test_a_variable_that_cannot_be_sent_is_named_without_its_value(variable: Variable) -> None:
    with pytest.raises(ConnectionIncomplete) as caught:
        plan(action("/"), "{}", with_variables(variable))
    assert [each.field for each in caught.value.details.violations] == [
        f"variables.{variable.name}"
    ]
    assert "hunter2" not in caught.value.message + repr(caught.value.details)


def test_an_action_with_problems_is_not_called() -> None:
    problem = Problem(code="dangling-ref", message="points nowhere", pointer="/paths/p/$ref")
    with pytest.raises(ActionUnsupported) as caught:
        plan(replace(action("/"), problems=(problem,)))
    (violation,) = caught.value.details.violations
    assert (violation.field, violation.description) == ("/paths/p/$ref", "points nowhere")


def test_a_slot_that_no_parameter_fills_makes_the_action_unsupported() -> None:
    with pytest.raises(ActionUnsupported):
        plan(action("/x/{id}"))
