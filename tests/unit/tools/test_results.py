"""Results: what is answered as a list of objects, and as one."""

from typing import Any

import msgspec
import pytest

from facade.tools.results import results_of, structured, structured_schema


@pytest.mark.parametrize(
    ("json", "results", "one"),
    [
        (b'{"a": 0.10}', [b'{"a": 0.10}'], b'{"a": 0.10}'),
        (b'[{"a":1}, {"b":2}]', [b'{"a":1}', b'{"b":2}'], b'{"results":[{"a":1},{"b":2}]}'),
        (
            b"[9007199254740993, null]",
            [b'{"value":9007199254740993}', b'{"value":null}'],
            b'{"results":[{"value":9007199254740993},{"value":null}]}',
        ),
        (b'"x"', [b'{"value":"x"}'], b'{"results":[{"value":"x"}]}'),
        (b" [] ", [], b'{"results":[]}'),
        (None, [], b'{"results":[]}'),
    ],
)
def test_g10_an_answer_is_a_list_of_objects(
    json: bytes | None, results: list[bytes], one: bytes
) -> None:
    assert [bytes(each) for each in results_of(json)] == results
    assert bytes(structured(json)) == one
    assert isinstance(msgspec.json.decode(structured(json)), dict)


def test_a_schema_is_told_where_it_is_known_what_is_made_of_answers() -> None:
    thing = {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}
    definitions = {"A": {"type": "string"}}
    assert structured_schema(thing) is thing
    found = structured_schema({"type": "array", "items": thing, "$defs": definitions})
    assert found == {
        "type": "object",
        "properties": {"results": {"type": "array", "items": thing}},
        "required": ["results"],
        "$defs": definitions,
    }
    unknown: tuple[Any, ...] = (
        True,
        {},
        {"type": ["object", "null"]},
        {"type": "array", "items": {"type": "null"}},
    )
    assert [structured_schema(each) for each in unknown] == [None] * 4
