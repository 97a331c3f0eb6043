import json
from collections.abc import Mapping
from typing import Any

import pytest

from facade.model.formats import ASSERTED
from facade.spec.limits import DEFAULT
from facade.spec.load import load
from facade.spec.mapping import CATALOGUE, Fidelity, MappingReport, Note, overlay_of
from facade.spec.mapping_rules import OF_OPERATIONS, mapping_report
from facade.spec.spec import Spec
from facade.spec.text.yaml_core import read_yaml
from facade.spec.typed import notes

OK: Mapping[str, Any] = {"200": {"description": "", "content": {}}}
GOOD: Mapping[str, Any] = {
    "operationId": "list-pets",
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
    "responses": {"204": {"description": "done"}},
}

TYPED = frozenset({*OF_OPERATIONS, *notes.CLOSE, *notes.OPAQUE})
"""Notes on the typed service alone: calls as such map exactly."""


def report(operation: Mapping[str, Any] = GOOD, **fields: Any) -> MappingReport:
    document = {
        "openapi": "3.1.1",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://pets.example"}],
        "paths": {"/pets": {"get": dict(operation)}},
        **fields,
    }
    text = json.dumps(document, indent=1)
    return mapping_report(text, Spec(load(text)[0]))


def asked(number: int) -> dict[str, Any]:
    return {"name": f"p{number}", "in": "query", "schema": {"type": "integer"}}


LISTS = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}


def with_parameter(**parameter: Any) -> MappingReport:
    return report({**GOOD, "parameters": [{"name": "p", "in": "query", **parameter}]})


def with_answer(name: str, media: Mapping[str, Any]) -> MappingReport:
    responses = {"200": {"description": "", "content": {name: media}}}
    return report({**GOOD, "responses": responses})


def only(found: MappingReport) -> Note:
    (note,) = [each for each in found.notes if each.code not in TYPED]
    return note


def test_a_document_that_maps_exactly_has_no_notes_and_says_how_much_it_is() -> None:
    found = report()
    assert found.notes == ()
    assert with_parameter(schema=LISTS).notes == ()
    counted = {each.part: each.exact for each in found.tallies}
    assert counted["operations"] == counted["parameters"] == counted["servers"] == 1


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (report({**GOOD, "operationId": ""}), "generated-id"),
        (report({**GOOD, "callbacks": {"done": {"{$url}": {}}}}), "callback"),
        (report(webhooks={"new": {}}), "callback"),
        (with_parameter(**{"in": "header", "name": "Accept", "schema": {}}), "ignored-header"),
        (with_parameter(), "untyped-parameter"),
        (with_parameter(style="simple", schema={"type": "string"}), "replaced-style"),
        (
            with_parameter(schema={"type": "array", "items": {"type": "object"}}),
            "nested-value",
        ),
        (with_parameter(schema=LISTS, explode=False), "nested-value"),
        (with_parameter(schema={"properties": {"a": {"items": LISTS}}}), "nested-value"),
        (
            with_parameter(
                style="deepObject",
                schema={"type": "object", "properties": {"a": {"type": "array", "items": True}}},
            ),
            "deep-object-array",
        ),
        (with_parameter(style="deepObject", schema={"type": "array"}), "deep-object-array"),
        (with_answer("application/json", {}), "untyped-answer"),
        (with_answer("application/cbor", {"schema": {"type": "object"}}), "opaque-media-type"),
        (report({**GOOD, "responses": {"404": {"description": ""}}}), "no-success"),
        (with_parameter(schema={"type": "string", "format": "lovelace"}), "unknown-format"),
        (with_parameter(schema={"type": "string", "pattern": "^(?=a)"}), "unchecked-pattern"),
        (with_parameter(schema={"$ref": "#/components/schemas/No"}), "dangling-reference"),
        (
            report(components={"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}}),
            "foreign-token",
        ),
        (
            report(components={"securitySchemes": {"m": {"type": "mutualTLS"}}}),
            "unsupported-scheme",
        ),
        (report(servers=[{"url": "/v1"}]), "server-needed"),
        (report(servers=[{"url": "https://{host}"}]), "server-needed"),
        (report(servers=[]), "server-needed"),
        (
            report(servers=[{"url": "https://a.example"}, {"url": "https://b.example"}]),
            "more-servers",
        ),
    ],
)
def test_what_does_not_map_exactly_is_noted_once(found: MappingReport, code: str) -> None:
    note = only(found)
    assert (note.code, note.remedy) == (code, CATALOGUE[code].remedy)
    assert note.line > 0


@pytest.mark.parametrize(
    ("found", "code", "part"),
    [
        (report({**GOOD, "requestBody": {"content": {}}}), "no-http-rule", "operations"),
        (
            report({**GOOD, "parameters": [asked(each) for each in range(3_001)]}),
            "many-arguments",
            "operations",
        ),
        (
            report(
                GOOD,
                paths={
                    "/a": {"get": {**GOOD, "operationId": "a-b"}},
                    "/b": {"get": {**GOOD, "operationId": "aB"}},
                },
            ),
            "method-name",
            "operations",
        ),
        (
            report(
                GOOD,
                paths={
                    "/a": {
                        "put": {
                            **GOOD,
                            "requestBody": {
                                "content": {
                                    "application/json": {"schema": {"type": "string"}},
                                    "application/x-www-form-urlencoded": {
                                        "schema": {"additionalProperties": {"type": "string"}}
                                    },
                                }
                            },
                        }
                    }
                },
            ),
            "one-body-type",
            "operations",
        ),
        (with_answer("application/json", {"schema": {"type": "object"}}), "any-object", "schemas"),
    ],
)
def test_what_is_no_exact_type_or_method_is_noted(
    found: MappingReport, code: str, part: str
) -> None:
    (note,) = found.notes
    assert (note.code, note.part) == (code, part)
    assert note.line > 0
    assert note.remedy == CATALOGUE[code].remedy


@pytest.mark.parametrize("name", sorted(ASSERTED))
def test_a_format_that_values_are_held_to_is_no_note(name: str) -> None:
    assert with_parameter(schema={"type": "string", "format": name}).notes == ()


def test_an_action_that_cannot_be_called_is_opaque() -> None:
    operation = {**GOOD, "parameters": [{"in": "query", "required": True}]}
    notes = {each.code: each.fidelity for each in report(operation).notes}
    assert notes["set-aside"] is Fidelity.OPAQUE


@pytest.mark.parametrize("name", ["application/xml", "text/event-stream", "application/jsonl"])
def test_a_structured_type_that_is_understood_is_exact(name: str) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    assert with_answer(name, {"schema": schema}).notes == ()


def test_bytes_that_the_schema_calls_bytes_are_exact() -> None:
    assert with_answer("image/png", {"schema": {"type": "string", "format": "binary"}}).notes == ()


def test_a_server_whose_variables_have_defaults_is_a_whole_address() -> None:
    server = {"url": "https://{host}/v1", "variables": {"host": {"default": "a.example"}}}
    assert report(servers=[server]).notes == ()


def test_each_part_is_tallied_once_by_the_worst_that_is_said_of_it() -> None:
    (operations, *_) = report({**GOOD, "operationId": "", "responses": {}}).tallies
    assert (operations.exact, operations.approximate, operations.opaque) == (0, 1, 0)


def test_a_remedy_is_an_overlay_action_that_names_its_place_as_a_json_path() -> None:
    note = only(with_parameter(name="it's", schema={"type": "string", "format": "made-up"}))
    (action,), _ = read_yaml(note.overlay, DEFAULT)
    place = "$['paths']['/pets']['get']['parameters'][0]['schema']['format']"
    assert action == {"target": place, "remove": True}


def test_the_remedies_of_a_document_are_one_overlay() -> None:
    found = report({**GOOD, "operationId": "", "responses": {}}, servers=[])
    overlay, _ = read_yaml(
        overlay_of([each.overlay for each in found.notes], "Mends pets"), DEFAULT
    )
    assert overlay == {
        "overlay": "1.0.0",
        "info": {"title": "Mends pets", "version": "1.0.0"},
        "actions": [
            {"target": "$['paths']['/pets']['get']", "update": {"operationId": "get_pets"}}
        ],
    }


def test_without_any_remedy_the_overlay_has_no_actions() -> None:
    overlay, _ = read_yaml(overlay_of((), "Nothing"), DEFAULT)
    assert overlay["actions"] == []


def test_the_places_of_a_2_0_document_are_those_of_its_own_text() -> None:
    parameter = {"name": "p", "in": "query", "type": "string", "format": "made-up"}
    document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "host": "pets.example",
        "schemes": ["https"],
        "paths": {
            "/pets": {
                "get": {
                    "operationId": "list",
                    "parameters": [parameter],
                    "responses": {"204": {"description": ""}},
                }
            }
        },
    }
    text = json.dumps(document)
    note = only(mapping_report(text, Spec(load(text)[0])))
    assert note.pointer == "/paths/~1pets/get/parameters/0/format"
    assert note.overlay.startswith("- target: \"$['paths']['/pets']['get']['parameters'][0]")
