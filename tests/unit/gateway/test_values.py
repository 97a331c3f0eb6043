import json
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct, Value

from facade.errors.caller import InvalidParameters
from facade.transcode.arguments import from_values
from gateway.convert.values import NoValue, from_struct, parse_value, to_struct
from gateway.v1.gateway_pb2 import ExecuteActionResponse

TREES: list[Any] = [
    None,
    True,
    False,
    0,
    -0.5,
    1e300,
    "",
    "ü☃🎉\u0000",
    [],
    {},
    [[], {}, [[1]], None],
    {"a": {"b": [1, "two", None, {"c": False}]}, "": 1},
]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_json_becomes_the_value_that_protobufs_own_converter_makes(tree: Any) -> None:
    text = json.dumps(tree)
    assert parse_value(text.encode(), 1) == json_format.Parse(text, Value())


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


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
        "0.12345678901234567890",
    ],
)
def test_a_number_that_would_lose_digits_is_no_value(number: str) -> None:
    with pytest.raises(NoValue):
        parse_value(f'{{"a": [{number}]}}'.encode(), 1)


@pytest.mark.parametrize(
    ("text", "double"),
    [
        ("9007199254740992", 2.0**53),
        ("1000000000000000000000", 1e21),
        ("100.00000000000000000", 100.0),
        ("1e300", 1e300),
    ],
)
def test_a_number_that_a_double_holds_digit_for_digit_is_one(text: str, double: float) -> None:
    assert parse_value(text.encode(), 1).number_value == double


def test_digits_in_a_text_are_no_number() -> None:
    assert parse_value(b'"9007199254740993"', 1).string_value == "9007199254740993"


@pytest.mark.parametrize("text", [b"1e400", b"[-1e999]", b'"\\ud800"'])
def test_json_that_no_value_can_carry_is_not_bent_to_one(text: bytes) -> None:
    with pytest.raises(NoValue):
        parse_value(text, 1)


@pytest.mark.parametrize("number", [Decimal("1e400"), 10**400, float("inf")])
def test_a_number_beyond_a_double_is_no_value(number: Any) -> None:
    with pytest.raises(NoValue):
        to_struct({"n": number}, 1)


def nested(depth: int, opening: str, closing: str, core: str) -> bytes:
    return (opening * depth + core + closing * depth).encode()


@pytest.mark.parametrize(
    ("opening", "closing", "core"),
    [('{"a":', "}", "1"), ("[", "]", "1"), ('[{"a":', "}]", "1"), ("[", "]", "{}"), ("[", "]", "")],
)
def test_what_is_taken_every_client_can_read_and_one_level_more_is_refused(
    opening: str, closing: str, core: str
) -> None:
    deepest = 0
    for depth in range(1, 60):
        text = nested(depth, opening, closing, core)
        try:
            value = parse_value(text, 1)
        except NoValue:
            break
        wire = ExecuteActionResponse()
        wire.value.MergeFrom(value)
        ExecuteActionResponse.FromString(wire.SerializeToString())
        deepest = depth
    assert 15 < deepest < 59
    tree = json.loads(nested(deepest + 1, opening, closing, core))
    wire = ExecuteActionResponse()
    with pytest.raises(Exception, match=r"MaxDepth|nest|deep"):
        ExecuteActionResponse.FromString(json_value(wire, tree))


def json_value(wire: ExecuteActionResponse, tree: Any) -> bytes:
    """Builds without a limit, as a careless server would."""

    def fill(value: Value, tree: Any) -> None:
        if isinstance(tree, dict):
            value.struct_value.SetInParent()
            for key, each in tree.items():
                fill(value.struct_value.fields[key], each)
        elif isinstance(tree, list):
            value.list_value.SetInParent()
            for each in tree:
                fill(value.list_value.values.add(), each)
        else:
            value.number_value = tree

    fill(wire.value, tree)
    return wire.SerializeToString()
