"""Parameters of operations."""

from typing import Any

import pytest

from facade.model.action import Location, Parameter, Problem, Style
from facade.spec.document import Document
from facade.spec.parameter import assign_keys, compile_parameters
from facade.spec.path import operations
from facade.spec.schemas.schema import Schemas

Found = tuple[dict[str, Parameter], list[Problem]]


def compiled(
    own: Any,
    shared: Any = None,
    *,
    path: str = "/a",
    version: str = "3.0.3",
    components: Any = None,
    has_body: bool = False,
) -> Found:
    tree = {
        "paths": {path: {"get": {"parameters": own}, "parameters": shared}},
        "components": components,
    }
    document = Document(tree, version)
    operation = operations(document)[0][0]
    found, problems = compile_parameters(operation, document, Schemas(document), has_body=has_body)
    return {each.parameter.key: each.parameter for each in found}, problems


def one(**fields: Any) -> Parameter:
    node = {"name": "p", "in": "query", "schema": {"type": "string"}} | fields
    path = "/a/{p}" if node["in"] == "path" else "/a"
    found, problems = compiled([node], path=path)
    assert problems == []
    return found["p"]


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [
        ("path", Style.SIMPLE, False),
        ("query", Style.FORM, True),
        ("header", Style.SIMPLE, False),
        ("cookie", Style.FORM, True),
    ],
)
def test_each_location_has_its_defaults(location: str, style: Style, explode: bool) -> None:  # noqa: FBT001 # a column
    found = one(**{"in": location})
    assert (found.location, found.style, found.explode) == (location, style, explode)
    assert found.required is (location == "path")


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [
        ("path", "label", False),
        ("path", "matrix", False),
        ("query", "spaceDelimited", False),
        ("query", "pipeDelimited", False),
        ("query", "deepObject", False),
        ("cookie", "cookie", True),
    ],
)
def test_only_form_and_cookie_explode_unless_told_otherwise(
    location: str,
    style: str,
    explode: bool,  # noqa: FBT001 # a column
) -> None:
    found = one(**{"in": location}, style=style)
    assert (found.style, found.explode) == (style, explode)
    assert one(**{"in": location}, style=style, explode=not explode).explode is not explode


def test_all_fields_are_taken_over() -> None:
    found = one(
        required=True,
        description="D",
        deprecated=True,
        allowReserved=True,
        allowEmptyValue=True,
        explode=False,
    )
    assert found.required
    assert found.deprecated
    assert found.allow_reserved
    assert found.allow_empty
    assert not found.explode
    assert found.description == "D"
    assert found.schema == {"type": "string"}


def test_fields_of_another_type_than_theirs_do_not_count() -> None:
    found = one(required="yes", description=1, deprecated="no", explode="x", allowReserved=1)
    assert (found.required, found.description, found.deprecated) == (False, "", False)
    assert (found.explode, found.allow_reserved) == (True, False)


def test_an_operation_overrides_its_path_by_name_and_location() -> None:
    shared = [
        {"name": "a", "in": "query", "description": "path"},
        {"name": "b", "in": "query", "description": "path"},
        {"name": "X-C", "in": "header", "description": "path"},
    ]
    own = [
        {"name": "a", "in": "query", "description": "own"},
        {"name": "b", "in": "cookie", "description": "own"},
        {"name": "x-c", "in": "header", "description": "own"},
    ]
    found, _ = compiled(own, shared)
    assert {key: each.description for key, each in found.items()} == {
        "a": "own",
        "query.b": "path",
        "cookie.b": "own",
        "x-c": "own",
    }


def test_names_are_case_sensitive_outside_headers() -> None:
    found, _ = compiled([{"name": "a", "in": "query"}, {"name": "A", "in": "query"}])
    assert set(found) == {"a", "A"}


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION"])
def test_three_headers_are_no_parameters(name: str) -> None:
    assert compiled([{"name": name, "in": "header", "required": True}]) == ({}, [])
    assert set(compiled([{"name": name, "in": "query"}])[0]) == {name}


def test_a_parameter_may_be_a_reference() -> None:
    components = {"parameters": {"P": {"name": "p", "in": "query", "schema": {"type": "integer"}}}}
    found, problems = compiled([{"$ref": "#/components/parameters/P"}], components=components)
    assert problems == []
    assert found["p"].schema == {"type": "integer"}


def test_a_content_parameter_is_written_in_its_media_type() -> None:
    content = {"application/json": {"schema": {"type": "object"}}}
    parameters, _ = compiled([{"name": "q", "in": "query", "content": content}])
    assert parameters["q"].media_type == "application/json"
    assert parameters["q"].schema == {"type": "object"}


def test_fields_left_in_the_form_of_2_0_are_its_schema() -> None:
    node = {"name": "q", "in": "query", "type": "array", "items": {"type": "string", "enum": ["a"]}}
    found, _ = compiled([node | {"description": "D", "required": True}])
    assert found["q"].schema == {
        "type": "array",
        "items": {"type": "string", "enum": ["a"]},
        "description": "D",
    }


def test_without_schema_and_content_anything_goes() -> None:
    found, _ = compiled([{"name": "q", "in": "query"}])
    assert found["q"].schema is True


@pytest.mark.parametrize(
    ("schema", "required", "expected"),
    [
        ({"type": "string", "default": "v1"}, True, "v1"),
        ({"type": "string", "default": "v1"}, False, None),
        ({"type": "integer", "default": "v1"}, True, None),
        ({"enum": ["a"], "default": "b"}, True, None),
        ({"$ref": "#/components/schemas/D"}, True, "d"),
        ({"type": "string"}, True, None),
        (True, True, None),
    ],
)
def test_a_default_counts_where_it_is_required_and_right(
    schema: Any,
    required: bool,  # noqa: FBT001 # a column
    expected: Any,
) -> None:
    components = {"schemas": {"D": {"type": "string", "default": "d"}}}
    node = {"name": "p", "in": "query", "schema": schema, "required": required}
    found, _ = compiled([node], components=components)
    assert found["p"].default == expected


def test_a_path_variable_that_is_not_declared_is_a_string() -> None:
    found, problems = compiled([], path="/a/{id}")
    assert problems == []
    assert found["id"].required
    assert found["id"].location is Location.PATH
    assert found["id"].schema == {"type": "string"}


def test_a_path_parameter_that_the_path_does_not_have_is_none() -> None:
    assert compiled([{"name": "id", "in": "path", "required": True}])[0] == {}


def test_a_dangling_reference_matters_only_where_the_path_needs_what_it_meant() -> None:
    dangling = [{"$ref": "#/components/parameters/None"}]
    assert compiled(dangling) == ({}, [])
    assert compiled([*dangling, {"name": "id", "in": "path"}], path="/a/{id}")[1] == []
    problems = compiled(dangling, path="/a/{id}")[1]
    assert [(each.code, each.pointer) for each in problems] == [
        ("dangling-ref", "/paths/~1a~1{id}/get/parameters/0")
    ]


@pytest.mark.parametrize(
    ("node", "count"),
    [
        ({"in": "query"}, 0),
        ({"name": "p"}, 0),
        ({"name": "p", "in": "body"}, 0),
        ({"name": "p", "in": ["query"]}, 0),
        ({"name": 1, "in": "query"}, 0),
        ("p", 0),
        (None, 0),
        ({"name": "p", "in": "querystring", "required": True}, 1),
        ({"in": "query", "required": True}, 1),
    ],
)
def test_what_cannot_be_sent_sets_aside_only_where_it_is_required(node: Any, count: int) -> None:
    found, problems = compiled([node])
    assert found == {}
    assert [each.code for each in problems] == ["invalid-value"] * count


@pytest.mark.parametrize("listed", [{"a": 1}, "x", 1])
def test_a_list_of_parameters_that_is_none_sets_aside(listed: Any) -> None:
    problems = compiled(listed)[1]
    assert [(each.code, each.pointer) for each in problems] == [
        ("wrong-type", "/paths/~1a/get/parameters")
    ]


@pytest.mark.parametrize("listed", [None, {}, []])
def test_an_empty_list_of_parameters_may_be_empty_in_any_way(listed: Any) -> None:
    assert compiled(listed) == ({}, [])


@pytest.mark.parametrize(
    ("location", "style"),
    [
        ("header", "form"),
        ("query", "simple"),
        ("cookie", "simple"),
        ("path", "deepObject"),
        ("query", "none"),
        ("query", 1),
    ],
)
def test_a_style_that_does_not_apply_matters_only_to_arrays_and_objects(
    location: str, style: Any
) -> None:
    path = "/a/{p}" if location == "path" else "/a"
    node = {"name": "p", "in": location, "style": style, "required": True}
    found, problems = compiled([node | {"schema": {"type": "string"}}], path=path)
    assert problems == []
    assert found["p"].style in {Style.SIMPLE, Style.FORM}
    problems = compiled([node | {"schema": {"type": "array"}}], path=path)[1]
    assert [each.code for each in problems] == ["invalid-value"]
    assert problems[0].pointer.endswith("/parameters/0/style")
    if location != "path":
        optional = node | {"schema": {"type": "array"}, "required": False}
        assert compiled([optional]) == ({}, [])


@pytest.mark.parametrize(
    ("places", "has_body", "keys"),
    [
        (["path id", "query q"], False, ["id", "q"]),
        (["path id", "query id", "query q"], False, ["path.id", "query.id", "q"]),
        (["query body"], False, ["body"]),
        (["query body"], True, ["query.body"]),
        (["path a", "query a", "header path.a"], False, ["path.a", "query.a", "header.path.a"]),
        (["query id", "query ID"], False, ["id", "ID"]),
    ],
)
def test_a_name_that_two_have_is_given_with_its_location(
    places: list[str],
    has_body: bool,  # noqa: FBT001 # a column
    keys: list[str],
) -> None:
    pairs = [(Location(location), name) for location, name in (each.split() for each in places)]
    assert list(assign_keys(pairs, has_body=has_body).values()) == keys
