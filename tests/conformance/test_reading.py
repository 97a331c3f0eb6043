"""The judges of this folder's own: what they find right, and that they find what is wrong."""

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.conformance.documents import operations
from tests.conformance.keywords import Impossible
from tests.conformance.patterns import Sampler, seeded
from tests.conformance.sampling import Taste, sample
from tests.conformance.scoreboard import Scoreboard
from tests.conformance.wire import differences

DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/shops/{id}": {
            "post": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {}},
                    {"name": "tag", "in": "query", "schema": {}},
                    {"name": "area", "in": "query", "style": "deepObject", "schema": {}},
                    {"name": "X-Level", "in": "header", "schema": {}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {}}}},
            }
        }
    },
}
ARGUMENTS: dict[str, Any] = {
    "id": "a b",
    "tag": ["x", "y&z"],
    "area": {"from": {"lat": 1.5}},
    "X-Level": [1, 2],
    "body": {"price": 1.10},
}
REQUEST = (
    b"POST /shops/a%20b?tag=x&tag=y%26z&area%5Bfrom%5D%5Blat%5D=1.5 HTTP/1.1\r\n"
    b"X-Level: 1,2\r\nContent-Type: application/json\r\n\r\n"
    b'{"price": 1.1}'
)


def found(request: bytes) -> list[str]:
    operation = next(operations(DOCUMENT))
    return differences(operation, ARGUMENTS, request)


def test_a_request_that_holds_the_arguments_is_right() -> None:
    assert found(REQUEST) == []


@pytest.mark.parametrize(
    ("here", "instead"),
    [
        (b"POST", b"PUT"),
        (b"/shops/a%20b", b"/shops/a+b"),
        (b"/shops/a%20b", b"/shops/a%20b/"),
        (b"tag=x&", b""),
        (b"y%26z", b"y&z"),
        (b"y%26z", b"y%2526z"),
        (b"%5Blat%5D=1.5", b"%5Blat%5D=1.50"),
        (b"=1.5 HTTP", b"=1.5&more=1 HTTP"),
        (b"X-Level: 1,2", b"X-Level: 1"),
        (b"X-Level: 1,2\r\n", b""),
        (b"application/json", b"text/plain"),
        (b"1.1}", b"1.10000000000000001}"),
    ],
)
def test_a_request_that_differs_is_found_out(here: bytes, instead: bytes) -> None:
    assert found(REQUEST.replace(here, instead, 1)) != []


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]{2,4}-\\d+$",
        "^(?:red|blue|[^a-y])\\w?$",
        "^[\\w.-]+@x\\.org$",
        "^\\u0041[A-Fa-f0-9]{8}(-[0-9]{4}){2}$",
    ],
)
def test_a_sampled_text_matches_its_pattern(pattern: str) -> None:
    texts = [Sampler(pattern, seeded(seed)).sample() for seed in range(50)]
    assert all(re.fullmatch(pattern, each) for each in texts)
    assert len(set(texts)) > 1


SCHEMAS: list[dict[str, Any]] = [
    {"type": "integer", "minimum": 3, "exclusiveMaximum": 9, "multipleOf": 2},
    {"type": "array", "prefixItems": [{"const": 1}], "items": {"type": "null"}, "minItems": 3},
    {"type": "object", "required": ["a"], "minProperties": 2, "properties": {"b": {"enum": [1]}}},
    {"oneOf": [{"type": "string", "format": "uuid"}, {"type": "number", "maximum": -1}]},
    {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": ["null", "boolean"]}}}]},
    {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "type": "object"},
    {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            }
        },
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_a_sampled_value_fits_its_schema(schema: dict[str, Any]) -> None:
    check = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    values = [sample(schema, seeded(seed), Taste(optional=0.9)) for seed in range(20)]
    assert all(map(check.is_valid, values))


def test_a_schema_that_nothing_fits_is_told_apart() -> None:
    with pytest.raises(Impossible):
        sample({"allOf": [{"type": "string"}, {"type": "integer"}]}, seeded(0))


def test_the_page_keeps_the_rows_that_a_run_did_not_reach(tmp_path: Path) -> None:
    page = tmp_path / "conformance.md"
    first, second = Scoreboard(), Scoreboard()
    first.count("styles", times=2999)
    first.count("styles", "differs")
    first.count("prism")
    first.record(page)
    second.count("prism", times=7)
    second.set_aside("prism", "the judge died")
    second.record(page)
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[2:] for row in rows] == [
        ["2999", "3000", "99.9 %", "differs (1) |"],
        ["7", "7", "100.0 %", "not counted: the judge died (1) |"],
    ]
