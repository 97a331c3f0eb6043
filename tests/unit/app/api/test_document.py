import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from facade.app.api.document import EXAMPLES, document
from facade.app.api.table import ROUTES
from facade.app.api.told import ENCODER

DOCUMENT = json.loads(ENCODER.encode(document(ROUTES, "")))
METHODS = ("get", "post", "patch", "delete")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method} {path}", item[method]


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema with examples that is in a part of the document."""
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield node
        for each in node.values():
            yield from schemas(each)
    elif isinstance(node, list):
        for each in node:
            yield from schemas(each)


def test_the_document_is_valid() -> None:
    assert [*OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_method_is_told_once_by_its_own_name() -> None:
    ids = sorted(each["operationId"] for _, each in operations())
    assert ids == sorted(f"{each.rpc[0].lower()}{each.rpc[1:]}" for each in ROUTES)


def test_every_example_holds() -> None:
    found = [*schemas(DOCUMENT)]
    assert found
    for schema in found:
        for example in schema["examples"]:
            assert jsonschema_rs.Draft202012Validator(schema).is_valid(example), schema


def test_bodies_to_begin_with_fit_their_methods() -> None:
    bodies = [each["requestBody"] for _, each in operations() if "requestBody" in each]
    contents = [each["content"]["application/json"] for each in bodies]
    shown = [each for each in contents if "example" in each]
    assert len(shown) == len(EXAMPLES)
    for each in shown:
        schema = {**each["schema"], "components": DOCUMENT["components"]}
        assert jsonschema_rs.Draft202012Validator(schema).is_valid(each["example"]), each


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_reference_leads_somewhere(name: str) -> None:
    text = json.dumps(DOCUMENT["components"]["schemas"][name])
    for reference in text.split('"$ref": "#/components/schemas/')[1:]:
        assert reference.partition('"')[0] in DOCUMENT["components"]["schemas"]


def test_every_failure_is_told_in_the_envelope_and_as_problem_json() -> None:
    for where, operation in operations():
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                continue
            told = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
            assert set(told["content"]) == {"application/json", "application/problem+json"}, where


def test_a_success_is_in_the_envelope_or_is_nothing() -> None:
    for where, operation in operations():
        if "204" in operation["responses"]:
            assert where.startswith("delete ")
        elif "application/json" in operation["responses"]["200"]["content"]:
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            assert schema["required"] == ["data"]


def test_the_server_is_here_unless_it_is_known_where_here_is() -> None:
    assert DOCUMENT["servers"] == [{"url": "/"}]
    assert document(ROUTES, "https://api.example")["servers"] == [{"url": "https://api.example"}]


def test_every_group_of_methods_says_what_it_is() -> None:
    told = {each["name"] for each in DOCUMENT["tags"] if each["description"]}
    used = {tag for _, operation in operations() for tag in operation["tags"]}
    assert told == used
