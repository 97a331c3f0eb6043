from urllib.parse import parse_qsl, unquote

import pytest

from facade.model.action import Encoding, Style
from facade.model.version import DeepObjectArrays
from facade.transcode.arguments import parse
from facade.transcode.body.form import form_encoded, write_form

NONE: dict[str, Encoding] = {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a":"x y","b":"é"}', b"a=x+y&b=%C3%A9"),
        ('{"a":"1+1=2&c"}', b"a=1%2B1%3D2%26c"),
        ('{"a b":"*-._~"}', b"a+b=*-._%7E"),
        ('{"a":9007199254740993,"b":1.50,"c":1e400}', b"a=9007199254740993&b=1.50&c=1e400"),
        ('{"a":true,"b":false,"c":0,"d":""}', b"a=true&b=false&c=0&d="),
        ('{"b":1,"a":null}', b"b=1&a="),
        ('{"a":["x","y",null]}', b"a=x&a=y"),
        ('{"a":[]}', b""),
        ('{"a":{"y":1.0, "x":[2]}}', b"a=%7B%22y%22%3A1.0%2C+%22x%22%3A%5B2%5D%7D"),
        ('{"a":[{"b":1}]}', b"a=%7B%22b%22%3A1%7D"),
        ("{}", b""),
    ],
)
def test_a_form_without_encodings_is_byte_exact(text: str, expected: bytes) -> None:
    assert write_form(parse(text), NONE) == expected


ARRAY = '{"c":["blue","a,b",""]}'
OBJECT = '{"c":{"R":100,"G":2.50,"B":null}}'


@pytest.mark.parametrize(
    ("style", "explode", "text", "expected"),
    [
        (Style.FORM, True, ARRAY, b"c=blue&c=a%2Cb&c="),
        (Style.FORM, False, ARRAY, b"c=blue,a%2Cb,"),
        (Style.FORM, True, OBJECT, b"R=100&G=2.50"),
        (Style.FORM, False, OBJECT, b"c=R,100,G,2.50"),
        (
            Style.FORM,
            True,
            '{"c":{"l":["x",null,"y"],"o":{"a":[1.0]}}}',
            b"l=x&l=y&o=%7B%22a%22%3A%5B1.0%5D%7D",
        ),
        (Style.FORM, False, '{"c":[]}', b""),
        (Style.FORM, False, '{"c":{}}', b""),
        (Style.FORM, True, '{"c":7}', b"c=7"),
        (Style.SPACE, False, ARRAY, b"c=blue%20a%2Cb%20"),
        (Style.SPACE, True, ARRAY, b"c=blue&c=a%2Cb&c="),
        (Style.PIPE, False, ARRAY, b"c=blue%7Ca%2Cb%7C"),
        (Style.TAB, False, ARRAY, b"c=blue%09a%2Cb%09"),
        (Style.PIPE, False, OBJECT, b"c=R%7C100%7CG%7C2.50"),
        (Style.DEEP_OBJECT, True, OBJECT, b"c%5BR%5D=100&c%5BG%5D=2.50&c%5BB%5D="),
        (
            Style.DEEP_OBJECT,
            True,
            '{"c":{"a":{"b":[1,2]}}}',
            b"c%5Ba%5D%5Bb%5D%5B%5D=1&c%5Ba%5D%5Bb%5D%5B%5D=2",
        ),
        (
            Style.DEEP_OBJECT,
            True,
            '{"c":[{"a":1},{"a":2}]}',
            b"c%5B0%5D%5Ba%5D=1&c%5B1%5D%5Ba%5D=2",
        ),
        (Style.DEEP_OBJECT, True, '{"c":"x"}', b"c=x"),
    ],
)
def test_the_style_table_in_forms(
    style: Style, text: str, expected: bytes, *, explode: bool
) -> None:
    encodings = {"c": Encoding(style=style, explode=explode)}
    assert write_form(parse(text), encodings) == expected


def test_a_property_declared_as_json_is_json_whatever_it_is() -> None:
    encodings = {name: Encoding(content_type="application/json") for name in "ab"}
    assert parse_qsl(write_form(parse('{"a":"x","b":["y",{"z":1.0}]}'), encodings)) == [
        (b"a", b'"x"'),
        (b"b", b'"y"'),
        (b"b", b'{"z":1.0}'),
    ]


def test_reserved_characters_stay_where_they_are_allowed_but_for_those_that_end_a_pair() -> None:
    encodings = {"a": Encoding(style=Style.FORM, allow_reserved=True)}
    written = write_form(parse('{"a":"http://h/p?q=[1]&x+y#z %2F %zz é"}'), encodings)
    assert written == b"a=http://h/p?q%3D[1]%26x%2By%23z+%2F+%25zz+%C3%A9"


@pytest.mark.parametrize("byte", range(128))
def test_each_ascii_character_is_encoded_as_whatwg_says(byte: int) -> None:
    kept = chr(byte).isalnum() or chr(byte) in "*-._"
    expected = chr(byte) if kept else "+" if byte == 32 else f"%{byte:02X}"
    assert form_encoded(chr(byte)) == expected


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        (DeepObjectArrays.BRACKETS, "a[b][]=1&a[b][]=2&a[c][0][d]=3&a[c][1][]=4"),
        (DeepObjectArrays.INDICES, "a[b][0]=1&a[b][1]=2&a[c][0][d]=3&a[c][1][0]=4"),
        (DeepObjectArrays.REPEAT, "a[b]=1&a[b]=2&a[c][0][d]=3&a[c][1]=4"),
    ],
)
def test_a_version_says_how_arrays_stand_in_a_deep_object(
    arrays: DeepObjectArrays, expected: str
) -> None:
    encodings = {"a": Encoding(style=Style.DEEP_OBJECT)}
    written = write_form(parse('{"a":{"b":[1,2],"c":[{"d":3},[4]]}}'), encodings, arrays)
    assert unquote(written.decode()) == expected


def test_a_form_is_in_the_charset_that_is_asked_for() -> None:
    encodings = {"b": Encoding(style=Style.FORM, allow_reserved=True)}
    written = write_form(parse('{"a":"é","b":"é/"}'), encodings, charset="iso8859-1")
    assert written == b"a=%E9&b=%E9/"
    with pytest.raises(UnicodeEncodeError):
        write_form(parse('{"a":"☃"}'), NONE, charset="iso8859-1")
