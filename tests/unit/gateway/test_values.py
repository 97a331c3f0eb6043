from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct, Value

from facade.errors.caller import InvalidParameters
from facade.transcode.doubles import from_values
from gateway.convert.values import NoValue, from_struct, to_struct


def test_a_struct_and_back_keeps_order_and_kinds() -> None:
    tree = {"z": "1", "a": [True, None, {"k": "v"}], "m": {}, "e": []}
    assert from_struct(to_struct(tree, 1)) == tree


@pytest.mark.parametrize(
    ("number", "text"),
    [(7.0, "7"), (-0.0, "0"), (0.1, "0.1"), (2**53 - 1, "9007199254740991"), (-3.0, "-3")],
)
def test_whole_numbers_of_a_struct_become_integers_again(number: float, text: str) -> None:
    struct = Struct()
    struct["n"] = number
    assert from_values(from_struct(struct))["n"].text == text


@pytest.mark.parametrize("number", [2.0**53, 1e300, float("nan"), float("inf"), float("-inf")])
def test_numbers_that_a_struct_cannot_say_for_certain_are_refused(number: float) -> None:
    struct = Struct()
    struct["n"] = number
    with pytest.raises(InvalidParameters) as raised:
        from_values(from_struct(struct))
    assert raised.value.details.violations[0].field == "/n"


def test_a_value_without_a_kind_is_refused() -> None:
    struct = Struct(fields={"n": Value()})
    with pytest.raises(InvalidParameters):
        from_struct(struct)


@pytest.mark.parametrize("number", [Decimal("1e400"), 10**400, float("inf")])
def test_a_number_beyond_a_double_is_no_value(number: Any) -> None:
    with pytest.raises(NoValue):
        to_struct({"n": number}, 1)
