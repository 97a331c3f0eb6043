"""The table of styles, row by row."""

from typing import Any

import pytest

from facade.model.action import Location, Parameter, Style
from facade.model.version import DeepObjectArrays, LabelDelimiter, Serialization
from facade.transcode.arguments import tokens
from facade.transcode.style import clash, compile_shape, shape_of

EMPTY, TEXT = '""', '"blue"'
ARRAY, OBJECT = '["blue","black","brown"]', '{"R":100,"G":200,"B":150}'


def parameter(style: Style, location: Location, name: str = "color", **more: Any) -> Parameter:
    given: dict[str, Any] = {"explode": False, "schema": True} | more
    return Parameter(key=name, name=name, location=location, required=False, style=style, **given)


def pieces(each: Parameter, text: str, **serialization: Any) -> tuple[str, ...]:
    shape = shape_of(each, Serialization(**serialization))
    return compile_shape(shape, each.location)(tokens(text))


def written(each: Parameter, text: str, **serialization: Any) -> str:
    between = "; " if each.location is Location.COOKIE else "&"
    return between.join(pieces(each, text, **serialization))


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
        "color=blue; color=black; color=brown",
        "R=100; G=200; B=150",
    ),
    (
        "cookie",
        True,
        "color=",
        "color=blue",
        "color=blue; color=black; color=brown",
        "R=100; G=200; B=150",
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
    assert pieces(parameter(style, Location.QUERY, explode=explode), value) == ()


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


def test_an_array_in_an_object_that_explodes_into_pairs_is_repeated() -> None:
    each = parameter(Style.FORM, Location.QUERY, explode=True)
    assert written(each, '{"n":2,"s":["a,b",null,[1.0]],"no":[]}') == "n=2&s=a%2Cb&s=%5B1.0%5D"


def test_reserved_characters_stay_where_the_document_says_so() -> None:
    query = parameter(Style.FORM, Location.QUERY, allow_reserved=True)
    assert written(query, '":/?[]@!$&\'()*+,;=#% %41%zz"') == (
        "color=:/?[]@!$&'()*+,;=%23%25%20%41%25zz"
    )
    path = parameter(Style.SIMPLE, Location.PATH, allow_reserved=True)
    assert written(path, '"a/b?c#d%"') == "a%2Fb%3Fc%23d%25"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("$filter", "$filter=x"), ("a[b]", "a%5Bb%5D=x"), ("a b&c", "a%20b%26c=x"), ("é", "%C3%A9=x")],
)
def test_names_are_encoded_where_they_would_end_the_pair(name: str, expected: str) -> None:
    assert written(parameter(Style.FORM, Location.QUERY, name=name), '"x"') == expected


def test_a_style_that_its_place_does_not_know_falls_back_to_the_default() -> None:
    assert written(parameter(Style.PIPE, Location.PATH), ARRAY) == "blue,black,brown"
    assert written(parameter(Style.SIMPLE, Location.QUERY), ARRAY) == "color=blue,black,brown"


@pytest.mark.parametrize(
    ("edition", "choice", "value", "expected"),
    [
        ((), LabelDelimiter.BY_EDITION, ARRAY, ".blue,black,brown"),
        ((".",), LabelDelimiter.BY_EDITION, ARRAY, ".blue.black.brown"),
        ((".",), LabelDelimiter.BY_EDITION, OBJECT, ".R.100.G.200.B.150"),
        ((".",), LabelDelimiter.COMMA, OBJECT, ".R,100,G,200,B,150"),
        ((), LabelDelimiter.DOT, ARRAY, ".blue.black.brown"),
    ],
)
def test_a_label_joins_by_edition_or_as_its_version_says(
    edition: tuple[str, ...], choice: LabelDelimiter, value: str, expected: str
) -> None:
    label = parameter(Style.LABEL, Location.PATH, delimiters=edition)
    assert written(label, value, label_delimiter=choice) == expected
    exploded = parameter(Style.LABEL, Location.PATH, delimiters=edition, explode=True)
    assert written(exploded, ARRAY, label_delimiter=choice) == ".blue.black.brown"
    matrix = parameter(Style.MATRIX, Location.PATH)
    assert written(matrix, ARRAY, label_delimiter=choice) == ";color=blue,black,brown"


@pytest.mark.parametrize(
    ("value", "brackets", "indices", "repeat"),
    [
        ('["x","y"]', "f[]=x&f[]=y", "f[0]=x&f[1]=y", "f=x&f=y"),
        ('{"a":["x","y"]}', "f[a][]=x&f[a][]=y", "f[a][0]=x&f[a][1]=y", "f[a]=x&f[a]=y"),
        ('{"a":[{"b":1},{"b":2}]}', *["f[a][0][b]=1&f[a][1][b]=2"] * 3),
        (
            "[[1,2],[3]]",
            "f[0][]=1&f[0][]=2&f[1][]=3",
            "f[0][0]=1&f[0][1]=2&f[1][0]=3",
            "f[0]=1&f[0]=2&f[1]=3",
        ),
        ('[1,{"b":2}]', *["f[0]=1&f[1][b]=2"] * 3),
        ("[null,1,null,2]", "f[]=1&f[]=2", "f[0]=1&f[1]=2", "f=1&f=2"),
        ('{"a":{},"b":[],"c":{"d":[]}}', "", "", ""),
        ('{"a":{"b":{"c":1}}}', *["f[a][b][c]=1"] * 3),
        ('"one"', *["f=one"] * 3),
    ],
)
@pytest.mark.parametrize("explode", [True, False])
def test_arrays_in_a_deep_object_are_written_as_the_version_says(
    *, value: str, brackets: str, indices: str, repeat: str, explode: bool
) -> None:
    each = parameter(Style.DEEP_OBJECT, Location.QUERY, "f", explode=explode)
    for choice, expected in zip(DeepObjectArrays, (brackets, indices, repeat), strict=True):
        answer = written(each, value, deep_object_arrays=choice)
        assert answer == expected.replace("[", "%5B").replace("]", "%5D")


@pytest.mark.parametrize(
    ("location", "style", "delimiters", "explode", "value", "expected"),
    [
        ("path", "simple", (" ",), False, ARRAY, "blue%20black%20brown"),
        ("path", "simple", ("\t",), False, ARRAY, "blue%09black%09brown"),
        ("path", "simple", ("|",), False, ARRAY, "blue%7Cblack%7Cbrown"),
        ("header", "simple", (" ",), False, ARRAY, "blue black brown"),
        ("header", "simple", ("\t",), False, ARRAY, "blue\tblack\tbrown"),
        ("header", "simple", ("|",), False, ARRAY, "blue|black|brown"),
        ("header", "simple", (",", "|"), False, "[[1,2],[3]]", "1|2,3"),
        ("query", "form", (",", "|"), False, "[[1,2],[3]]", "color=1%7C2,3"),
        ("query", "form", (",", "|"), True, "[[1,2],[3]]", "color=1%7C2&color=3"),
        ("query", "pipeDelimited", ("|", ",", " "), False, '[["a",["b","c"]]]', "color=a,b%20c"),
        ("query", "form", (",", ","), False, '[["a,b"],[null,["c"]]]', "color=a%2Cb,%5B%22c%22%5D"),
    ],
)
def test_the_delimiters_of_2_0_go_anywhere_and_level_by_level(
    *,
    location: str,
    style: str,
    delimiters: tuple[str, ...],
    explode: bool,
    value: str,
    expected: str,
) -> None:
    each = parameter(Style(style), Location(location), delimiters=delimiters, explode=explode)
    assert written(each, value) == expected


@pytest.mark.parametrize(
    ("location", "style", "value", "expected"),
    [
        (
            "query",
            "form",
            '[["a","b"],{"c":1.0}]',
            "color=%5B%22a%22%2C%22b%22%5D,%7B%22c%22%3A1.0%7D",
        ),
        ("path", "simple", '{"a":[1]}', "a,%5B1%5D"),
        ("header", "simple", '[{"key":"é","n":1.50}]', '[{"key":"\\u00e9","n":1.50}]'),
        ("header", "simple", '{"a":[1,2]}', '{"a":[1,2]}'),
    ],
)
def test_a_container_in_a_container_is_json(
    location: str, style: str, value: str, expected: str
) -> None:
    assert written(parameter(Style(style), Location(location)), value) == expected


@pytest.mark.parametrize(
    ("style", "value", "expected"),
    [
        (Style.FORM, '"Hello, world!"', "greeting=Hello%2C%20world%21"),
        (Style.FORM, '["a,b","é"]', "greeting=a%2Cb,%C3%A9"),
        (Style.COOKIE, '"Hello%2C%20world!"', "greeting=Hello%2C%20world!"),
        (Style.COOKIE, '"abc=="', "greeting=abc=="),
    ],
)
def test_form_is_encoded_in_a_cookie_and_the_style_cookie_is_not(
    style: Style, value: str, expected: str
) -> None:
    assert written(parameter(style, Location.COOKIE, "greeting"), value) == expected


@pytest.mark.parametrize(
    ("more", "value", "expected"),
    [
        ({"multi_segment": True}, '"heads/a b?c"', "heads/a%20b%3Fc"),
        ({"multi_segment": True, "allow_reserved": True}, '"a/b:c%2Fd%"', "a/b:c%2Fd%25"),
        ({"encode_twice": True}, '"a/b é"', "a%252Fb%2520%25C3%25A9"),
        ({"allow_reserved": True}, '"a:b@c$d/e[f]"', "a:b@c$d%2Fe%5Bf%5D"),
    ],
)
def test_a_path_value_is_encoded_as_its_parameter_asks_for(
    more: dict[str, Any], value: str, expected: str
) -> None:
    assert written(parameter(Style.SIMPLE, Location.PATH, **more), value) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("query", "a%5Bb%5D%20$c.d-e_%C3%A9%26%3D=x"),
        ("path", ";a%5Bb%5D%20$c.d-e_%C3%A9%26%3D=x"),
        ("cookie", "a%5Bb%5D%20$c.d-e_%C3%A9&%3D=x"),
    ],
)
def test_any_name_can_be_written(location: str, expected: str) -> None:
    styles = {"query": Style.FORM, "path": Style.MATRIX, "cookie": Style.FORM}
    each = parameter(styles[location], Location(location), "a[b] $c.d-e_é&=")
    assert written(each, '"x"') == expected


@pytest.mark.parametrize(
    ("delimiters", "explode", "value", "is_told"),
    [
        ((), False, '["a,b"]', True),
        ((), True, '{"a":"b,c"}', True),
        ((), False, '{"a,b":"c"}', True),
        ((), True, '{"a=b":"c"}', True),
        ((" ",), False, '["a b"]', True),
        ((" ",), False, '["a,b"]', False),
        ((",", "|"), False, '[["a|b"]]', True),
        ((), False, '["a b","c"]', False),
        ((), False, '[["a,b"]]', False),
        ((), False, '{"a=b":"c"}', False),
    ],
)
def test_what_stands_between_the_items_of_a_header_cannot_be_in_them(
    *, delimiters: tuple[str, ...], explode: bool, value: str, is_told: bool
) -> None:
    each = parameter(Style.SIMPLE, Location.HEADER, delimiters=delimiters, explode=explode)
    assert bool(clash(shape_of(each, Serialization()), tokens(value))) is is_told
