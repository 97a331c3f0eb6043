"""Where operations stand, and what their paths hold."""

from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.path import flaw, operations, variables


def found(tree: dict[str, Any], version: str = "3.2.0") -> list[tuple[str, str, str]]:
    return [(o.method, o.path, o.pointer) for o in operations(Document(tree, version))[0]]


def test_every_method_of_a_path_item_is_an_operation() -> None:
    methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"]
    item: dict[str, Any] = {method: {} for method in methods} | {
        "summary": "s",
        "parameters": [],
        "x-a": {},
    }
    assert found({"paths": {"/a~b/c": item}}) == [
        (method.upper(), "/a~b/c", f"/paths/~1a~0b~1c/{method}") for method in methods
    ]


def test_additional_operations_keep_their_own_capitals() -> None:
    tree: dict[str, Any] = {"paths": {"/a": {"additionalOperations": {"COPY": {}, "Link": {}}}}}
    assert found(tree) == [
        ("COPY", "/a", "/paths/~1a/additionalOperations/COPY"),
        ("Link", "/a", "/paths/~1a/additionalOperations/Link"),
    ]


def test_a_path_item_may_be_a_reference_with_operations_of_its_own_beside_it() -> None:
    tree: dict[str, Any] = {
        "paths": {"/a": {"$ref": "#/components/pathItems/P", "get": {}}, "/b": {"$ref": "#/x"}},
        "components": {"pathItems": {"P": {"post": {}}}},
    }
    assert found(tree) == [
        ("POST", "/a", "/components/pathItems/P/post"),
        ("GET", "/a", "/paths/~1a/get"),
    ]
    problems = operations(Document(tree, "3.1.0"))[1]
    assert [(each.code, each.pointer) for each in problems] == [("dangling-ref", "/paths/~1b")]


def test_one_path_item_may_serve_two_paths() -> None:
    tree: dict[str, Any] = {
        "paths": {"/a": {"$ref": "#/components/pathItems/P"}, "/b": {"$ref": "#/paths/~1a"}},
        "components": {"pathItems": {"P": {"get": {}}}},
    }
    assert [each[:2] for each in found(tree)] == [("GET", "/a"), ("GET", "/b")]


def test_paths_of_the_ms_extension_are_paths_too() -> None:
    tree: dict[str, Any] = {"paths": {"/a": {"get": {}}}, "x-ms-paths": {"/a?b=c": {"get": {}}}}
    assert [each[:2] for each in found(tree)] == [("GET", "/a"), ("GET", "/a?b=c")]


def test_webhooks_and_extensions_are_no_actions() -> None:
    tree: dict[str, Any] = {
        "paths": {"x-a": {"get": {}}, "/a": {"post": {"callbacks": {"c": {"/d": {"get": {}}}}}}},
        "webhooks": {"w": {"post": {}}},
    }
    assert [each[:2] for each in found(tree)] == [("POST", "/a")]


def test_a_path_without_a_slash_gets_one() -> None:
    assert found({"paths": {"a/b": {"get": {}}}}) == [("GET", "/a/b", "/paths/a~1b/get")]


@pytest.mark.parametrize("paths", [None, [], "x", {"/a": None}, {"/a": []}, {"/a": {}}, {}])
def test_without_paths_there_are_no_operations(paths: Any) -> None:
    assert operations(Document({"paths": paths}, "3.0.3")) == ([], [])


def test_a_path_item_that_is_no_object_hides_its_path_alone() -> None:
    document = Document({"paths": {"/a": "x", "/b": {"get": {}}}}, "3.0.3")
    operation, problems = operations(document)
    assert [each.path for each in operation] == ["/b"]
    assert [(each.code, each.pointer) for each in problems] == [("wrong-type", "/paths/~1a")]


def test_h15_paths_that_no_request_tells_apart_are_a_problem_and_stay_callable() -> None:
    tree: dict[str, Any] = {
        "paths": {"/a/{b}": {"get": {}}, "/a/{c}": {"get": {}}, "/a/b": {"get": {}}}
    }
    operation, problems = operations(Document(tree, "3.0.3"))
    assert len(operation) == 3
    assert [(each.code, each.pointer) for each in problems] == [
        ("equivalent-paths", "/paths/~1a~1{c}")
    ]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/{a}{b}", ("a", "b")),
        ("/{a}/{a}", ("a",)),
        ("/{Envelope Id}/{x-y}", ("Envelope Id", "x-y")),
        ("/a?b={b}", ("b",)),
        ("/a#{b}", ()),
        ("//{a}//", ("a",)),
        ("/a/{id}.{ext}:verb", ("id", "ext")),
    ],
)
def test_h15_variables_stand_anywhere_but_in_a_fragment(path: str, names: tuple[str, ...]) -> None:
    assert variables(path) == names
    assert flaw(path) == ""


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/a/{b", "brace"),
        ("/a/b}", "brace"),
        ("/{a{b}}", "brace"),
        ("/}a{", "brace"),
        ("/{}", "name"),
        ("/{a}/..", "dot segment"),
        ("/../a", "dot segment"),
        ("/a/./b", "dot segment"),
        ("/a/%2e%2E/b", "dot segment"),
        ("/a\r\nb", "control"),
        ("/a\x00", "control"),
    ],
)
def test_h15_a_path_that_no_request_can_have_says_why(path: str, word: str) -> None:
    assert word in flaw(path)
