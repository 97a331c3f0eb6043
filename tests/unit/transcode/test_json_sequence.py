"""Sequences of JSON values, and the array that they are."""

from typing import Any

import pytest

from facade.model.action import Media
from facade.transcode.json_sequence import LINE, RECORD, is_array, separator_of, to_array
from facade.transcode.media_type import parse


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("application/x-ndjson", LINE),
        ("application/jsonl; charset=utf-8", LINE),
        ("application/json-seq", RECORD),
        ("application/geo+json-seq", RECORD),
        ("application/json", None),
        ("application/geo+json", None),
        ("text/event-stream", None),
    ],
)
def test_the_type_says_what_stands_between_the_values(said: str, expected: bytes | None) -> None:
    kind = parse(said)
    assert kind is not None
    assert separator_of(kind) == expected


@pytest.mark.parametrize(
    ("data", "separator", "array"),
    [
        (b'{"a":1.0}\n\r\n 2 \n', LINE, b'[{"a":1.0},2]'),
        (b"\x1e1\n\x1e[\n2]\n", RECORD, b"[1,[\n2]]"),
        (b"", LINE, b"[]"),
        (b'{"a":\n1}', LINE, None),
        (b"1,2\n", LINE, None),
        (b"[1\n2]", LINE, None),
    ],
)
def test_the_values_become_the_items_of_an_array_as_they_are_written(
    data: bytes, separator: bytes, array: bytes | None
) -> None:
    assert to_array(data, separator) == array


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"schema": {"type": "array"}}, True),
        ({"schema": {"type": ["array"]}}, True),
        ({"schema": {"type": "object"}}, False),
        ({"schema": {}}, False),
        ({}, False),
    ],
)
def test_the_document_says_whether_the_sequence_is_an_array(
    fields: dict[str, Any], *, expected: bool
) -> None:
    assert is_array(Media(type="application/jsonl", **fields)) is expected
