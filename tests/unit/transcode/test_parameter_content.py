"""Parameters with a media type in place of a style."""

from typing import Any

import pytest

from facade.model.action import Encoding, Location, Parameter, Style
from facade.transcode.arguments import tokens
from facade.transcode.parameter_content import compile_content

JSON, TEXT, FORM = "application/json", "text/plain", "application/x-www-form-urlencoded"
FILTER = '{ "a": 1.0, "b": [true, null] }'


def written(location: str, media_type: str, value: str, **more: Any) -> tuple[str, ...]:
    each = Parameter(
        key="q",
        name="q",
        location=Location(location),
        required=False,
        style=Style.FORM,
        explode=False,
        schema=True,
        media_type=media_type,
        **more,
    )
    return compile_content(each)(tokens(value))


@pytest.mark.parametrize(
    ("location", "media_type", "value", "expected"),
    [
        ("query", JSON, FILTER, "q=%7B%22a%22%3A1.0%2C%22b%22%3A%5Btrue%2Cnull%5D%7D"),
        ("query", JSON, '"x"', "q=%22x%22"),
        ("query", JSON, "null", "q=null"),
        ("query", JSON, '""', "q=%22%22"),
        ("query", "application/vnd.api+json", "9007199254740993", "q=9007199254740993"),
        ("query", "text/json", "[1e400]", "q=%5B1e400%5D"),
        ("query", TEXT, '"x y"', "q=x%20y"),
        ("query", TEXT, "1.50", "q=1.50"),
        ("query", TEXT, "null", "q="),
        ("query", "application/xml", '"<a/>"', "q=%3Ca%2F%3E"),
        ("query", FORM, '{"a":"b c"}', "q=a%3Db%2Bc"),
        ("query", "no media type", '"x"', "q=x"),
        ("path", JSON, "[1]", "%5B1%5D"),
        ("path", TEXT, '"a/b c"', "a%2Fb%20c"),
        ("header", JSON, '{"a": "é"}', '{"a":"\\u00e9"}'),
        ("header", TEXT, '"a, b"', "a, b"),
        ("header", TEXT, "1.0", "1.0"),
        ("cookie", JSON, '{"a":1}', "q=%7B%22a%22%3A1%7D"),
        ("cookie", TEXT, '"abc=="', "q=abc=="),
        (
            "querystring",
            JSON,
            '{"numbers":[1,2],"flag":null}',
            "%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D",
        ),
        ("querystring", "application/jsonpath", '"$.a.b[1:1]"', "%24.a.b%5B1%3A1%5D"),
        ("querystring", FORM, '{"foo":"a + b","bar":true}', "foo=a+%2B+b&bar=true"),
        ("querystring", FORM, '{"a":[1,2],"n":1.50}', "a=1&a=2&n=1.50"),
        ("querystring", FORM, '"a=b&c=d e#%41%"', "a=b&c=d%20e%23%41%25"),
        ("querystring", TEXT, '"a[0]=b&c=é"', "a[0]=b&c=%C3%A9"),
    ],
)
def test_a_value_is_the_text_of_its_media_type(
    location: str, media_type: str, value: str, expected: str
) -> None:
    assert written(location, media_type, value) == (expected,)


@pytest.mark.parametrize(
    ("media_type", "value"), [(FORM, "{}"), (FORM, '""'), (TEXT, "null"), (TEXT, '""')]
)
def test_an_empty_query_is_none(media_type: str, value: str) -> None:
    assert written("querystring", media_type, value) == ()


def test_the_properties_of_a_form_are_written_as_their_encoding_says() -> None:
    encoding = {"ids": Encoding(style=Style.PIPE, explode=False)}
    answer = written("querystring", FORM, '{"ids":[1,2],"q":"x"}', encoding=encoding)
    assert answer == ("ids=1%7C2&q=x",)


@pytest.mark.parametrize("value", ['""', "null"])
def test_where_an_empty_value_is_allowed_json_may_be_empty(value: str) -> None:
    assert written("query", JSON, value, allow_empty=True) == ("q=",)
    assert written("query", JSON, "0", allow_empty=True) == ("q=0",)


def test_reserved_characters_stay_where_the_document_says_so() -> None:
    assert written("query", TEXT, '"a/b,c#"', allow_reserved=True) == ("q=a/b,c%23",)
