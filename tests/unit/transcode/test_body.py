from typing import Any

import pytest

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Code, Effect
from facade.model.action import (
    Action,
    Body,
    Location,
    Media,
    Parameter,
    Style,
)
from facade.model.call import Upload
from facade.transcode.arguments import parse
from facade.transcode.body.body import Wish, declared, options_of, write_body
from facade.transcode.body.upload import settle_upload

PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
FORM = "application/x-www-form-urlencoded"


def an_action(*types: str | Media, flat: tuple[str, ...] = (), **fields: Any) -> Action:
    media = tuple(Media(type=each) if isinstance(each, str) else each for each in types)
    body = Body(required=False, media=media, flat=flat)
    given: dict[str, Any] = {
        "id": "a",
        "method": "POST",
        "path": "/a",
        "pointer": "/paths/~1a/post",
        "body": body,
    }
    return Action(**given | fields)


def write(
    action: Action, text: str, upload: Upload | None = None, chosen: str = ""
) -> tuple[str, bytes] | None:
    options = options_of(action.body)
    wish = Wish(type=chosen, upload=upload, boundary=lambda: "B")
    arguments, wish = settle_upload(action, parse(text), wish, options)
    return write_body(action, arguments, wish, options)


def violations(action: Action, text: str, upload: Upload | None = None) -> dict[str, str]:
    with pytest.raises(InvalidParameters) as caught:
        write(action, text, upload)
    assert caught.value.status is Code.INVALID_ARGUMENT
    assert caught.value.effect is Effect.NOT_EXECUTED
    return {each.field: each.description for each in caught.value.details.violations}


@pytest.mark.parametrize(
    "declared",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json;version=1.1",
        "application/merge-patch+json",
        "text/json",
    ],
)
def test_b10_a_whole_json_body_goes_byte_for_byte_under_its_exact_type(declared: str) -> None:
    body = '{ "z":9007199254740993,\n"a":0.10, "e":1e400, "m":-0 ,"u":"\\u00e9é"}'
    assert write(an_action(declared), f'{{"body": {body}}}') == (declared, body.encode())


@pytest.mark.parametrize("body", ["[1, 2.0]", '"text"', "7.50", "false", "null", "[]"])
def test_json_of_any_kind_is_a_body(body: str) -> None:
    assert write(an_action("application/json"), f'{{"body":{body}}}') == (
        "application/json",
        body.encode(),
    )


def test_b10_flat_properties_keep_their_order_and_digits() -> None:
    action = an_action("application/json", flat=("a", "z", 'q"'))
    text = '{"z": 1.0e+2, "id": 5, "a": {"y" : 1}, "q\\"": null}'
    assert write(action, text) == ("application/json", b'{"z":1.0e+2,"a":{"y" : 1},"q\\"":null}')


def test_base64_in_json_is_the_callers_text() -> None:
    schema = {"properties": {"f": {"type": "string", "format": "byte"}}}
    action = an_action(Media(type="application/json", schema=schema), flat=("f",))
    assert write(action, '{"f":"not base64!"}') == ("application/json", b'{"f":"not base64!"}')


def test_a_body_that_is_absent_is_no_body() -> None:
    action = an_action("application/json", flat=("a",))
    assert write(action, "{}") is None
    assert write(action, '{"id":7}') is None
    assert write(an_action("application/json", body=None), '{"body":7}') is None


def test_a_parameter_and_a_property_may_be_called_body() -> None:
    query = Parameter(
        key="body",
        name="body",
        location=Location.QUERY,
        required=False,
        style=Style.FORM,
        explode=True,
    )
    action = an_action("application/json", flat=("a",), parameters=(query,))
    assert write(action, '{"body":1,"a":2}') == ("application/json", b'{"a":2}')
    action = an_action("application/json", flat=("title", "body"))
    assert write(action, '{"title":"t","body":"b"}') == (
        "application/json",
        b'{"title":"t","body":"b"}',
    )


def test_a_whole_body_beside_its_properties_is_refused() -> None:
    action = an_action("application/json", flat=("a", "b/c"))
    assert set(violations(action, '{"body":{},"a":1,"b/c":2}')) == {"/a", "/b~1c"}


@pytest.mark.parametrize(
    ("types", "text", "expected"),
    [
        (["*/*"], '{"body":{"a":1}}', ("application/json", b'{"a":1}')),
        (["application/*"], '{"body":[1]}', ("application/json", b"[1]")),
        (["application/*+json"], '{"body":[1]}', ("application/json", b"[1]")),
        ([FORM], '{"body":{"a":[1,2],"b":{"c":1.0}}}', (FORM, b"a=1&a=2&b=%7B%22c%22%3A1.0%7D")),
        ([FORM, "text/plain"], '{"body":"x y"}', ("text/plain", b"x y")),
        (["text/plain"], '{"body":9007199254740993}', ("text/plain", b"9007199254740993")),
        (["text/plain"], '{"body":true}', ("text/plain", b"true")),
        (["text/plain"], '{"body":"é"}', ("text/plain; charset=utf-8", "é".encode())),
        (["text/plain;charset=latin-1"], '{"body":"é"}', ("text/plain;charset=latin-1", b"\xe9")),
        (["text/*"], '{"body":"x"}', ("text/plain", b"x")),
        (["text/csv"], '{"body":"a,b\\r\\n"}', ("text/csv", b"a,b\r\n")),
        (["application/x-ndjson"], '{"body":"{}\\n"}', ("application/x-ndjson", b"{}\n")),
        (["application/xml"], '{"body":"<é/>"}', ("application/xml", "<é/>".encode())),
        (["application/soap+xml"], '{"body":"<a/>"}', ("application/soap+xml", b"<a/>")),
        (["application/octet-stream"], '{"body":"AP8="}', ("application/octet-stream", b"\0\xff")),
        (["application/pdf"], '{"body":"_-8"}', ("application/pdf", b"\xff\xef")),
        (["image/png"], '{"body":{"text":"x"}}', ("image/png", b"x")),
        (
            ["image/*"],
            '{"body":{"content":"YQ","contentType":"image/gif"}}',
            ("image/gif", b"a"),
        ),
        (
            ["image/png", "image/gif"],
            '{"body":{"content":"YQ","contentType":"image/gif"}}',
            ("image/gif", b"a"),
        ),
        (
            ["multipart/related"],
            '{"body":{"text":"--x--","contentType":"multipart/related; boundary=x"}}',
            ("multipart/related; boundary=x", b"--x--"),
        ),
        (["no coupon applied", "text/plain"], '{"body":"x"}', ("text/plain", b"x")),
        (["text/xml", "application/json"], '{"body":{"a":1}}', ("application/json", b'{"a":1}')),
        (["application/json", "text/plain"], '{"body":"x"}', ("application/json", b'"x"')),
        ([PATCH, MERGE], '{"body":{"a":1}}', (MERGE, b'{"a":1}')),
        ([MERGE, PATCH], '{"body":[]}', (PATCH, b"[]")),
        ([PATCH, MERGE], '{"body":[]}', (PATCH, b"[]")),
        ([PATCH, "text/plain"], '{"body":{"a":1}}', (PATCH, b'{"a":1}')),
    ],
)
def test_the_media_type_table(types: list[str], text: str, expected: tuple[str, bytes]) -> None:
    assert write(an_action(*types), text) == expected


@pytest.mark.parametrize(
    ("types", "body", "field", "word"),
    [
        (["application/xml"], '{"a":1}', "/body", "XML"),
        (["application/xml"], "7", "/body", "XML"),
        ([FORM], '"a=1"', "/body", "object"),
        ([FORM], "null", "/body", "object"),
        (["multipart/form-data"], "[1]", "/body", "object"),
        (["multipart/mixed"], '"YQ"', "/body", "array of parts"),
        (["text/plain"], '{"a":1}', "/body", "string"),
        (["text/plain"], "null", "/body", "string"),
        (["text/plain;charset=latin-1"], '"☃"', "/body", "cannot hold"),
        (["text/plain;charset=idna"], '"x"', "/body", "charset"),
        (["image/png"], "7", "/body", "base64"),
        (["image/png"], '"!"', "/body", "base64"),
        (["image/png"], '{"content":"!"}', "/body/content", "base64"),
        (["image/png"], '{"text":"x","contentType":"image/gif"}', "/body/contentType", "image/png"),
        (["image/png"], '{"text":"x","filename":"a.png"}', "/body/filename", "multipart"),
        (["image/*"], '"YQ"', "/body", "contentType"),
        (["no coupon applied"], "7", "/body", "media type"),
        ([], "7", "/body", "media type"),
    ],
)
def test_a_value_that_its_media_type_cannot_hold_is_refused(
    types: list[str], body: str, field: str, word: str
) -> None:
    found = violations(an_action(*types), f'{{"body":{body}}}')
    assert list(found) == [field]
    assert word in found[field]


@pytest.mark.parametrize(
    ("types", "chosen", "text", "expected"),
    [
        (["application/json", "text/plain"], "text/plain", '"x"', ("text/plain", b"x")),
        (["application/json", FORM], FORM, '{"a":1}', (FORM, b"a=1")),
        (["a/x+json", "a/y+json"], "a/y+json", "{}", ("a/y+json", b"{}")),
        (["a/x;v=1", "a/x;v=2"], "a/x; v=2", '"YQ"', ("a/x;v=2", b"a")),
        (["a/x;v=1", "a/x;v=2"], "A/X", '"YQ"', ("a/x;v=1", b"a")),
        (
            ["application/json"],
            "application/json; charset=utf-8",
            "{}",
            ("application/json; charset=utf-8", b"{}"),
        ),
        (
            ["text/plain"],
            "text/plain;charset=latin-1",
            '"é"',
            ("text/plain; charset=latin-1", b"\xe9"),
        ),
        (
            ["text/csv;charset=UTF-8"],
            "text/csv; charset=utf-8",
            '"a"',
            ("text/csv; charset=utf-8", b"a"),
        ),
        (["*/*"], "text/csv", '"a,b"', ("text/csv", b"a,b")),
        (["*/*"], "image/png", '"YQ=="', ("image/png", b"a")),
        (["*/*", "image/*"], "image/png", '"YQ=="', ("image/png", b"a")),
        (["application/*+json"], "application/x+json", "1.0", ("application/x+json", b"1.0")),
        (["application/x+json"], "application/json", "{}", ("application/x+json", b"{}")),
        (["application/a+xml"], "application/xml", '"<a/>"', ("application/a+xml", b"<a/>")),
        (
            ["application/json", "multipart/form-data"],
            "multipart/form-data; boundary=mine",
            '{"a":"x"}',
            (
                "multipart/form-data; boundary=B",
                b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n',
            ),
        ),
    ],
)
def test_the_caller_chooses_among_the_declared_media_types(
    types: list[str], chosen: str, text: str, expected: tuple[str, bytes]
) -> None:
    assert write(an_action(*types), f'{{"body":{text}}}', chosen=chosen) == expected


@pytest.mark.parametrize(
    ("types", "chosen"),
    [
        (["application/json"], "text/plain"),
        (["application/json"], "application/vnd.x+json"),
        (["application/json"], "application/*"),
        (["application/json"], "nonsense"),
        (["a/x;v=1"], "a/x;v=2"),
        (["image/*"], "text/plain"),
        ([], "text/plain"),
    ],
)
def test_what_is_not_declared_cannot_be_chosen(types: list[str], chosen: str) -> None:
    assert declared(options_of(an_action(*types).body), chosen) is None


FILE_SCHEMA = {"type": "string", "format": "binary"}


@pytest.mark.parametrize("declared_type", ["*/*", "application/*"])
def test_a_range_of_everything_is_bytes_where_its_schema_says_so(declared_type: str) -> None:
    action = an_action(Media(type=declared_type, schema=FILE_SCHEMA))
    assert write(action, '{"body":"AP8="}') == ("application/octet-stream", b"\0\xff")
    typed = '{"body":{"content":"AP8=","contentType":"application/pdf"}}'
    assert write(action, typed) == ("application/pdf", b"\0\xff")


def test_a_required_body_whose_properties_are_all_absent_is_sent_empty() -> None:
    body = Body(required=True, media=(Media(type="application/json"),), flat=("a",))
    assert write(an_action(body=body), "{}") == ("application/json", b"{}")


def test_json_and_forms_are_in_the_charset_that_is_declared() -> None:
    latin = "application/json; charset=iso-8859-1"
    assert write(an_action(latin), '{"body":"é"}') == (latin, b'"\xe9"')
    assert list(violations(an_action(latin), '{"body":"☃"}')) == ["/body"]
    form = f"{FORM}; charset=iso-8859-1"
    assert write(an_action(form), '{"body":{"é":"é ~"}}') == (form, b"%E9=%E9+%7E")
    assert list(violations(an_action(form), '{"body":{"a":"☃"}}')) == ["/body"]
