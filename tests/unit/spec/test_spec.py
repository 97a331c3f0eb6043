"""The actions of a document by their names."""

from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.spec import Spec

PETS: dict[str, Any] = {
    "info": {"title": "Pets", "description": "D", "version": 1.5},
    "paths": {
        "/pet/{petId}": {
            "get": {"operationId": "getPetById"},
            "delete": {"operationId": "deletePet"},
        },
        "/pet/{petId}/uploadImage": {"post": {"operationId": "uploadFile"}},
        "/pet/findByStatus": {"get": {"operationId": "findPetsByStatus"}},
        "/store": {"get": {}},
        "/long": {"get": {"operationId": "x" * 300}},
    },
}


def spec(tree: dict[str, Any], version: str = "3.0.3") -> Spec:
    return Spec(Document(tree, version))


@pytest.mark.parametrize(
    ("name", "action_id"),
    [
        ("getPetById", "getPetById"),
        ("uploadFile", "uploadFile"),
        ("uploadImage", "uploadFile"),
        ("findByStatus", "findPetsByStatus"),
        ("get_store", "get_store"),
        ("store", "get_store"),
        ("long", "x" * 119 + "_"),
        ("x" * 300, "x" * 119 + "_"),
    ],
)
def test_an_action_answers_to_its_id_its_alias_and_its_operation_id(
    name: str, action_id: str
) -> None:
    assert spec(PETS).action(name).id.startswith(action_id)


def test_an_action_is_compiled_once() -> None:
    pets = spec(PETS)
    assert pets.action("uploadImage") is pets.action("uploadFile")


@pytest.mark.parametrize("name", ["", "pet", "getpetbyid", "nothing"])
def test_an_unknown_name_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        spec(PETS).action(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("getPetByID", ("getPetById",)),
        ("uploadimage", ("uploadFile",)),
        ("findByState", ("findPetsByStatus",)),
        ("zzzzzz", ()),
        ("y" * 100_000, ()),
    ],
)
def test_close_names_are_suggested(name: str, expected: tuple[str, ...]) -> None:
    assert spec(PETS).suggest(name)[: len(expected) or None] == expected


def test_ids_are_sorted_and_counted() -> None:
    pets = spec(PETS)
    assert list(pets.ids) == sorted(pets.ids)
    assert len(pets) == len(pets.ids) == 6


def test_info_is_text() -> None:
    pets = spec(PETS)
    assert (pets.title, pets.description, pets.version) == ("Pets", "D", "1.5")
    bare = spec({"info": [], "paths": {}})
    assert (bare.title, bare.description, bare.version, len(bare)) == ("", "", "", 0)


def test_h16_a_duplicate_operation_id_is_a_problem_and_both_actions_answer() -> None:
    tree = {"paths": {"/a": {"get": {"operationId": "x"}}, "/b": {"get": {"operationId": "x"}}}}
    found = spec(tree)
    assert [(each.code, each.pointer) for each in found.problems()] == [
        ("duplicate-operation-id", "/paths/~1a/get/operationId"),
        ("duplicate-operation-id", "/paths/~1b/get/operationId"),
    ]
    assert {found.action(each).path for each in found.ids} == {"/a", "/b"}
    with pytest.raises(KeyError):
        found.action("x")
    assert set(found.suggest("x_")) <= set(found.ids)


@pytest.mark.parametrize("name", ["__class__", "__init__", "action", "ids", "True", "../../etc"])
def test_h16_a_name_that_means_something_elsewhere_means_nothing_here(name: str) -> None:
    tree = {"paths": {"/a": {"get": {"operationId": name}}}}
    assert spec(tree).action(name).path == "/a"
    assert spec(tree).ids == (name,)


def test_an_id_goes_before_the_alias_of_another() -> None:
    item, other = {"get": {"operationId": "x"}}, {"get": {"operationId": "find"}}
    tree = {"paths": {"/a/find": item, "/b": other}}
    found = spec(tree)
    assert found.action("find").path == "/b"
    assert found.action("x").alias == ""


def test_problems_are_those_of_the_index_and_of_every_action() -> None:
    tree = {
        "paths": {
            "/a": "junk",
            "/b": {"post": {"requestBody": []}, "get": {}},
            "/c/{x": {"get": {}},
        }
    }
    found = spec(tree)
    assert [(each.code, each.pointer) for each in found.problems()] == [
        ("wrong-type", "/paths/~1a"),
        ("wrong-type", "/paths/~1b/post/requestBody"),
        ("invalid-path", "/paths/~1c~1{x"),
    ]
    assert len(found) == 3
    assert not found.action("get_b").problems


def test_the_same_document_gives_the_same_actions_whatever_is_asked_first() -> None:
    one, other = spec(PETS), spec(PETS)
    forward = [repr(one.action(each)) for each in one.ids]
    backward = [repr(other.action(each)) for each in reversed(other.ids)]
    assert forward == list(reversed(backward))
