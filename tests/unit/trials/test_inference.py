"""A schema inferred_schema of an answer: it takes that answer, and says nothing of its values."""

import json

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.trials.inference import inferred_schema

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(VALUES)
def test_the_schema_takes_what_it_was_learnt_of(sample: object) -> None:
    assert jsonschema_rs.validator_for(inferred_schema(sample)).is_valid(sample)


def test_members_that_only_some_have_are_not_required() -> None:
    schema = inferred_schema([{"id": 1, "tag": None}, {"id": 2.5}])["items"]
    assert schema["properties"]["id"] == {"type": "number"}
    assert schema["properties"]["tag"] == {"type": "null"}
    assert schema["required"] == ["id"]


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("2026-11-23T05:00:00Z", "date-time"),
        ("2026-11-23t05:00:00.25+01:00", "date-time"),
        ("2026-11-23", "date"),
        ("6d4f2d4e-6f0b-4c5e-9f6a-3c1c1c0f7a11", "uuid"),
        ("rex@pets.example", "email"),
        ("https://pets.example/7", "uri"),
    ],
)
def test_formats_are_known_and_one_that_does_not_fit_takes_them_away(
    text: str, format_: str
) -> None:
    assert inferred_schema(text)["format"] == format_
    assert "format" not in inferred_schema([text, "Rex"])["items"]


@pytest.mark.parametrize("text", ["2026-13-40", "20261123", "2026-11-23T25:00:00Z", "a@b", "x:y"])
def test_what_only_looks_like_a_format_is_plain_text(text: str) -> None:
    assert inferred_schema(text) == {"$schema": inferred_schema("")["$schema"], "type": "string"}


def test_no_value_of_the_sample_stands_in_the_schema() -> None:
    assert "geheim" not in json.dumps(inferred_schema({"a": ["geheim"], "b": {"c": "geheim"}}))
