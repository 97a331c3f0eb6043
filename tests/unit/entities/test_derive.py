"""Entity types by the tree of paths (G-19)."""

from collections.abc import Mapping
from typing import Any

import pytest

from facade.entities.derive import Derived, derive, singular
from facade.entities.shape import key_field, shape_in
from facade.model.entity import EntityType, Verb
from tests.documents import spec

JSON = "application/json"


def types(*paths: str, **said: Any) -> Mapping[str, EntityType]:
    """Those of a document with paths such as `GET /pets/{id}`."""
    tree: dict[str, Any] = {}
    for each in paths:
        method, path = each.split(" ")
        tree.setdefault(path, {})[method.lower()] = {"operationId": each, **said.get(method, {})}
    return derive(spec({"paths": tree}))


def test_g19_a_collection_and_its_items_are_an_entity_with_five_verbs() -> None:
    paths = ("GET /pets", "POST /pets", "GET /pets/{id}", "PATCH /pets/{id}", "DELETE /pets/{id}")
    found = types(*paths)["pets"]
    assert found.operations == {
        Verb.LIST: "GET /pets",
        Verb.CREATE: "POST /pets",
        Verb.GET: "GET /pets/{id}",
        Verb.UPDATE: "PATCH /pets/{id}",
        Verb.DELETE: "DELETE /pets/{id}",
    }
    assert (found.alias, found.key, found.parents, found.wanted) == ("pet", "id", (), "")


@pytest.mark.parametrize("order", [("PATCH", "PUT"), ("PUT", "PATCH")])
def test_g19_patch_goes_before_put(order: tuple[str, str]) -> None:
    found = types(*(f"{method} /pets/{{id}}" for method in order))["pets"]
    assert found.operations == {Verb.UPDATE: "PATCH /pets/{id}"}
    assert types("PUT /pets/{id}")["pets"].operations == {Verb.UPDATE: "PUT /pets/{id}"}


def test_g19_operations_that_are_not_there_are_not_there() -> None:
    assert set(types("GET /pets/{id}")["pets"].operations) == {Verb.GET}


def test_g19_other_variables_are_parents() -> None:
    found = types("GET /owners/{owner}/pets/{id}", "GET /owners/{owner}/pets")["pets"]
    assert (found.path, found.parents, found.key) == ("/owners/{owner}/pets", ("owner",), "id")


def test_paths_that_are_no_items_make_no_entity() -> None:
    assert not types("GET /pets", "GET /pets/findByStatus", "GET /pets/{id}/picture", "GET /{id}")
    assert not types("GET /v1/{name}", "POST /pets/{id}:adopt", "GET /pets/{id}.json")


def test_versions_before_the_paths_name_nothing() -> None:
    assert set(types("GET /api/v2/{tenant}/pets/{id}", "GET /v1beta1/{name}")) == {"pets"}


def test_slashes_at_the_end_and_other_names_of_variables_do_not_matter() -> None:
    found = types("GET /pets/", "GET /pets/{id}/", "DELETE /pets/{petId}")["pets"]
    assert set(found.operations) == {Verb.LIST, Verb.GET, Verb.DELETE}


def test_g19_the_document_says_it_better() -> None:
    assert not types("GET /pets/{id}", GET={"x-entity-ignore": True})
    found = types("GET /pets/{id}", GET={"x-entity": "animal", "x-entity-key": "tag"})
    assert (found["animal"].key_field, found["animal"].wanted) == ("tag", "")


def test_g19_of_two_that_claim_a_name_both_are_kept_and_told() -> None:
    found = types("GET /pets/{id}", "GET /owners/{o}/pets/{id}", "GET /shops/{s}/pets/{id}")
    assert set(found) == {"pets", "owners.pets", "shops.pets"}
    assert found["owners.pets"].wanted == "pets"
    same = types("GET /a/pets/{id}", "GET /b/pets/{id}")
    assert set(same) == {"a.pets", "b.pets"}
    deep = types("GET /repos/{owner}", "GET /repos/{owner}/{repo}")
    assert set(deep) == {"repos", "repos.repo"}


def test_names_do_not_hang_on_the_order_of_the_document() -> None:
    paths = ("GET /a/x/pets/{id}", "GET /b/x/pets/{id}", "GET /c/pets/{id}", "GET /pets/{k}/{id}")
    assert set(types(*paths)) == set(types(*reversed(paths)))


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("pets", "pet"),
        ("categories", "category"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("status", "status"),
        ("news", "new"),
        ("staff", "staff"),
    ],
)
def test_the_singular_goes_by_its_ending(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_a_type_is_found_by_its_alias_and_derived_once() -> None:
    made = spec({"paths": {"/pets/{id}": {"get": {}}}})
    derived = Derived()
    assert derived.find(made, "pet") is derived.find(made, "pets")
    assert derived.find(made, "cat") is None


def answering(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {JSON: {"schema": schema}}}}}


THING = {"type": "object", "properties": {"petId": {"type": "integer"}, "id": {}, "name": {}}}


@pytest.mark.parametrize(
    "operations",
    [
        {"/pets/{pet_id}": {"get": answering(THING)}},
        {
            "/pets": {"get": answering({"type": "array", "items": THING})},
            "/pets/{pet_id}": {"delete": {}},
        },
        {
            "/pets": {
                "get": answering(
                    {"properties": {"data": {"type": "array", "items": THING}, "n": {}}}
                )
            },
            "/pets/{pet_id}": {"delete": {}},
        },
        {
            "/pets": {"post": {"requestBody": {"content": {JSON: {"schema": THING}}}}},
            "/pets/{pet_id}": {"delete": {}},
        },
    ],
)
def test_g19_the_schema_is_of_get_else_of_an_element_of_list_else_of_create(
    operations: Any,
) -> None:
    made = spec({"paths": operations})
    found = derive(made)["pets"]
    shape = shape_in(made, found)
    assert set(shape.fields) == {"petId", "id", "name"}
    assert key_field(found, shape) == "petId"


@pytest.mark.parametrize(
    ("variable", "fields", "field"),
    [
        ("petId", ("id", "name"), "id"),
        ("pet_name", ("id", "name"), "name"),
        ("PET-ID", ("petId", "id"), "petId"),
        ("slug", ("id",), ""),
    ],
)
def test_a_key_is_looked_for_by_what_it_is_called(
    variable: str, fields: tuple[str, ...], field: str
) -> None:
    schema = {"type": "object", "properties": {each: {} for each in fields}}
    made = spec({"paths": {f"/pets/{{{variable}}}": {"get": answering(schema)}}})
    found = derive(made)["pets"]
    assert key_field(found, shape_in(made, found)) == field
