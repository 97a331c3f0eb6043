"""An answer against its declared schema: what is found, and in what time."""

import time
from typing import Any

import orjson
import pytest

from facade.transcode.fit import LISTED, TWICE, UNREADABLE, misfits
from facade.transcode.validation.schema import compile_schema

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "format": "int64"}, "name": {"type": "string"}},
}
LIST = {"type": "array", "items": ITEM}


def found(schema: Any, data: bytes) -> list[tuple[str, str]]:
    return [(each.field, each.description) for each in misfits(compile_schema(schema), data)]


def test_every_misfit_is_found_with_its_pointer_and_never_with_its_value() -> None:
    data = b'[{"id":"s3cret"},{"id":1,"name":null},{"name":"x"},{"id":9223372036854775808}]'
    assert found(LIST, data) == [
        ("/0/id", "must be integer, not string"),
        ("/1/name", "must be string, not null"),
        ("/2/id", "is required"),
        ("/3/id", "must fit 64 bits"),
    ]


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        ({"type": "integer"}, b"123456789012345678901234567890"),
        ({"type": "integer", "format": "int64"}, b"9223372036854775807"),
        ({"type": "integer", "format": "uint64"}, b"18446744073709551615"),
        ({"type": "string", "format": "int64"}, b'"9223372036854775808"'),
        ({"type": "string", "format": "money"}, b'"EUR 1"'),
        ({"type": "integer"}, b"1.0"),
        ({"type": "integer"}, b"1e3"),
        ({"type": "number", "minimum": 0}, b"1e400"),
        ({"type": "number", "multipleOf": 0.01}, b"19.99"),
        ({"type": "number", "multipleOf": 0.01}, b"123456789.01"),
        ({"type": ["string", "null"], "enum": ["a", None]}, b"null"),
        ({"type": "array"}, b"[" * 300 + b"]" * 300),
        (True, b'{"a":1,"a":2}'),
    ],
)
def test_what_fits_raises_no_false_alarm(schema: Any, data: bytes) -> None:
    assert found(schema, data) == []


def test_a_number_beyond_doubles_is_compared_by_its_digits() -> None:
    assert found({"maximum": 10}, b"1e400") == [("", "must be at most 10")]


def test_at_most_twenty_misfits_are_named_and_the_rest_is_counted() -> None:
    misfit = found(LIST, orjson.dumps([{"id": "x"}] * 50))
    assert len(misfit) == LISTED + 1
    assert misfit[-1] == ("", "… and 30 more")


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":1,"id":2}',
        b'{"id":1,"\\u0069d":2}',
        b'{"id" : 1, "x": "a:b", "id" : 2}',
        b'{"id":1,"x":[{"y":"\\"","y":2}]}',
        b'{"id":1,"x":' + b"[" * 300 + b'{"y":1,"y":2}' + b"]" * 300 + b"}",
    ],
)
def test_d22_a_member_that_is_named_twice_is_told(data: bytes) -> None:
    assert found(ITEM, data) == [("", TWICE)]


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":1,"name":"a:\\"b\\":"}',
        b'{"id":1,"name":"\\u003a"}',
        '{"id":1,"né:":":"}'.encode(),
        b'{"id":1,"x":[{"id":1},{"id":2}]}',
    ],
)
def test_d22_names_that_differ_or_stand_apart_are_not_taken_for_twins(data: bytes) -> None:
    assert found(ITEM, data) == []


@pytest.mark.parametrize(
    "data", [b"[" * 1020 + b"1e400" + b"]" * 1020, b"[1e400," + b"9" * 5000 + b"]"]
)
def test_d22_what_cannot_be_read_is_told_and_raises_nothing(data: bytes) -> None:
    assert found({"type": "array"}, data) == [("", UNREADABLE)]


def test_d22_of_a_large_answer_the_first_misfit_is_named() -> None:
    items: list[dict[str, Any]] = [{"id": each} for each in range(10_000)]
    items[7000] = {"id": "x"}
    assert found(LIST, orjson.dumps(items)) == [("/7000/id", "must be integer, not string")]


@pytest.mark.parametrize(
    "data",
    [
        orjson.dumps([{"id": "x", "name": "y" * 50}] * 130_000),
        orjson.dumps([1] * 4_500_000),
        orjson.dumps({f"key{index}": index for index in range(600_000)}),
    ],
    ids=["objects", "scalars", "keys"],
)
def test_d22_ten_mebibytes_that_do_not_fit_cost_bounded_time(data: bytes) -> None:
    check = compile_schema({"anyOf": [LIST, {"type": "null"}]})
    start = time.perf_counter()
    assert len(misfits(check, data)) == 1
    assert time.perf_counter() - start < 0.05 * len(data) / 2**20 + 0.5
