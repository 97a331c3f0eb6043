"""JSON as expressions see it: no number loses a digit on its way in and out."""

from decimal import Decimal

import msgspec
import pytest

from facade.expressions.exact_json import read_json, write_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("9007199254740993", 9007199254740993),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("0.10000000000000000001", Decimal("0.10000000000000000001")),
    ],
)
def test_a_number_is_a_float_only_where_that_is_exact(text: str, value: object) -> None:
    read = read_json(f'{{"a": [{text}]}}')["a"][0]
    assert (type(read), read) == (type(value), value)
    assert write_json(read) == text


@pytest.mark.parametrize("text", ["1e400", "-1e400", "NaN", "1.", "[1.5", ""])
def test_what_is_no_json_or_beyond_a_doubles_range_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_json(text)
