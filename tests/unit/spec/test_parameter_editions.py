"""Parameters as each edition of the standard, and what stands beside it, has them written."""

import json
from typing import Any

import pytest

from facade.model.action import Location, Parameter, Style
from facade.spec.load import load
from facade.spec.spec import Spec


def compiled(version: str, path: str, *parameters: dict[str, Any]) -> dict[str, Parameter]:
    field = "swagger" if version == "2.0" else "openapi"
    operation = {"operationId": "act", "parameters": list(parameters), "responses": {}}
    tree = {
        field: version,
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": operation}},
    }
    action = Spec(load(json.dumps(tree))[0]).action("act")
    assert action.problems == ()
    return {each.key: each for each in action.parameters}


def one(version: str, **fields: Any) -> Parameter:
    node = {"name": "p", "in": "query"} | fields
    return compiled(version, "/{p}" if node["in"] == "path" else "/", node)["p"]


@pytest.mark.parametrize(
    ("version", "delimiters"),
    [
        ("3.0.0", (".",)),
        ("3.0.3", (".",)),
        ("3.0.4", ()),
        ("3.1.0", (".",)),
        ("3.1.1", ()),
        ("3.1.2", ()),
        ("3.2.0", ()),
    ],
)
def test_a_label_has_dots_where_its_editions_table_prints_them(
    version: str, delimiters: tuple[str, ...]
) -> None:
    array = {"type": "array"}
    assert one(version, **{"in": "path"}, style="label", schema=array).delimiters == delimiters
    assert one(version, **{"in": "path"}, style="matrix", schema=array).delimiters == ()


@pytest.mark.parametrize(
    ("location", "given", "style", "explode", "delimiters"),
    [
        ("path", "csv", Style.SIMPLE, False, ()),
        ("path", "ssv", Style.SIMPLE, False, (" ",)),
        ("path", "tsv", Style.SIMPLE, False, ("\t",)),
        ("path", "pipes", Style.SIMPLE, False, ("|",)),
        ("path", None, Style.SIMPLE, False, ()),
        ("path", "none", Style.SIMPLE, False, ()),
        ("header", "ssv", Style.SIMPLE, False, (" ",)),
        ("header", "pipes", Style.SIMPLE, False, ("|",)),
        ("query", "csv", Style.FORM, False, ()),
        ("query", "ssv", Style.SPACE, False, ()),
        ("query", "tsv", Style.TAB, False, ()),
        ("query", "pipes", Style.PIPE, False, ()),
        ("query", "multi", Style.FORM, True, ()),
    ],
)
def test_a_collection_format_of_2_0_goes_anywhere(
    location: str,
    given: str | None,
    style: Style,
    explode: bool,  # noqa: FBT001 # a column
    delimiters: tuple[str, ...],
) -> None:
    more = {"collectionFormat": given} if given else {}
    found = one("2.0", **{"in": location}, type="array", items={"type": "string"}, **more)
    assert (found.style, found.explode, found.delimiters) == (style, explode, delimiters)


def test_an_array_of_2_0_in_an_array_has_its_own_collection_format() -> None:
    inner = {"type": "array", "collectionFormat": "pipes", "items": {"type": "integer"}}
    found = one("2.0", type="array", collectionFormat="multi", items=inner, delimiters=["x"])
    assert (found.explode, found.delimiters) == (True, (",", "|"))
    assert found.schema == {
        "type": "array",
        "items": {"type": "array", "items": {"type": "integer"}},
    }
    assert one("2.0", type="string", collectionFormat="pipes", delimiters=["x"]).delimiters == ()


@pytest.mark.parametrize(
    ("version", "location", "expected"),
    [
        ("2.0", "query", True),
        ("3.0.3", "query", True),
        ("3.0.3", "path", False),
        ("3.1.1", "cookie", False),
        ("3.2.0", "path", True),
        ("3.2.0", "cookie", True),
    ],
)
def test_reserved_characters_are_allowed_where_the_edition_knows_that(
    version: str,
    location: str,
    expected: bool,  # noqa: FBT001 # a column
) -> None:
    fields = {"type": "string"} if version == "2.0" else {"schema": {"type": "string"}}
    found = one(version, **{"in": location}, allowReserved=True, **fields)
    assert found.allow_reserved is expected


@pytest.mark.parametrize(
    ("version", "fields", "expected"),
    [
        ("3.0.3", {}, True),
        ("3.0.3", {"in": "header"}, False),
        ("3.0.3", {"style": "deepObject"}, False),
        ("3.1.1", {"style": "pipeDelimited"}, False),
        ("2.0", {"type": "array", "collectionFormat": "pipes"}, True),
    ],
)
def test_an_empty_value_is_allowed_in_a_query_whose_style_has_one(
    version: str,
    fields: dict[str, Any],
    expected: bool,  # noqa: FBT001 # a column
) -> None:
    assert one(version, allowEmptyValue=True, **fields).allow_empty is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (False, False, False)),
        ({"x-multi-segment": True}, (True, False, False)),
        ({"x-ms-skip-url-encoding": True}, (True, True, False)),
        ({"x-ms-url-encoding": "double"}, (False, False, True)),
        ({"x-ms-url-encoding": "single"}, (False, False, False)),
    ],
)
def test_extensions_say_how_a_path_is_encoded(
    fields: dict[str, Any], expected: tuple[bool, ...]
) -> None:
    found = one("3.0.3", **{"in": "path"}, **fields)
    assert (found.multi_segment, found.allow_reserved, found.encode_twice) == expected


def test_the_whole_query_is_one_content_parameter() -> None:
    content = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object"},
            "encoding": {"a": {"style": "pipeDelimited"}},
        }
    }
    found = one("3.2.0", **{"in": "querystring"}, content=content)
    assert found.location is Location.QUERYSTRING
    assert found.media_type == "application/x-www-form-urlencoded"
    assert found.encoding["a"].style is Style.PIPE
    assert found.schema == {"type": "object"}
    assert compiled("3.2.0", "/", {"name": "q", "in": "querystring", "schema": {}}) == {}
    none = {"name": "q", "in": "querystring", "content": {"no media type": {}}}
    assert compiled("3.2.0", "/", none) == {}
    both = one("3.2.0", **{"in": "querystring"}, schema={}, content={"application/json": {}})
    assert both.media_type == "application/json"


@pytest.mark.parametrize(
    ("path", "slot"),
    [
        ("/{id}", ""),
        ("/{.id}", ".id"),
        ("/{;id*}", ";id*"),
        ("/{id:3}", "id:3"),
        ("/{+id}", "+id"),
        ("/{id=shelves/*}:lend", "id=shelves/*"),
        ("/{id=*}", "id=*"),
        ("/{id=**}", "id=**"),
        ("/{id:[0-9]+}", "id:[0-9]+"),
        ("/{id:.+}", "id:.+"),
        ("/{id?}", "id?"),
        ("/{**id}", "**id"),
    ],
)
def test_operators_and_patterns_are_not_part_of_a_name(path: str, slot: str) -> None:
    found = compiled("3.0.3", path, {"name": "id", "in": "path", "required": True})
    assert {key: each.slot for key, each in found.items()} == {"id": slot}
    many = {"+id", "id=shelves/*", "id=**", "id:.+", "**id"}
    assert found["id"].multi_segment is (slot in many)


def test_a_name_with_an_operator_in_it_is_that_name_where_it_is_declared() -> None:
    found = compiled("3.0.3", "/{.id}", {"name": ".id", "in": "path", "required": True})
    assert {key: each.slot for key, each in found.items()} == {".id": ""}


def test_variables_in_the_query_of_a_path_are_the_querys_parameters() -> None:
    a, b = {"name": "a", "in": "query"}, {"name": "b", "in": "query"}
    found = compiled("3.0.3", "/x?a={a}&other={b}&c={c}{&a,z}", a, b)
    places = {key: (each.location, each.required) for key, each in found.items()}
    assert places == {
        "a": (Location.QUERY, False),
        "b": (Location.PATH, True),
        "c": (Location.PATH, True),
    }


@pytest.mark.parametrize(
    "name",
    [
        "Accept",
        "content-type",
        "AUTHORIZATION",
        "Host",
        "Content-Length",
        "transfer-encoding",
        "Cookie",
        "Proxy-Authorization",
        "grpc-timeout",
        ":authority",
        "Accept-Encoding",
    ],
)
def test_b06_reserved_headers_are_no_arguments(name: str) -> None:
    assert compiled("3.0.3", "/", {"name": name, "in": "header", "required": True}) == {}


@pytest.mark.parametrize("name", ["User-Agent", "If-Match", "Content-Encoding", "Range", "Prefer"])
def test_other_fields_are_arguments(name: str) -> None:
    assert list(compiled("3.0.3", "/", {"name": name, "in": "header"})) == [name]


def test_b05_a_name_that_no_field_may_have_is_left_out_where_it_is_optional() -> None:
    header = {"name": "X Y", "in": "header"}
    assert compiled("3.0.3", "/", header) == {}
    assert list(compiled("3.0.3", "/", {"name": "a[b]", "in": "cookie"})) == ["a[b]"]
    verbatim = {"name": "a[b]", "in": "cookie", "style": "cookie"}
    assert compiled("3.2.0", "/", verbatim) == {}
    with pytest.raises(AssertionError):
        compiled("3.0.3", "/", header | {"required": True})


def test_of_a_parameter_that_is_declared_twice_the_last_counts() -> None:
    twice = [
        {"name": "X-A", "in": "header", "schema": {"type": each}} for each in ("string", "integer")
    ]
    found = compiled("3.0.3", "/", twice[0], twice[1] | {"name": "x-a"})
    assert {key: each.schema for key, each in found.items()} == {"x-a": {"type": "integer"}}
