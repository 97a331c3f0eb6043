"""References by identifier, anchor and the way to them, in each dialect."""

import time
from typing import Any

import pytest

from facade.model.action import Schema
from facade.spec.document import Document
from facade.spec.schemas.reference import References
from facade.spec.schemas.schema import Direction, Schemas, validator

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
TREE = {"$id": "https://a.example/tree", "$dynamicAnchor": "node", "type": "object"}


def bundle(name: str, version: str = "3.1.0", more: Any = None, **components: Any) -> Schema:
    tree = {"components": {"schemas": components}, **(more or {})}
    pointer = f"/components/schemas/{name}"
    found = Schemas(Document(tree, version)).bundle(pointer, Direction.REQUEST)
    validator(found)
    return found


def accepts(schema: Schema, value: Any) -> bool:
    return bool(validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("#here", {"$anchor": "here", "type": "string"}),
        ("#here", {"$dynamicAnchor": "here", "type": "string"}),
        ("https://a.example/t", {"$id": "https://a.example/t", "type": "string"}),
        ("https://a.example/t#", {"$id": "https://a.example/t", "type": "string"}),
        ("https://a.example/d/t", {"$id": "https://a.example/d/t", "type": "string"}),
        ("https://a.example/t#x", {"$id": "https://a.example/t", "$defs": {"x": {
            "$anchor": "x", "type": "string"}}, "$ref": "#x"}),
        ("https://a.example/t#/$defs/x", {"$id": "https://a.example/t", "$defs": {
            "x": {"type": "string"}}}),
        ("urn:uuid:1", {"$id": "urn:uuid:1", "type": "string"}),
        ("t.json", {"$id": "t.json", "type": "string"}),
        ("#/components/schemas/T", {"type": "string"}),
        ("#/components/schemas/%54", {"type": "string"}),
    ],
)  # fmt: skip
def test_h03_a_reference_finds_its_schema_by_any_name(reference: str, target: Any) -> None:
    found = bundle("X", X={"items": {"$ref": reference}}, T=target)
    assert accepts(found, ["a"])
    assert not accepts(found, [1])


def test_h03_an_identifier_changes_what_the_references_within_it_mean() -> None:
    inner = {
        "$id": "https://a.example/dir/x",
        "properties": {"a": {"$ref": "y"}, "b": {"$ref": "#/$defs/z"}, "c": {"$ref": "/y"}},
        "$defs": {"z": {"type": "integer"}},
    }
    found = bundle(
        "X",
        X=inner,
        Y={"$id": "https://a.example/dir/y", "type": "string"},
        Z={"$id": "https://a.example/y", "type": "boolean"},
    )
    assert accepts(found, {"a": "x", "b": 1, "c": True})
    for name, value in (("a", 1), ("b", "x"), ("c", 1)):
        assert not accepts(found, {name: value})


def test_h03_the_document_itself_has_a_name_by_self() -> None:
    own = {"$self": "https://a.example/api.json"}
    reference = {"$ref": "https://a.example/api.json#/components/schemas/Y"}
    relative = {"$ref": "api.json#/components/schemas/Y"}
    found = bundle(
        "X", "3.2.0", own, X={"items": {"anyOf": [reference, relative]}}, Y={"type": "string"}
    )
    assert accepts(found, ["a"])
    assert not accepts(found, [1])


def test_h03_a_dynamic_reference_means_the_outermost_anchor_on_the_way() -> None:
    tree = {**TREE, "properties": {"children": {"items": {"$dynamicRef": "#node"}}}}
    strict = {
        "$id": "https://a.example/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
    }
    loose, closed = bundle("T", T=tree, S=strict), bundle("S", T=tree, S=strict)
    value = {"children": [{"daat": 1}]}
    assert accepts(loose, value)
    assert not accepts(closed, value)
    assert accepts(closed, {"children": [{"children": []}]})
    assert "$dynamicRef" not in repr(closed)


def test_h03_so_does_a_recursive_reference_of_2019() -> None:
    draft = "https://json-schema.org/draft/2019-09/schema"
    tree = {
        "$schema": draft,
        "$id": "https://a.example/tree",
        "$recursiveAnchor": True,
        "properties": {"child": {"$recursiveRef": "#"}},
    }
    strict = {
        "$schema": draft,
        "$id": "https://a.example/strict",
        "$recursiveAnchor": True,
        "$ref": "tree",
        "required": ["id"],
    }
    assert accepts(bundle("T", T=tree, S=strict), {"child": {}})
    assert not accepts(bundle("S", T=tree, S=strict), {"id": 1, "child": {}})


def test_h24_a_dialect_is_known_by_name_and_never_fetched() -> None:
    siblings = {"$ref": "#/components/schemas/Y", "maxLength": 1}
    unknown = {"$schema": "https://10.0.0.1/dialect", **siblings}
    assert not accepts(bundle("X", X=unknown, Y={"type": "string"}), "ab")
    seven = {"$schema": DRAFT_7, "properties": {"a": siblings}, "dependentRequired": {"a": ["b"]}}
    found = bundle("X", X=seven, Y={"type": "string"})
    assert accepts(found, {"a": "ab"})
    assert not accepts(found, {"a": 1})


def test_h24_the_document_says_which_dialect_its_schemas_are_of() -> None:
    schema = {"$ref": "#/components/schemas/Y", "maxLength": 1}
    seven = {"jsonSchemaDialect": DRAFT_7}
    assert accepts(bundle("X", "3.1.0", seven, X=schema, Y={"type": "string"}), "ab")
    assert not accepts(bundle("X", "3.1.0", X=schema, Y={"type": "string"}), "ab")


def test_h03_old_schemas_are_called_by_id_and_a_fragment_is_an_anchor() -> None:
    target = {"id": "https://a.example/t", "definitions": {"s": {"id": "#s", "type": "string"}}}
    for reference in ("https://a.example/t#s", "https://a.example/t#/definitions/s"):
        found = bundle("X", "3.0.3", X={"items": {"$ref": reference}}, T=target)
        assert accepts(found, ["a"])
        assert not accepts(found, [1])


def test_h03_names_in_data_are_no_names() -> None:
    data = {"$id": "https://a.example/t", "type": "string"}
    noise = {"enum": [data], "example": data, "default": data, "x-old": data, "const": data}
    found = bundle("X", X={"items": {"$ref": "https://a.example/t"}}, N=noise)
    assert accepts(found, [1])


def test_the_metaschema_is_referred_to_as_it_is() -> None:
    uri = "https://json-schema.org/draft/2020-12/schema"
    found = bundle("X", X={"items": {"$ref": uri}})
    assert accepts(found, [{"type": "string"}])
    assert not accepts(found, [{"type": 1}])


def test_a_reference_that_leads_nowhere_has_no_target() -> None:
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    references = References(Document({"components": {"schemas": schemas}}, "3.1.0"))
    for reference in (
        "#/components/schemas/A",
        "#none",
        "#/none",
        "other.yaml",
        "https://b.example",
    ):
        assert references.target(reference, "/components/schemas/A") is None


@pytest.mark.parametrize(
    "reference", ["//[", "http://[::1", "https://a.example:x/y", "#%zz", "\ud800"]
)
def test_h03_a_reference_that_is_no_uri_allows_anything(reference: str) -> None:
    schema = {"$id": "https://a.example/x", "items": {"$ref": reference}}
    assert accepts(bundle("X", X=schema, Y={"$id": reference}), [1])


def test_h13_fifteen_dynamic_anchors_that_all_refer_to_each_other_are_bounded() -> None:
    links = [{"$ref": f"https://a.example/{n}"} for n in range(15)]
    components: dict[str, Any] = {
        f"R{n}": {
            "$id": f"https://a.example/{n}",
            "$dynamicAnchor": f"a{n}",
            "properties": {"p": {"anyOf": links}, "q": {"$dynamicRef": f"#a{n}"}},
            "anyOf": links,
        }
        for n in range(15)
    }
    start = time.perf_counter()
    assert accepts(bundle("R0", **components), {"p": {"q": {}}})
    assert time.perf_counter() - start < 10
