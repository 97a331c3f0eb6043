"""What differs between values: a pair for each rule, in both directions."""

from typing import Any

import pytest

from facade.model.difference import Verdict
from facade.spec.diff.rules import CATALOGUE, FACETS, SCHEMAS
from tests.documents import answering, both, in_json, rules, sending

STRING = {"type": "string"}
INTEGER = {"type": "integer"}

NARROWED: list[tuple[str, Any, Any]] = [
    ("type", {"type": ["string", "integer"]}, STRING),
    ("type", {"type": "number"}, INTEGER),
    ("type", True, STRING),
    ("null", {"type": ["string", "null"]}, STRING),
    ("null", {"type": "string", "nullable": True}, STRING),
    ("null", {"anyOf": [STRING, {"type": "null"}]}, STRING),
    ("values", {"enum": ["a", "b"]}, {"enum": ["a"]}),
    ("values", STRING, {"type": "string", "enum": ["a"]}),
    ("values", {"enum": ["a", "b"]}, {"const": "a"}),
    ("range", {"type": "integer", "maximum": 100}, {"type": "integer", "maximum": 50}),
    ("range", INTEGER, {"type": "integer", "minimum": 1}),
    ("range", {"type": "number", "minimum": 1}, {"type": "number", "exclusiveMinimum": 1}),
    ("range", {"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 4}),
    ("length", STRING, {"type": "string", "maxLength": 5}),
    ("length", {"type": "array", "minItems": 1}, {"type": "array", "minItems": 2}),
    ("length", {"type": "array"}, {"type": "array", "uniqueItems": True}),
    ("length", {"type": "object"}, {"type": "object", "maxProperties": 1}),
    ("pattern", STRING, {"type": "string", "pattern": "^a"}),
    ("format", STRING, {"type": "string", "format": "date"}),
    ("format", {"type": "integer", "format": "int64"}, {"type": "integer", "format": "int32"}),
]
"""Facet, the wider schema, the narrower one."""


@pytest.mark.parametrize(("facet", "wide", "narrow"), NARROWED)
def test_p3_what_is_sent_may_be_widened_and_not_narrowed(
    facet: str, wide: Any, narrow: Any
) -> None:
    narrowed, widened = both(sending, wide, narrow), both(sending, narrow, wide)
    assert rules(narrowed) >= {f"request-{facet}-narrowed"}
    assert narrowed.verdict is Verdict.WIRE_BREAKING
    assert rules(widened) >= {f"request-{facet}-widened"}
    assert in_json(widened) is Verdict.SAFE


@pytest.mark.parametrize(("facet", "wide", "narrow"), NARROWED)
def test_p3_what_is_answered_may_be_narrowed_and_not_widened(
    facet: str, wide: Any, narrow: Any
) -> None:
    narrowed, widened = both(answering, wide, narrow), both(answering, narrow, wide)
    assert rules(narrowed) >= {f"response-{facet}-narrowed"}
    assert in_json(narrowed) is Verdict.SAFE
    assert rules(widened) >= {f"response-{facet}-widened"}
    assert widened.verdict is Verdict.WIRE_BREAKING


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def closed(**properties: Any) -> dict[str, Any]:
    return {**thing(**properties), "additionalProperties": False}


CAT, DOG = thing("meow", meow=STRING), thing("bark", bark=STRING)
WITH = {"a": STRING, "b": STRING}

SENT: list[tuple[str, Any, Any]] = [
    ("request-property-added", thing(a=STRING), thing(**WITH)),
    ("request-property-added-required", thing(a=STRING), thing("b", **WITH)),
    ("request-property-removed", thing(**WITH), thing(a=STRING)),
    ("request-property-refused", closed(**WITH), closed(a=STRING)),
    ("request-property-became-required", thing(**WITH), thing("b", **WITH)),
    ("request-property-became-optional", thing("b", **WITH), thing(**WITH)),
    ("request-object-closed", thing(**WITH), closed(**WITH)),
    ("request-object-opened", closed(**WITH), thing(**WITH)),
    ("request-default-changed", {"type": "string", "default": "a"}, {"type": "string"}),
    ("request-choice-added", {"oneOf": [CAT, DOG]}, {"oneOf": [CAT, DOG, STRING]}),
    ("request-choice-removed", {"oneOf": [CAT, DOG, STRING]}, {"oneOf": [CAT, STRING]}),
    ("property-deprecated", thing(a=STRING), thing(a={**STRING, "deprecated": True})),
    ("request-type-narrowed", {"type": "array"}, {"type": "array", "items": STRING}),
    (
        "request-type-narrowed",
        {"type": "array", "prefixItems": [{"type": ["string", "integer"]}]},
        {"type": "array", "prefixItems": [STRING]},
    ),
    (
        "request-type-narrowed",
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"type": "object", "additionalProperties": INTEGER},
    ),
]
ANSWERED: list[tuple[str, Any, Any]] = [
    ("response-property-added", thing(a=STRING), thing(**WITH)),
    ("response-property-removed", thing("b", **WITH), thing(a=STRING)),
    ("response-optional-property-removed", thing(**WITH), thing(a=STRING)),
    ("response-property-became-optional", thing("b", **WITH), thing(**WITH)),
    ("response-property-became-required", thing(**WITH), thing("b", **WITH)),
    ("response-object-closed", thing(**WITH), closed(**WITH)),
    ("response-object-opened", closed(**WITH), thing(**WITH)),
    ("response-object-opened", closed(a=STRING), closed(**WITH)),
    ("response-choice-added", {"anyOf": [CAT, STRING]}, {"anyOf": [CAT, DOG, INTEGER]}),
    ("response-choice-removed", {"oneOf": [CAT, DOG]}, {"oneOf": [CAT]}),
]


def titled(schema: Any) -> Any:
    """The alternatives with names of their own."""
    names = {str(CAT): "Cat", str(DOG): "Dog"}
    if not isinstance(schema, dict):
        return schema
    key = next((each for each in ("oneOf", "anyOf") if each in schema), "")
    if not key:
        return schema
    return {key: [{"title": names.get(str(each), str(each)), **each} for each in schema[key]]}


@pytest.mark.parametrize(("rule", "old", "new"), SENT)
def test_what_a_change_of_something_sent_is_called(rule: str, old: Any, new: Any) -> None:
    found = both(sending, titled(old), titled(new))
    assert rules(found) >= {rule}
    assert found.verdict.rank >= CATALOGUE[rule].verdict.rank


@pytest.mark.parametrize(("rule", "old", "new"), ANSWERED)
def test_what_a_change_of_something_answered_is_called(rule: str, old: Any, new: Any) -> None:
    found = both(answering, titled(old), titled(new))
    assert rules(found) >= {rule}
    assert found.verdict.rank >= CATALOGUE[rule].verdict.rank


def test_an_alternative_that_does_not_come_any_more_is_safe() -> None:
    found = both(answering, titled({"oneOf": [CAT, DOG]}), titled({"oneOf": [CAT]}))
    assert in_json(found) is Verdict.SAFE
    assert rules(found) == {"response-choice-removed", "message-kind-changed"}


def test_every_rule_of_schemas_has_its_pair() -> None:
    elsewhere = {"discriminator-changed", "undecided"}
    assert {rule for rule, _, _ in (*SENT, *ANSWERED)} | elsewhere >= {*SCHEMAS}
    assert {facet for facet, _, _ in NARROWED} == {*FACETS, "null"}
