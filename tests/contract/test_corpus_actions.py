"""Real documents of many publishers: what becomes of their operations."""

import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from facade.catalog.examining import HEAD, told, understood
from facade.errors.caller import InvalidSpec
from facade.model.action import Action, Schema
from facade.spec.load import load
from facade.spec.schemas.schema import validator
from facade.spec.spec import Spec

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
SUFFIXES = {".json", ".yaml", ".yml"}
DOCUMENTS = sorted(each.name for each in CORPUS.glob("*") if each.suffix in SUFFIXES)

pytestmark = pytest.mark.skipif(not DOCUMENTS, reason="the corpus of real documents is absent")


@cache
def spec_of(name: str) -> Spec | None:
    """None where the document cannot be read, which is another test's matter."""
    try:
        document, _ = load((CORPUS / name).read_bytes())
    except InvalidSpec:
        return None
    return Spec(document)


def actions(spec: Spec) -> list[Action]:
    return [spec.action(each) for each in spec.ids]


def requests(action: Action) -> Iterator[Schema]:
    yield action.input_schema
    yield from (each.schema for each in action.parameters)
    yield from (each.schema for each in (action.body.media if action.body else ()))


def responses(action: Action) -> Iterator[Schema]:
    yield from (media.schema for each in action.responses for media in each.media)


def together(schemas: Iterator[Schema]) -> dict[str, Any]:
    """All schemas in one, so that a definition that they share is compiled once."""
    definitions: dict[str, Any] = {}
    alternatives: list[Any] = [True]
    for schema in schemas:
        if isinstance(schema, dict):
            definitions |= schema.get("$defs", {})
            alternatives.append({key: each for key, each in schema.items() if key != "$defs"})
    return {"anyOf": alternatives, "$defs": definitions}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_compiles_and_so_does_every_schema(name: str) -> None:
    spec = spec_of(name)
    if spec is None:
        pytest.skip("the document cannot be read")
    found = actions(spec)
    assert len({each.id for each in found}) == len(found)
    assert all(each.id.isprintable() and len(each.id) <= 128 for each in found)
    for way in (requests, responses):
        validator(together(schema for each in found for schema in way(each)))


def test_nearly_every_operation_can_be_called() -> None:
    found = [each for name in DOCUMENTS if (spec := spec_of(name)) for each in actions(spec)]
    aside = [f"{each.method} {each.path}: {each.problems}" for each in found if each.problems]
    assert len(found) > 10_000
    assert len(aside) <= 0.005 * len(found), aside


def test_the_same_document_gives_the_same_ids_in_any_order() -> None:
    for name in DOCUMENTS:
        spec = spec_of(name)
        if spec is None:
            continue
        document, _ = load((CORPUS / name).read_bytes())
        turned = dict(reversed((document.tree.get("paths") or {}).items()))
        again = Spec(type(document)({**document.tree, "paths": turned}, document.version))
        assert again.ids == spec.ids


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_another_process_takes_over_says_the_same(name: str) -> None:
    spec = spec_of(name)
    if spec is None:
        return
    again = understood(told(spec)[HEAD.size :])
    assert again.ids == spec.ids
    for each in spec.ids[::9]:
        ours, theirs = spec.action(each), again.action(each)
        assert [*requests(theirs)] == [*requests(ours)]
        assert [*responses(theirs)] == [*responses(ours)]
        assert (theirs.security, theirs.servers) == (ours.security, ours.servers)
        assert (theirs.pointer, theirs.problems) == (ours.pointer, ours.problems)


CLASSIC = {
    "getPetById": "/pet/{petId}",
    "uploadImage": "/pet/{petId}/uploadImage",
    "findByStatus": "/pet/findByStatus",
}


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("swagger-api__petstore304.yaml", CLASSIC),
        ("readmeio__petstore20.json", CLASSIC),
        ("oai__petstore-expanded.yaml", {"find pet by id": "/pets/{id}", "addPet": "/pets"}),
        ("python-openapi__petstore.yaml", {"showPetById": "/pets/{petId}", "listPets": "/pets"}),
    ],
)
def test_the_petstores_answer_to_their_names(name: str, answers: dict[str, str]) -> None:
    spec = spec_of(name)
    assert spec is not None
    assert {each: spec.action(each).path for each in answers} == answers
    assert all(not spec.action(each).problems for each in answers)


def test_the_largest_document_compiles_in_no_time() -> None:
    largest = max(DOCUMENTS, key=lambda name: (CORPUS / name).stat().st_size)
    document, _ = load((CORPUS / largest).read_bytes())
    start = time.process_time()
    assert actions(Spec(document))
    assert time.process_time() - start < 1.5
