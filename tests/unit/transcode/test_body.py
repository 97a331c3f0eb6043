from typing import Any

import pytest

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Code, Effect
from facade.model.action import (
    Action,
    Body,
    Encoding,
    Location,
    Media,
    Parameter,
    Style,
)
from facade.model.call import Upload
from facade.transcode.arguments import parse
from facade.transcode.body import write_body

FORM = "application/x-www-form-urlencoded"
FILE = {"type": "string", "format": "binary"}


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


def write(action: Action, text: str, upload: Upload | None = None) -> tuple[str, bytes] | None:
    return write_body(action, parse(text), upload, lambda: "B")


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
        (["multipart/mixed"], '"YQ"', "/body", "boundary"),
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


UPLOADS = Media(
    type="multipart/form-data",
    schema={"properties": {"note": {"type": "string"}, "file": FILE}},
    encoding={"file": Encoding()},
)


def test_an_upload_goes_untouched_under_the_type_that_it_names() -> None:
    action = an_action("application/json", "image/*")
    data = b"\x00\xff{"
    for content_type in ("image/png", "application/json; charset=utf-8"):
        upload = Upload(content_type=content_type, data=data)
        assert write(action, '{"id":7}', upload) == (content_type, data)


def test_an_upload_without_a_type_is_of_the_only_one_there_is() -> None:
    upload = Upload(content_type="", data=b"x")
    assert write(an_action("image/png"), "{}", upload) == ("image/png", b"x")
    assert write(an_action("*/*"), "{}", upload) == ("application/octet-stream", b"x")


def test_a_multipart_upload_is_whole() -> None:
    upload = Upload(content_type='multipart/form-data; boundary="x"', data=b"--x--")
    assert write(an_action(UPLOADS), "{}", upload) == (upload.content_type, b"--x--")


def test_an_upload_is_the_only_file_of_a_form_beside_flat_arguments() -> None:
    action = an_action(UPLOADS, flat=("note", "file"))
    content_type, body = write(
        action, '{"petId":7,"note":"hi"}', Upload(content_type="image/png", data=b"\x89PNG")
    ) or ("", b"")
    assert content_type == "multipart/form-data; boundary=B"
    assert body == (
        b'--B\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--B--\r\n"
    )


def test_a_type_of_its_own_goes_before_a_file_of_a_form() -> None:
    action = an_action(UPLOADS, "application/octet-stream")
    upload = Upload(content_type="application/octet-stream", data=b"x")
    assert write(action, "{}", upload) == ("application/octet-stream", b"x")


TWO_FILES = Media(type="multipart/form-data", schema={"properties": {"a": FILE, "b": FILE}})
PNG_ALONE = Media(
    type="multipart/form-data",
    schema={"properties": {"file": FILE}},
    encoding={"file": Encoding(content_type="image/png")},
)


@pytest.mark.parametrize(
    ("media", "content_type", "text", "field", "word"),
    [
        ([TWO_FILES], "image/png", "{}", "body.content_type", "multipart/form-data"),
        ([UPLOADS], "multipart/form-data", "{}", "body.content_type", "boundary"),
        ([UPLOADS], "multipart/mixed;boundary=x", "{}", "body.content_type", "multipart/form-data"),
        ([PNG_ALONE], "image/gif", "{}", "body.content_type", "image/png"),
        (["a/b", "c/d"], "image/png", "{}", "body.content_type", "a/b, c/d"),
        (["a/b"], "image/*", "{}", "body.content_type", "media type"),
        (["*/*"], "a/b\r\nX: y", "{}", "body.content_type", "media type"),
        (["*/*"], "garbage", "{}", "body.content_type", "media type"),
        (["image/png"], "image/png", '{"body":"YQ"}', "/body", "upload"),
        ([UPLOADS], "image/png", '{"file":"YQ"}', "/file", "upload"),
    ],
)
def test_an_upload_that_does_not_fit_is_refused(
    media: list[Media | str], content_type: str, text: str, field: str, word: str
) -> None:
    upload = Upload(content_type=content_type, data=b"x")
    found = violations(an_action(*media, flat=("note", "file")), text, upload)
    assert list(found) == [field]
    assert word in found[field]


def test_an_upload_for_an_action_without_a_body_is_refused() -> None:
    upload = Upload(content_type="image/png", data=b"x")
    assert list(violations(an_action(body=None), "{}", upload)) == ["body"]
