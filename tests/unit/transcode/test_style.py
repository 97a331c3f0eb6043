"""The table of styles, row by row."""

import json
from pathlib import Path
from typing import Any

import pytest

from facade.model.action import Location, Parameter, Style
from facade.transcode.arguments import tokens
from facade.transcode.style import write

SUITE = Path(__file__).resolve().parents[3] / "../shared/suites/uritemplate-test"

EMPTY, TEXT = '""', '"blue"'
ARRAY, OBJECT = '["blue","black","brown"]', '{"R":100,"G":200,"B":150}'


def parameter(
    style: Style,
    location: Location,
    *,
    explode: bool = False,
    name: str = "color",
    reserved: bool = False,
    media_type: str | None = None,
) -> Parameter:
    return Parameter(
        key=name,
        name=name,
        location=location,
        required=False,
        style=style,
        explode=explode,
        schema=True,
        allow_reserved=reserved,
        media_type=media_type,
    )


def written(each: Parameter, text: str) -> str:
    return "&".join(write(each, tokens(text)))


# OAS 3.1.1 and 3.0.4, section 4.8.12.6: style, explode, undefined, string, array, object.
PATH_ROWS = [
    (
        "matrix",
        False,
        ";color",
        ";color=blue",
        ";color=blue,black,brown",
        ";color=R,100,G,200,B,150",
    ),
    (
        "matrix",
        True,
        ";color",
        ";color=blue",
        ";color=blue;color=black;color=brown",
        ";R=100;G=200;B=150",
    ),
    ("label", False, ".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
    ("label", True, ".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
    ("simple", False, "", "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("simple", True, "", "blue", "blue,black,brown", "R=100,G=200,B=150"),
]
QUERY_ROWS = [
    ("form", False, "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    (
        "form",
        True,
        "color=",
        "color=blue",
        "color=blue&color=black&color=brown",
        "R=100&G=200&B=150",
    ),
    (
        "spaceDelimited",
        False,
        "color=",
        "color=blue",
        "color=blue%20black%20brown",
        "color=R%20100%20G%20200%20B%20150",
    ),
    (
        "spaceDelimited",
        True,
        "color=",
        "color=blue",
        "color=blue&color=black&color=brown",
        "R=100&G=200&B=150",
    ),
    (
        "pipeDelimited",
        False,
        "color=",
        "color=blue",
        "color=blue%7Cblack%7Cbrown",
        "color=R%7C100%7CG%7C200%7CB%7C150",
    ),
    (
        "pipeDelimited",
        True,
        "color=",
        "color=blue",
        "color=blue&color=black&color=brown",
        "R=100&G=200&B=150",
    ),
    (
        "tabDelimited",
        False,
        "color=",
        "color=blue",
        "color=blue%09black%09brown",
        "color=R%09100%09G%09200%09B%09150",
    ),
    (
        "deepObject",
        True,
        "color=",
        "color=blue",
        "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
        "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
    ),
    (
        "deepObject",
        False,
        "color=",
        "color=blue",
        "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
        "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
    ),
]
HEADER_ROWS = [row for row in PATH_ROWS if row[0] == "simple"]
COOKIE_ROWS = [
    ("form", False, "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    (
        "form",
        True,
        "color=",
        "color=blue",
        "color=blue&color=black&color=brown",
        "R=100&G=200&B=150",
    ),
    (
        "cookie",
        True,
        "color=",
        "color=blue",
        "color=blue&color=black&color=brown",
        "R=100&G=200&B=150",
    ),
]
CASES = [
    (location, Style(style), explode, value, expected)
    for location, rows in (
        (Location.PATH, PATH_ROWS),
        (Location.QUERY, QUERY_ROWS),
        (Location.HEADER, HEADER_ROWS),
        (Location.COOKIE, COOKIE_ROWS),
    )
    for style, explode, *columns in rows
    for value, expected in zip(
        ("null", EMPTY, TEXT, ARRAY, OBJECT), (columns[0], *columns), strict=True
    )
]


@pytest.mark.parametrize(("location", "style", "explode", "value", "expected"), CASES)
def test_each_cell_of_the_standards_tables_is_written_as_printed(
    *,
    location: Location,
    style: Style,
    explode: bool,
    value: str,
    expected: str,
) -> None:
    assert written(parameter(style, location, explode=explode), value) == expected


@pytest.mark.parametrize("value", ["[]", "{}", "[null]", '{"a":null}'])
@pytest.mark.parametrize("explode", [True, False])
@pytest.mark.parametrize("style", [Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP_OBJECT])
def test_what_is_empty_is_left_out_of_a_query(*, style: Style, explode: bool, value: str) -> None:
    assert write(parameter(style, Location.QUERY, explode=explode), tokens(value)) == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"a":{"b":{"c":1}}}', "f%5Ba%5D%5Bb%5D%5Bc%5D=1"),
        ('{"a":[1,2]}', "f%5Ba%5D%5B%5D=1&f%5Ba%5D%5B%5D=2"),
        ('{"a":[{"b":1},{"b":2}]}', "f%5Ba%5D%5B0%5D%5Bb%5D=1&f%5Ba%5D%5B1%5D%5Bb%5D=2"),
        ('{"a b":"c&d=e"}', "f%5Ba%20b%5D=c%26d%3De"),
        ('{"a":null,"b":true,"c":""}', "f%5Bb%5D=true&f%5Bc%5D="),
    ],
)
def test_a_deep_object_goes_as_deep_as_its_value(value: str, expected: str) -> None:
    assert written(parameter(Style.DEEP_OBJECT, Location.QUERY, name="f"), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", "color=true"),
        ("false", "color=false"),
        ("0", "color=0"),
        ("9007199254740993", "color=9007199254740993"),
        ("1e400", "color=1e400"),
        ("1E+2", "color=1E%2B2"),
        ("-0", "color=-0"),
        ('"a b&c=d;e?f#g/h+i%é"', "color=a%20b%26c%3Dd%3Be%3Ff%23g%2Fh%2Bi%25%C3%A9"),
        ('"-._~"', "color=-._~"),
        ('["a,b","c"]', "color=a%2Cb,c"),
        ('["a",null,1]', "color=a,1"),
        ('[{"x":1.0}]', "color=%7B%22x%22%3A1.0%7D"),
    ],
)
def test_scalars_are_written_by_their_literals(value: str, expected: str) -> None:
    assert written(parameter(Style.FORM, Location.QUERY), value) == expected


def test_reserved_characters_stay_where_the_document_says_so() -> None:
    query = parameter(Style.FORM, Location.QUERY, reserved=True)
    assert written(query, '":/?[]@!$&\'()*+,;=#% %41%zz"') == (
        "color=:/?[]@!$&'()*+,;=%23%25%20%41%25zz"
    )
    path = parameter(Style.SIMPLE, Location.PATH, reserved=True)
    assert written(path, '"a/b?c#d%"') == "a/b%3Fc%23d%25"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("$filter", "$filter=x"), ("a[b]", "a%5Bb%5D=x"), ("a b&c", "a%20b%26c=x"), ("é", "%C3%A9=x")],
)
def test_names_are_encoded_where_they_would_end_the_pair(name: str, expected: str) -> None:
    assert written(parameter(Style.FORM, Location.QUERY, name=name), '"x"') == expected


@pytest.mark.parametrize(
    ("location", "media_type", "value", "expected"),
    [
        (
            Location.QUERY,
            "application/json",
            '{ "a": 1.0, "b": [true] }',
            "color=%7B%22a%22%3A1.0%2C%22b%22%3A%5Btrue%5D%7D",
        ),
        (Location.QUERY, "application/json", '"x"', "color=%22x%22"),
        (Location.QUERY, "text/plain", '"x y"', "color=x%20y"),
        (Location.PATH, "application/json", "[1]", "%5B1%5D"),
        (Location.HEADER, "application/json", '{"a": "é"}', '{"a":"\\u00e9"}'),
        (Location.COOKIE, "application/json", '{"a":1}', "color=%7B%22a%22%3A1%7D"),
    ],
)
def test_a_content_parameter_is_compact_json(
    location: Location, media_type: str, value: str, expected: str
) -> None:
    each = parameter(Style.FORM, location, media_type=media_type)
    assert written(each, value) == expected


def test_a_style_that_its_place_does_not_know_falls_back_to_the_default() -> None:
    assert written(parameter(Style.PIPE, Location.PATH), ARRAY) == "blue,black,brown"
    assert written(parameter(Style.SIMPLE, Location.QUERY), ARRAY) == "color=blue,black,brown"


OPERATORS: dict[str, tuple[Style, Location, bool]] = {
    "": (Style.SIMPLE, Location.PATH, False),
    "+": (Style.SIMPLE, Location.PATH, True),
    ".": (Style.LABEL, Location.PATH, False),
    ";": (Style.MATRIX, Location.PATH, False),
    "?": (Style.FORM, Location.QUERY, False),
}


def rfc_cases() -> list[tuple[str, Any, Any]]:
    found = []
    for file in ("spec-examples.json", "spec-examples-by-section.json", "extended-tests.json"):
        path = SUITE / file
        if not path.is_file():
            continue
        for group in json.loads(path.read_text()).values():
            found += [(t, group["variables"], result) for t, result in group["testcases"]]
    return found


def test_the_rfc_6570_suite_expands_the_same_where_its_operators_are_styles() -> None:
    cases = rfc_cases()
    if not cases:
        pytest.skip("the uritemplate-test suite is not beside the repository")
    tried = 0
    for template, variables, result in cases:
        inner = template.removeprefix("{").removesuffix("}")
        operator = inner[:1] if inner[:1] in "+.;?" else ""
        name = inner.removeprefix(operator).removesuffix("*")
        plain = name.replace("_", "a").isalnum()
        value = variables.get(name)
        if (
            len(inner) != len(template) - 2
            or not plain
            or value in (None, "/foo/bar?", [])
            or value == {}
        ):
            continue
        style, location, reserved = OPERATORS[operator]
        each = parameter(style, location, explode=inner.endswith("*"), name=name, reserved=reserved)
        answer = ("?" if operator == "?" else "") + written(each, json.dumps(value))
        expected = result if isinstance(result, list) else [result]
        assert answer in expected, template
        tried += 1
    assert tried > 60
