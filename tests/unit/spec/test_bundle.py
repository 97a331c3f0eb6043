"""Several files become one document."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from facade.errors.caller import InvalidSpec
from facade.spec.bundling.bundle import bundle, outward
from facade.spec.bundling.files import Files
from facade.spec.limits import Limits
from tests.bundles import HEAD, item, made

Tree = Mapping[str, Any]


def schemas(root: Tree, **files: Any) -> dict[str, Any]:
    """The schemas that the components of a root become, beside files of JSON."""
    named = {f"{name}.json": each for name, each in files.items()}
    tree, done = made({"openapi.json": {**HEAD, "components": {"schemas": root}}, **named})
    assert done.problems == ()
    found: dict[str, Any] = tree["components"]["schemas"]
    return found


def test_a_document_alone_keeps_its_text() -> None:
    text = b"# mine\nopenapi: 3.1.0\ncomponents: {schemas: {A: {$ref: '#/components/schemas/B'}}}\n"
    done = bundle(Files({"a.yaml": text}, "a.yaml"))
    assert (done.text, done.problems, done.missing) == (text.decode(), (), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$ref: '#/a'", False),
        ('{"$ref":"#/a"}', False),
        ('{"$ref" : "#/a"}', False),
        ("$ref: >-\n  #/a", False),
        ("properties: {$ref: {type: string}}", False),
        ("$ref: a.yaml", True),
        ('{"$ref":"a.json#/b"}', True),
        ("'$ref': 'a.yaml'", True),
        ("$ref: >-\n  a.yaml", True),
        ("$ref:\n  a.yaml", True),
    ],
)
def test_whether_a_text_may_refer_to_others_is_seen_without_reading_it(
    text: str,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert outward(text) is expected


def test_what_is_referred_to_is_placed_once_under_its_own_name() -> None:
    found = schemas(
        {
            "Pets": {"type": "array", "items": {"$ref": "Pet.json"}},
            "Two": {"not": {"$ref": "./Pet.json"}},
        },
        Pet={"type": "object", "properties": {"tag": {"$ref": "parts.json#/$defs/Tag"}}},
        parts={"$defs": {"Tag": {"type": "string"}, "Unused": {}}},
    )
    assert found == {
        "Pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
        "Two": {"not": {"$ref": "#/components/schemas/Pet"}},
        "Pet": {"type": "object", "properties": {"tag": {"$ref": "#/components/schemas/Tag"}}},
        "Tag": {"type": "string"},
    }


def test_a_component_that_is_a_reference_becomes_what_it_leads_to() -> None:
    found = schemas({"Cat": {"$ref": "c.json"}, "Alias": {"$ref": "c.json"}}, c={"type": "object"})
    assert found == {"Cat": {"type": "object"}, "Alias": {"$ref": "#/components/schemas/Cat"}}


def test_two_parts_of_one_name_get_different_ones() -> None:
    refers = {
        "allOf": [{"$ref": "x.json#/Error"}, {"$ref": "y.json#/Error"}, {"$ref": "x.json#/Error"}]
    }
    found = schemas(
        {"All": refers, "Error": {}}, x={"Error": {"minLength": 1}}, y={"Error": {"minLength": 2}}
    )
    assert [each["$ref"] for each in found["All"]["allOf"]] == [
        "#/components/schemas/Error_2",
        "#/components/schemas/Error_3",
        "#/components/schemas/Error_2",
    ]


def test_h12_circles_between_files_stay_circles() -> None:
    found = schemas(
        {"Node": {"$ref": "node.json"}},
        node={"properties": {"next": {"$ref": "node.json"}, "other": {"$ref": "other.json"}}},
        other={"properties": {"back": {"$ref": "openapi.json#/components/schemas/Node"}}},
    )
    back = {"$ref": "#/components/schemas/Node"}
    assert found["Node"]["properties"] == {
        "next": back,
        "other": {"$ref": "#/components/schemas/other"},
    }
    assert found["other"]["properties"] == {"back": back}


def test_references_go_through_references() -> None:
    found = schemas(
        {"A": {"not": {"$ref": "a.json#/defs/B/properties/c"}}},
        a={"defs": {"$ref": "b.json"}},
        b={"B": {"$ref": "c.json"}},
        c={"properties": {"c": {"$ref": "d.json"}}},
        d={"maxLength": 9},
    )
    assert found["A"] == {"not": {"$ref": "#/components/schemas/d"}}
    assert found["d"] == {"maxLength": 9}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("p.json#/a~1b", 1),
        ("p.json#/a%2Fb", 0),
        ("p.json#/t~0u", 2),
        ("p.json#/s%20t", 3),
        ("p.json#/%7Bid%7D", 4),
        ("p.json#", None),
        ("p.json", None),
        ("p%2Ejson#/list/1", 5),
        ("p.json#anchored", 6),
    ],
)
def test_h03_fragments_are_read_as_they_are_meant(reference: str, expected: int | None) -> None:
    part = {
        "a": {"b": {"maxLength": 0}},
        "a/b": {"maxLength": 1},
        "t~u": {"maxLength": 2},
        "s t": {"maxLength": 3},
        "{id}": {"maxLength": 4},
        "list": [{}, {"maxLength": 5}],
        "deep": {"$anchor": "anchored", "maxLength": 6},
    }
    found = schemas({"A": {"not": {"$ref": reference}}}, p=part)
    placed = found[found["A"]["not"]["$ref"].rpartition("/")[2]]
    assert placed.get("maxLength") == expected


def test_a_pointer_into_what_was_placed_leads_there_and_is_written_to_be_read_back() -> None:
    part = {"properties": {"a/b%": {"$ref": "#/properties/c d"}, "c d": {"type": "string"}}}
    found = schemas(
        {"P": {"$ref": "p.json"}, "Q": {"not": {"$ref": "p.json#/properties/c d"}}}, p=part
    )
    assert found["P"]["properties"]["a/b%"] == {"$ref": "#/components/schemas/P/properties/c%20d"}
    assert found["Q"]["not"] == found["P"]["properties"]["a/b%"]


def test_h03_an_id_gives_references_another_base() -> None:
    part = {
        "$id": "https://x.example/schemas/part",
        "$defs": {"own": {"maxLength": 1}},
        "allOf": [{"$ref": "#/$defs/own"}, {"$ref": "other"}],
    }
    other = {"$id": "https://x.example/schemas/other", "maxLength": 2}
    found = schemas(
        {"A": {"$ref": "https://x.example/schemas/part"}, "B": {"not": {"$ref": "odd.json"}}},
        part=part,
        odd=other,
    )
    assert found["A"]["allOf"] == [
        {"$ref": "#/components/schemas/A/$defs/own"},
        {"$ref": "#/components/schemas/odd"},
    ]


def test_the_whole_of_paths_and_their_items_stand_in_files() -> None:
    operation = {"responses": {"200": {"$ref": "../r.json#/ok"}}}
    tree, done = made(
        {
            "openapi.json": {**HEAD, "paths": {"$ref": "paths/index.json"}},
            "paths/index.json": {
                "/a": {"$ref": "a.json"},
                "/b": {"$ref": "a.json", "post": operation},
            },
            "paths/a.json": {"get": operation},
            "r.json": {"ok": {"description": "fine"}},
        }
    )
    assert done.problems == ()
    ok = {"responses": {"200": {"$ref": "#/components/responses/ok"}}}
    assert item(tree) == {"get": ok}
    assert item(tree, "/b") == {"$ref": "#/paths/~1a", "post": ok}
    assert tree["components"]["responses"] == {"ok": {"description": "fine"}}


def test_json_and_yaml_stand_side_by_side_and_files_may_be_bare_parts() -> None:
    root = b"""openapi: 3.0.3
info: {title: t, version: '1', description: {$ref: about.md}}
tags: {$ref: tags.yaml}
paths:
  /a:
    get:
      parameters: {$ref: parameters.json}
      responses: {$ref: responses.yaml}
components:
  schemas:
    E: {type: string, enum: {$ref: words.yaml}}
    P: {properties: {$ref: ps.yaml}}
"""
    tree, done = made(
        {
            "openapi.json": root,
            "about.md": b"# About\n- not: [yaml\n",
            "tags.yaml": b"- {name: one}\n",
            "parameters.json": [{"$ref": "parameter.yaml"}],
            "parameter.yaml": b"{name: q, in: query, schema: {type: string}}",
            "responses.yaml": b"'200': {description: ok}\n",
            "words.yaml": b"- yes\n- no\n",
            "ps.yaml": b"a: {type: integer}\n",
        }
    )
    assert done.problems == ()
    assert tree["info"]["description"] == "# About\n- not: [yaml\n"
    assert tree["tags"] == [{"name": "one"}]
    get = item(tree)["get"]
    assert get["parameters"] == [{"$ref": "#/components/parameters/parameter"}]
    assert get["responses"] == {"200": {"description": "ok"}}
    assert tree["components"]["schemas"] == {
        "E": {"type": "string", "enum": ["yes", "no"]},
        "P": {"properties": {"a": {"type": "integer"}}},
    }


def test_examples_enums_defaults_and_extensions_are_not_looked_into() -> None:
    data = {"$ref": "nowhere.json"}
    plain = {
        "default": data,
        "const": data,
        "enum": [data],
        "example": data,
        "examples": [data],
        "x-a": data,
    }
    tree, done = made(
        {
            "openapi.json": {
                **HEAD,
                "x-any": data,
                "components": {
                    "schemas": {"A": plain, "B": {"properties": {"example": {"$ref": "b.json"}}}},
                    "examples": {"E": {"value": data}},
                },
            },
            "b.json": {"type": "string"},
        }
    )
    assert (done.problems, done.missing) == ((), ())
    assert tree["components"]["schemas"]["A"] == plain
    assert tree["components"]["schemas"]["B"]["properties"]["example"]["$ref"][:2] == "#/"


def test_a_property_that_is_called_ref_is_a_property() -> None:
    found = schemas({"A": {"properties": {"$ref": {"$ref": "a.json"}}}}, a={"type": "string"})
    assert found["A"]["properties"] == {"$ref": {"$ref": "#/components/schemas/a"}}


def test_a_discriminators_mapping_follows_its_schemas() -> None:
    base = {
        "oneOf": [{"$ref": "Cat.json"}, {"$ref": "Dog.json"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"cat": "Cat.json", "dog": "./Dog.json#/", "own": "Own", "here": "#/x"},
        },
    }
    tree, done = made(
        {
            "openapi.json": {**HEAD, "components": {"schemas": {"Pet": base, "Own": {}}}},
            "Cat.json": {"type": "object"},
            "Dog.json": {"": {"type": "object"}},
        }
    )
    assert done.problems == ()
    mapping = tree["components"]["schemas"]["Pet"]["discriminator"]["mapping"]
    assert mapping["cat"] == "#/components/schemas/Cat"
    assert mapping["dog"].startswith("#/components/schemas/")
    assert (mapping["own"], mapping["here"]) == ("Own", "#/x")


def test_fields_beside_a_reference_are_kept_and_followed() -> None:
    found = schemas(
        {"A": {"$ref": "a.json", "properties": {"b": {"$ref": "b.json"}}}},
        a={"type": "object"},
        b={"type": "string"},
    )
    assert found["A"] == {
        "$ref": "#/components/schemas/a",
        "properties": {"b": {"$ref": "#/components/schemas/b"}},
    }


def test_swagger_2_has_its_own_places() -> None:
    root = {
        "swagger": "2.0",
        "info": HEAD["info"],
        "paths": {"/a": {"$ref": "a.json"}},
        "responses": {"Gone": {"$ref": "r.json#/Gone"}},
    }
    item_of = {
        "get": {
            "parameters": [{"$ref": "p.json#/limit"}],
            "responses": {"200": {"description": "ok", "schema": {"$ref": "Pet.json"}}},
        }
    }
    tree, done = made(
        {
            "openapi.json": root,
            "a.json": item_of,
            "p.json": {"limit": {"name": "limit", "in": "query", "type": "integer"}},
            "r.json": {"Gone": {"description": "gone"}},
            "Pet.json": {"type": "object"},
        }
    )
    assert done.problems == ()
    assert item(tree)["get"]["parameters"] == [{"$ref": "#/parameters/limit"}]
    assert item(tree)["get"]["responses"]["200"]["schema"] == {"$ref": "#/definitions/Pet"}
    assert tree["responses"] == {"Gone": {"description": "gone"}}
    assert tree["definitions"] == {"Pet": {"type": "object"}}


def test_a_path_item_that_calls_itself_back_is_placed() -> None:
    hook = {"post": {"callbacks": {"again": {"{$url}": {"$ref": "hook.json"}}}, "responses": {}}}
    tree, done = made(
        {"openapi.json": {**HEAD, "paths": {"/a": {"$ref": "hook.json"}}}, "hook.json": hook}
    )
    assert done.problems == ()
    again = item(tree)["post"]["callbacks"]["again"]["{$url}"]
    assert again == {"$ref": "#/paths/~1a"}


def test_h13_files_that_put_each_other_in_place_come_to_an_end() -> None:
    root = {**HEAD, "components": {"schemas": {"A": {"properties": {"$ref": "p.json"}}}}}
    inner = {"a": {"properties": {"$ref": "p.json"}}}
    tree, done = made({"openapi.json": root, "p.json": inner})
    assert [each.code for each in done.problems] == ["circular-ref"]
    assert tree["components"]["schemas"]["A"]["properties"]["a"] == {
        "properties": {"$ref": "p.json"}
    }


def test_h13_an_explosion_is_refused_before_it_grows() -> None:
    files: dict[str, Any] = {
        f"p{n}.json": {str(each): {"properties": {"$ref": f"p{n + 1}.json"}} for each in range(10)}
        for n in range(12)
    }
    root = {**HEAD, "components": {"schemas": {"A": {"properties": {"$ref": "p0.json"}}}}}
    data = {name: json.dumps(each).encode() for name, each in {**files, "r.json": root}.items()}
    with pytest.raises(InvalidSpec):
        bundle(Files(data, "r.json", Limits(nodes=100_000)))


def test_a_relative_server_belongs_to_the_address_that_it_was_fetched_from() -> None:
    root = {
        **HEAD,
        "servers": [{"url": "v1"}],
        "paths": {"/a": {"$ref": "https://y.example/d/a.json"}},
    }
    tree, _ = made(
        {
            "https://x.example/openapi.json": root,
            "https://y.example/d/a.json": {"servers": [{"url": "../v2"}], "get": {"responses": {}}},
        },
        "https://x.example/openapi.json",
    )
    assert item(tree)["servers"] == [{"url": "https://y.example/v2"}]
    assert tree["servers"] == [{"url": "v1"}]


def test_h22_the_one_document_reads_as_the_files_did_digit_for_digit() -> None:
    part = (
        b'{"type":"integer","maximum":123456789012345678901234567890,"x-\\u00e9":"\\ud834\\udd1e"}'
    )
    tree, done = made(
        {
            "openapi.json": {**HEAD, "components": {"schemas": {"A": {"$ref": "a.json"}}}},
            "a.json": part,
        }
    )
    assert tree["components"]["schemas"]["A"] == json.loads(part)
    again = bundle(Files({"x.json": done.text.encode()}, "x.json"))
    assert again.text == done.text


@pytest.mark.parametrize("text", [b"", b"[]", b"type: object", b"openapi: 4.0.0"])
def test_a_root_that_is_no_document_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidSpec):
        bundle(Files({"a.yaml": text}, "a.yaml"))
