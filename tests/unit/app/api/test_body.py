import pytest

from facade.app.api.body import check_media_type, members_of
from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.errors.http import http_status


@pytest.mark.parametrize("said", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_taken(said: str) -> None:
    check_media_type(said)


@pytest.mark.parametrize(
    "said", ["", "text/plain", "application/x-www-form-urlencoded", "json", "*/*"]
)
def test_nothing_is_taken_that_a_web_page_sends_without_asking(said: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        check_media_type(said)
    assert http_status(raised.value) == 415
    assert raised.value.details.headers == {"accept": "application/json"}
    assert raised.value.details.violations[0].field == "content-type"


def test_members_keep_their_texts() -> None:
    members = members_of(b'{"a": {"n": 9007199254740993, "x": 0.10}, "b": [1e400]}')
    assert members["a"].text == '{"n": 9007199254740993, "x": 0.10}'
    assert members["b"].text == "[1e400]"
    assert members_of(b" ") == {}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"{", ["body"]),
        (b"[]", ["body"]),
        (b"\xff", ["body"]),
        (b'\xef\xbb\xbf{"a":1}', ["body"]),
        (b'{"a":1,"a":2}', ["a"]),
        (b'{"a":{"b":[{"c":NaN},{"d":1,"d":2}]}}', ["a.b[0].c", "a.b[1]"]),
        (b'{"parameters":{"a":NaN},"b":NaN}', ["parameters.a", "b"]),
        (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", ["body"]),
    ],
)
def test_what_is_no_json_or_leaves_a_doubt_names_its_field(body: bytes, fields: list[str]) -> None:
    with pytest.raises(InvalidRequest) as raised:
        members_of(body)
    assert [each.field for each in raised.value.details.violations] == fields


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"parameters":{"a":NaN,"b":{"c":-Infinity}}}', ["/a", "/b/c"]),
        (b'{"parameters":{"a":1,"a":2}}', ["/a"]),
        (b'{"parameters":{"a":{"x":1,"x":2}},"view":"FULL"}', ["/a"]),
    ],
)
def test_what_is_wrong_with_arguments_is_told_as_of_arguments(
    body: bytes, fields: list[str]
) -> None:
    with pytest.raises(InvalidParameters) as raised:
        members_of(body)
    assert [each.field for each in raised.value.details.violations] == fields
