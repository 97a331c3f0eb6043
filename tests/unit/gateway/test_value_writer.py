import json
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Value

from gateway.convert.value_writer import MAX_KEYS, MAX_SIZES, JsonPlace, ValueWriter
from gateway.convert.values import to_struct
from gateway.v1.gateway_pb2 import ExecuteActionResponse

OUTPUT = JsonPlace(value=b"\x0a", text=b"\x12", level=1)


def put(text: bytes, writer: ValueWriter | None = None) -> ExecuteActionResponse:
    writer = writer or ValueWriter()
    return ExecuteActionResponse.FromString(writer.put(text, OUTPUT, as_text=False))


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
    assert put(text.encode()).value == json_format.Parse(text, Value())


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
        "0.12345678901234567890",
        "-0.12345678901234567890e1",
        "1e-9999999999999999",
        "1e-400",
        "4.9E-0325",
    ],
)
@pytest.mark.parametrize("around", ["{}", '{{"a": [{}]}}', '{{"a":[1.5,{}]}}'])
def test_a_number_that_would_lose_digits_is_no_value(number: str, around: str) -> None:
    text = around.format(number)
    assert put(text.encode()).json == text


@pytest.mark.parametrize(
    ("text", "double"),
    [
        ("9007199254740992", 2.0**53),
        ("1000000000000000000000", 1e21),
        ("100.00000000000000000", 100.0),
        ("1e300", 1e300),
        ("1e-300", 1e-300),
        ("0e-400", 0.0),
        ("-0.1234567890123456", -0.1234567890123456),
        ("1234567890123456e-10", 123456.7890123456),
    ],
)
def test_a_number_that_a_double_holds_digit_for_digit_is_one(text: str, double: float) -> None:
    assert put(text.encode()).value.number_value == double


def test_digits_in_a_text_are_no_number() -> None:
    others = b'"at": "1.2.3.4.5.6.7.8.9.10", "n": 1, "e": "1e99999999999999999"'
    fields = put(b'{"id": "9007199254740993", ' + others + b"}").value.struct_value.fields
    assert fields["id"].string_value == "9007199254740993"
    assert fields["n"].number_value == 1


@pytest.mark.parametrize("text", [b"1e400", b"[-1e999]", b'"\\ud800"'])
def test_json_that_no_value_can_carry_is_not_bent_to_one(text: bytes) -> None:
    answer = ValueWriter().put(text, OUTPUT, as_text=False)
    assert answer == OUTPUT.text + bytes([len(text)]) + text


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
        if put(text).WhichOneof("output") == "json":
            break
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


def test_names_are_forgotten_when_they_are_many_and_long_ones_are_never_kept() -> None:
    writer = ValueWriter()
    for each in range(2 * MAX_KEYS):
        tree = {f"n{each}": each, "k" * (each + 1): {"n0": "x" * each}}
        assert put(json.dumps(tree).encode(), writer).value.struct_value == to_struct(tree, 1)


def test_sizes_are_forgotten_when_they_are_many() -> None:
    writer = ValueWriter()
    for first in (0, 100, 0):
        sizes = range(first, first + 2 * MAX_SIZES)
        tree = {"n": ["x" * each for each in sizes], "m": [{"n": "é" * each} for each in sizes]}
        assert put(json.dumps(tree).encode(), writer).value.struct_value == to_struct(tree, 1)


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', '{"a": 1, "a": 2}', '[{"b":{"a":1,"a":1}}]'])
def test_a_name_twice_comes_as_text(text: str) -> None:
    assert put(text.encode()).json == text
