"""Formats: what is asserted, and how far."""

from decimal import Decimal
from typing import Any

import pytest

from facade.model.formats import ASSERTED, RANGES
from facade.transcode.validation.formats import WIDER, WORDS
from facade.transcode.validation.schema import compile_schema


def said(schema: Any, value: Any) -> list[str]:
    return [each.description for each in compile_schema(schema).find(value, ())]


def test_every_asserted_format_has_its_words() -> None:
    assert WORDS.keys() == ASSERTED
    assert WIDER.keys() <= ASSERTED


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("int32", 2**31 - 1, 2**31),
        ("int64", -(2**63), -(2**63) - 1),
        ("uint8", 255, 256),
        ("uint64", 2**64 - 1, -1),
        ("float", Decimal("3.4e38"), Decimal("3.5e38")),
        ("double", Decimal("1.7e308"), Decimal("1e400")),
        ("byte", "SGk=", "S"),
        ("byte", "SGk\r\nSGk", "%%"),
        ("base64", "-_-_", "{}"),
        ("date-time", "2024-01-31T09:30:00+01:00", "2024-01-31"),
        ("date-time", "2018-01-17T12:34:00.000+0000", "2018-01-17T12:34:00.000+00"),
        ("date", "2024-02-29", "2023-02-29"),
        ("time", "09:30:00Z", "25:00:00Z"),
        ("time", "18:00", "1800"),
        ("duration", "P3DT12H", "3 days"),
        ("uuid", "01234567-89ab-cdef-0123-456789abcdef", "0123"),
        ("uri", "https://a.example/b?c#d", "/b"),
        ("uri-reference", "/b", "\\b"),
        ("uri-template", "/{a}", "/{a"),
        ("iri", "https://a.example/\u00e9", "\u00e9"),
        ("email", "a@b.example", "a"),
        ("hostname", "a_b.example", "-a.example"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "12345::"),
        ("json-pointer", "/a~1b", "a"),
        ("relative-json-pointer", "1/a", "/a"),
        ("regex", "^a+$", "("),
    ],
)
def test_b09_a_format_takes_what_is_of_it_and_refuses_the_rest(
    name: str, right: Any, wrong: Any
) -> None:
    assert said({"format": name}, right) == []
    assert said({"format": name}, wrong) == [WORDS[name]]


@pytest.mark.parametrize("name", sorted(ASSERTED))
@pytest.mark.parametrize("value", [None, True, [], {}, 1, 1.5])
def test_a_format_is_about_one_type_of_values(name: str, value: Any) -> None:
    assert said({"format": name}, value) == []


@pytest.mark.parametrize("name", ["binary", "password", "made-up", "idn", "color", "credit-card"])
def test_a_format_of_no_standard_is_an_annotation(name: str) -> None:
    assert said({"format": name}, "%") == []


@pytest.mark.parametrize("name", sorted(RANGES))
def test_the_bounds_of_a_format_stand_beside_the_schemas_own(name: str) -> None:
    low, high = RANGES[name]
    schema = {"format": name, "minimum": low * 2, "maximum": high * 2}
    assert said(schema, low) == said(schema, high) == []
    assert said(schema, high * 3) == [WORDS[name]]
    assert said({"format": name, "minimum": 3, "maximum": 9}, 2) == ["must be at least 3"]


def test_what_looks_like_a_format_among_data_and_names_is_none() -> None:
    data = {"format": "int8"}
    schema = {
        "properties": {
            "format": {"const": "int8"},
            "enum": {"format": "int8"},
            "a": {"enum": [data]},
        }
    }
    assert said(schema, {"format": "int8", "enum": 127, "a": data}) == []
    assert said(schema, {"enum": 128}) == ["must fit 8 bits"]
