"""Laws of encoding: whatever the caller says, the request is the template's."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.caller import InvalidParameters
from facade.model.action import Action, Location, Parameter, Style
from facade.model.call import Call, Plan
from facade.model.names import ActionName, VersionName
from facade.model.version import Destination, Version
from facade.transcode.arguments import MAX_DEPTH, STRICT, Number, argument, parse, tokens
from facade.transcode.doubles import from_values
from facade.transcode.encode import encode
from facade.transcode.style import compact, unreserved
from facade.transcode.template import compile_template, may_climb

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = Version(
    name=VersionName("c", "v1"),
    spec_digest="",
    create_time=NOW,
    update_time=NOW,
    destination=Destination(uri="https://api.x.org:8443/base"),
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
hostile = st.lists(
    st.sampled_from(["..", ".", "/", "\\", "%2e", "%2F", "%", ";", "?", "#", "@", "//", "a", "é"]),
    max_size=5,
).map("".join)
values = text | hostile
numbers = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**60), 10**60) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)


def parameter(name: str, location: Location, style: Style, *, explode: bool) -> Parameter:
    return Parameter(
        key=name,
        name=name,
        location=location,
        required=location is Location.PATH,
        style=style,
        explode=explode,
        schema=True,
    )


def action(path: str, *parameters: Parameter) -> Action:
    return Action(id="a", method="GET", path=path, pointer="", parameters=parameters)


def plan(each: Action, arguments: dict[str, object]) -> Plan | None:
    call = Call(
        name=ActionName("c", "v1", "a"),
        arguments={name: argument(value) for name, value in arguments.items()},
    )
    try:
        return encode(VERSION, each, call)
    except InvalidParameters:
        return None


@given(
    a=values,
    b=values,
    c=values,
    style=st.sampled_from([Style.SIMPLE, Style.LABEL, Style.MATRIX]),
    explode=st.booleans(),
)
def test_the_parsed_path_has_the_templates_segments_and_the_versions_origin(
    *, a: str, b: str, c: str, style: Style, explode: bool
) -> None:
    each = action(
        "/x/{a}/y/{b}.json/{a}-{c}",
        *(parameter(name, Location.PATH, style, explode=explode) for name in "abc"),
    )
    made = plan(each, {"a": a, "b": b, "c": c})
    if made is None:
        return
    parts = urlsplit(made.uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == (
        "https",
        "api.x.org:8443",
        "",
        "",
    )
    segments = parts.path.split("/")
    assert len(segments) == 7
    assert segments[:3] == ["", "base", "x"]
    assert segments[4] == "y"
    assert not {"", ".", ".."} & set(segments[1:])
    assert made.target.isascii()
    if style is Style.SIMPLE:
        assert unquote(segments[3]) == a
        assert unquote(segments[5]) == f"{b}.json"


@given(items=st.lists(values, min_size=1, max_size=5), single=values, explode=st.booleans())
def test_a_query_has_as_many_pairs_as_were_given(
    *, items: list[str], single: str, explode: bool
) -> None:
    each = action(
        "/",
        parameter("items", Location.QUERY, Style.FORM, explode=explode),
        parameter("single", Location.QUERY, Style.FORM, explode=True),
    )
    made = plan(each, {"items": items, "single": single})
    assert made is not None
    pairs = parse_qsl(urlsplit(made.uri).query, keep_blank_values=True)
    assert len(pairs) == (len(items) if explode else 1) + 1
    assert pairs[-1] == ("single", single)
    if explode:
        assert [value for _, value in pairs[:-1]] == items


@given(st.dictionaries(text.filter(bool), values, min_size=1, max_size=4))
def test_a_deep_object_has_one_pair_for_each_member(members: dict[str, str]) -> None:
    each = action("/", parameter("f", Location.QUERY, Style.DEEP_OBJECT, explode=True))
    made = plan(each, {"f": members})
    assert made is not None
    pairs = parse_qsl(urlsplit(made.uri).query, keep_blank_values=True)
    assert pairs == [(f"f[{key}]", value) for key, value in members.items()]


@given(values)
def test_no_value_of_a_header_or_cookie_leaves_its_field(value: str) -> None:
    each = action(
        "/",
        parameter("X-H", Location.HEADER, Style.SIMPLE, explode=False),
        parameter("c", Location.COOKIE, Style.FORM, explode=False),
    )
    made = plan(each, {"X-H": value, "c": value})
    if made is None:
        return
    assert made.headers[1:] == (("X-H", value), ("cookie", f"c={quote(value, safe='')}"))
    assert not set(value) & set("\r\n\0;")
    assert value.isascii()


@given(numbers)
def test_a_numbers_literal_survives_to_the_wire(literal: str) -> None:
    each = action(
        "/{id}",
        parameter("id", Location.PATH, Style.SIMPLE, explode=False),
        parameter("q", Location.QUERY, Style.FORM, explode=True),
    )
    arguments = parse(f'{{"id":{literal},"q":[{literal}]}}')
    made = encode(VERSION, each, Call(name=ActionName("c", "v1", "a"), arguments=arguments))
    assert unquote(made.target) == f"/base/{literal}?q={literal}"


@given(st.dictionaries(text, json_values, max_size=5))
def test_parsed_arguments_are_the_callers_json(members: dict[str, object]) -> None:
    written = {name: argument(value) for name, value in members.items()}
    whole = (
        "{" + ",".join(f"{argument(name).text}:{each.text}" for name, each in written.items()) + "}"
    )
    parsed = parse(whole)
    assert parsed == written
    assert {name: each.value for name, each in parsed.items()} == members
    assert all(compact(tokens(each.text)) == each.text for each in parsed.values())


@given(st.dictionaries(text, st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_the_doubles_of_a_struct_come_through_or_are_refused(members: dict[str, float]) -> None:
    try:
        arguments = from_values(members)
    except InvalidParameters:
        assert any(abs(value) > 2**53 - 1 for value in members.values())
        return
    assert {name: float(each.value) for name, each in arguments.items()} == members
    assert all(isinstance(tokens(each.text), Number) for each in arguments.values())


@given(st.text(alphabet='{}[]":,\\u0dD8e1-. \n\ufeffN', max_size=30))
def test_any_text_is_json_of_the_standards_reader_or_refused(given_text: str) -> None:
    arguments = None
    with suppress(InvalidParameters):
        arguments = parse(given_text)
    if arguments is not None:
        assert json.loads(given_text).keys() == arguments.keys()
        assert all(each.text in given_text for each in arguments.values())
        assert all(STRICT.decode(each.text) == each.value for each in arguments.values())


class Twice(Exception):
    pass


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Twice
    return found


names = st.sampled_from(["a", "b", ":", "\\u003a", "\\u0061", '\\"', "[", "}", "é"]).map(
    '"{}"'.format
)
literals = (
    names | numbers | st.sampled_from(["true", "null", "9" * 64, "1e9999", '"' + "0" * 70 + '"'])
)
written_values = st.recursive(
    literals,
    lambda inner: (
        st.lists(inner, max_size=3).map(",".join).map("[{}]".format)
        | st.lists(st.tuples(names, inner).map(":".join), max_size=3)
        .map(", ".join)
        .map("{{{}}}".format)
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(names, written_values).map(" : ".join), max_size=4).map(",".join))
def test_what_is_read_at_once_is_what_is_read_step_by_step(members: str) -> None:
    whole = f"{{{members}}}"
    try:
        expected = json.loads(whole, object_pairs_hook=unique, parse_float=Decimal)
    except Twice:
        with pytest.raises(InvalidParameters):
            parse(whole)
        return
    parsed = parse(whole)
    assert {name: each.value for name, each in parsed.items()} == expected
    assert [*parsed] == [*expected]
    assert all(each.text in whole for each in parsed.values())


@given(st.integers(1, 90), st.sampled_from(["1", '"]"', '"\\\\"', '"\\"["', "[],{}"]))
def test_depth_is_counted_outside_of_texts_alone(depth: int, inner: str) -> None:
    whole = '{"a":' + "[" * depth + inner + "]" * depth + ',"b":"[]"}'
    levels = 1 + depth + (inner == "[],{}")
    if levels <= MAX_DEPTH:
        assert parse(whole)["b"].value == "[]"
    else:
        with pytest.raises(InvalidParameters, match="nested deeper"):
            parse(whole)


@given(values)
def test_text_is_percent_encoded_as_the_standard_library_does(value: str) -> None:
    assert unreserved(value) == quote(value, safe="")


@given(st.lists(values, min_size=3, max_size=3))
def test_a_path_that_may_not_climb_has_no_segment_that_does(given_values: list[str]) -> None:
    template = compile_template("/v1.0/{a}/x{b}.{c}/{a}{b}")
    filled = dict(zip("abc", map(unreserved, given_values), strict=True))
    if not may_climb(template.fill(filled)):
        assert not list(template.escapes(filled))
