"""The caller's JSON, without loss and within bounds."""

import time
import tracemalloc
from decimal import Decimal

import pytest

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.transcode.arguments import Number, parse, tokens


def violations(text: str) -> tuple[Violation, ...]:
    with pytest.raises(InvalidParameters) as caught:
        parse(text)
    return caught.value.details.violations


def fields(text: str) -> list[str]:
    return [each.field for each in violations(text)]


def test_members_keep_their_order_and_their_text_byte_for_byte() -> None:
    arguments = parse(' { "b" : { "z": 1.50, "a":[ 1 ] } , "a":"\\u00e9\\/" , "c":null } ')
    assert list(arguments) == ["b", "a", "c"]
    assert arguments["b"].text == '{ "z": 1.50, "a":[ 1 ] }'
    assert arguments["b"].value == {"z": Decimal("1.50"), "a": [1]}
    assert arguments["a"].text == '"\\u00e9\\/"'
    assert arguments["a"].value == "é/"
    assert arguments["c"].value is None


@pytest.mark.parametrize("text", ["{}", " {\n} ", "{\t}\r\n"])
def test_an_empty_object_has_no_arguments(text: str) -> None:
    assert parse(text) == {}


@pytest.mark.parametrize(
    "literal",
    ["9007199254740993", "9223372036854775807", "1e400", "-0", "0.1", "1E+2", "-1.0e-7", "1.0"],
)
def test_b10_the_digits_of_a_number_stay_as_they_were_written(literal: str) -> None:
    arguments = parse(f'{{"n":{literal},"in":[{literal}]}}')
    assert arguments["n"].text == literal
    assert arguments["n"].value == Decimal(literal)
    assert tokens(arguments["in"].text) == [literal]
    assert isinstance(tokens(arguments["n"].text), Number)


def test_b10_integers_are_exact_and_fractions_are_decimals() -> None:
    arguments = parse('{"i":9007199254740993,"d":0.1}')
    assert arguments["i"].value == 2**53 + 1
    assert type(arguments["i"].value) is int
    assert arguments["d"].value == Decimal("0.1")


def test_b11_sixty_four_digits_are_exact_and_one_more_is_refused() -> None:
    assert parse(f'{{"n":-{"9" * 64}}}')["n"].value == -int("9" * 64)
    assert fields(f'{{"n":{"9" * 65}}}') == ["/n"]
    assert fields(f'{{"a":[0,{{"n":{"9" * 5000}}}]}}') == ["/a/1/n"]


@pytest.mark.parametrize("literal", ["1e10000", "1e-10000", "1e9999999999999999999999"])
def test_b11_an_exponent_beyond_reason_is_refused(literal: str) -> None:
    assert fields(f'{{"n":{literal}}}') == ["/n"]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_b12_nan_and_infinity_are_refused_by_pointer(literal: str) -> None:
    assert fields(f'{{"a":{{"b":[1,{literal}]}}}}') == ["/a/b/1"]


@pytest.mark.parametrize("text", ['{"a":"\\ud800"}', '{"a":"x\\uDC00y"}', '{"a":"\\udc00\\ud800"}'])
def test_b12_a_lone_surrogate_is_refused(text: str) -> None:
    assert fields(text) == ["/a"]


def test_b12_a_lone_surrogate_in_a_name_is_refused() -> None:
    assert fields('{"a":{"\\ud800":1}}') == ["/a/\ufffd"]
    assert fields('{"\\ud800":1}') == ["/\ufffd"]
    assert fields('{"a":"\ud800"}') == ["parameters_json"]


def test_b12_a_pair_of_surrogates_is_a_character() -> None:
    assert parse('{"a":"\\ud83d\\ude00","b":"\\\\ud800"}')["a"].value == "😀"


def test_b12_a_byte_order_mark_is_refused() -> None:
    assert fields('\ufeff{"a":1}') == ["parameters_json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "{",
        '{"a"',
        '{"a":',
        '{"a":1',
        '{"a":1,}',
        '{"a":[1,]}',
        '{"a":1}x',
        '{"a":1}{}',
        "{a:1}",
        "{'a':1}",
        '{"a":01}',
        '{"a":1.}',
        '{"a":+1}',
        '{"a":-}',
        '{"a":.5}',
        '{"a":"\n"}',
        '{"a":"\\x"}',
        '{"a":tru}',
        '{"a" 1}',
        '{"a":1 "b":2}',
        '{"a":1}\x00',
        "[1]",
        "7",
        "null",
        '"a"',
    ],
)
def test_b12_what_is_no_json_object_is_refused(text: str) -> None:
    assert fields(text) == ["parameters_json"]


def test_broken_json_is_told_by_line_and_column_without_the_text_itself() -> None:
    (violation,) = violations('{\n  "a": secret\n}')
    assert "line 2, column 8 (character 9)" in violation.description
    assert "secret" not in violation.description


def test_b13_a_name_given_twice_is_refused_at_any_depth() -> None:
    assert fields('{"a":1,"a":1}') == ["/a"]
    assert fields('{"a":1,"\\u0061":2}') == ["/a"]
    assert fields('{"x":[{"k~/":{"n":1,"n":2}}]}') == ["/x/0/k~0~1"]


def test_every_defect_is_told_at_once() -> None:
    assert fields('{"a":NaN,"b":{"c":1,"c":[Infinity]},"d":1e99999}') == [
        "/a",
        "/b",
        "/b/c/0",
        "/d",
    ]


def test_b14_names_that_differ_in_case_are_different_names() -> None:
    assert list(parse('{"Name":1,"name":2}')) == ["Name", "name"]


def test_b15_sixty_four_levels_are_taken_and_one_more_is_refused() -> None:
    assert parse('{"a":' + "[" * 63 + "]" * 63 + "}")
    assert "64" in violations('{"a":' + "[" * 64 + "]" * 64 + "}")[0].description
    assert "64" in violations('{"a":' * 65 + "1" + "}" * 65)[0].description
    assert parse('{"a":"' + "[" * 1000 + '"}')["a"].value == "[" * 1000


@pytest.mark.parametrize("closed", [True, False])
def test_b15_a_hundred_thousand_levels_are_refused_at_once(*, closed: bool) -> None:
    text = '{"a":' + "[" * 100_000 + ("]" * 100_000 + "}" if closed else "")
    times = []
    for _ in range(3):
        start = time.perf_counter()
        violations(text)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005


def test_b16_a_hundred_thousand_values_are_the_limit() -> None:
    assert len(parse('{"a":[' + "1," * 99_996 + "1]}")["a"].value) == 99_997
    assert "100,000" in violations('{"a":[' + "1," * 100_000 + "1]}")[0].description
    assert parse('{"a":[' + "[]," * 60_000 + "[]]}")
    assert parse('{"a":"' + "," * 200_000 + '"}')


def test_b16_a_million_names_are_refused_within_memory() -> None:
    text = "{" + ",".join(f'"{i}":1' for i in range(400_000)) + "}"
    tracemalloc.start()
    violations(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * len(text)
