from typing import Any

import pytest

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Code, Effect
from facade.model.action import Action, Body, Encoding, Media
from facade.model.call import Upload
from facade.transcode.arguments import parse
from facade.transcode.body.body import Wish, options_of, write_body
from facade.transcode.body.upload import settle_upload

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
        ([UPLOADS], "image/png", '{"body":{"file":"YQ"}}', "/body/file", "upload"),
        ([UPLOADS], "image/png", '{"body":"YQ"}', "body.content_type", "multipart/form-data"),
    ],
)
def test_an_upload_that_does_not_fit_is_refused(
    media: list[Media | str], content_type: str, text: str, field: str, word: str
) -> None:
    upload = Upload(content_type=content_type, data=b"x")
    found = violations(an_action(*media, flat=("note", "file")), text, upload)
    assert list(found) == [field]
    assert word in found[field]


def test_an_upload_completes_a_whole_body() -> None:
    text = '{"body":{"note":"hi", "extra": 1.0}}'
    _, body = write(an_action(UPLOADS), text, Upload(content_type="", data=b"x")) or ("", b"")
    assert body == (
        b'--B\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
        b'--B\r\nContent-Disposition: form-data; name="extra"\r\n\r\n1.0\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\nx\r\n--B--\r\n"
    )


def test_an_upload_is_the_file_that_the_arguments_leave_open() -> None:
    action = an_action(TWO_FILES, flat=("a", "b"))
    upload = Upload(content_type="image/png", data=b"x")
    _, body = write(action, '{"a":"YQ"}', upload) or ("", b"")
    assert b'name="b"; filename="b"\r\nContent-Type: image/png\r\n\r\nx\r\n' in body
    assert b'name="a"; filename="a"' in body


def test_arguments_beside_an_upload_or_the_callers_choice_make_it_the_file_of_a_form() -> None:
    action = an_action(UPLOADS, "application/octet-stream", flat=("note", "file"))
    upload = Upload(content_type="application/octet-stream", data=b"x")
    for text, chosen in (('{"note":"n"}', ""), ("{}", "multipart/form-data")):
        content_type, _ = write(action, text, upload, chosen) or ("", b"")
        assert content_type == "multipart/form-data; boundary=B"
    assert write(action, "{}", upload, "application/octet-stream") == (
        "application/octet-stream",
        b"x",
    )


def test_an_upload_may_be_base64_on_the_wire() -> None:
    media = Media(
        type="multipart/form-data",
        schema={"properties": {"file": {"type": "string", "contentEncoding": "base64"}}},
    )
    upload = Upload(content_type="image/png", data=b"\x00\xff")
    _, body = write(an_action(media), "{}", upload) or ("", b"")
    assert body == (
        b'--B\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: image/png\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nAP8=\r\n--B--\r\n"
    )


def test_a_choice_that_is_not_declared_is_refused_with_those_that_are() -> None:
    upload = Upload(content_type="image/png", data=b"x")
    with pytest.raises(InvalidParameters) as caught:
        write(an_action("image/png", "a/b"), "{}", upload, "c/d")
    (violation,) = caught.value.details.violations
    assert violation.field == "content_type"
    assert "image/png, a/b" in violation.description
