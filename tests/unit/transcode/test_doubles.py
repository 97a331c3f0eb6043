"""The numbers of a google.protobuf.Struct."""

from decimal import Decimal

import pytest

from facade.errors.caller import InvalidParameters
from facade.transcode.doubles import from_values


def test_the_doubles_of_a_struct_become_integers_again() -> None:
    arguments = from_values({"id": 7.0, "deep": {"n": [1.0, 0.5]}, "t": True, "z": None, "s": "é"})
    assert arguments["id"].text == "7"
    assert arguments["id"].value == 7
    assert type(arguments["id"].value) is int
    assert arguments["deep"].text == '{"n":[1,0.5]}'
    assert arguments["deep"].value == {"n": [1, Decimal("0.5")]}
    assert arguments["t"].value is True
    assert arguments["z"].text == "null"
    assert arguments["s"].text == '"é"'


def test_b10_a_struct_refuses_whole_numbers_that_a_double_does_not_hold() -> None:
    with pytest.raises(InvalidParameters) as caught:
        from_values({"ok": float(2**53 - 1), "a": {"b": [float(2**53)]}, "c": -1e300})
    found = caught.value.details.violations
    assert [each.field for each in found] == ["/a/b/0", "/c"]
    assert all("parameters_json" in each.description for each in found)


def test_b12_a_struct_refuses_nan_infinity_and_lone_surrogates() -> None:
    with pytest.raises(InvalidParameters) as caught:
        from_values({"a": float("nan"), "b": [float("-inf")], "c": "\ud800", "d": {"\udc00": 1}})
    assert [each.field for each in caught.value.details.violations] == [
        "/a",
        "/b/0",
        "/c",
        "/d/\ufffd",
    ]


def test_b15_a_struct_is_bounded_too() -> None:
    deep: object = 1.0
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(InvalidParameters):
        from_values({"a": deep})
    with pytest.raises(InvalidParameters):
        from_values({"a": [1.0] * 100_001})
    with pytest.raises(InvalidParameters) as caught:
        from_values({str(each): 1.0 for each in range(100_001)})
    assert [each.field for each in caught.value.details.violations] == ["parameters"]
    halves = {"a": [1.0] * 50_000, "b": {str(each): 1.0 for each in range(49_998)}}
    assert len(from_values(halves)["b"].value) == 49_998
    with pytest.raises(InvalidParameters) as caught:
        from_values({**halves, "c": True})
    assert [each.field for each in caught.value.details.violations] == ["/b"]
