import pytest

from facade.errors.caller import InvalidParameters
from facade.model.action import Action, Body, Media
from facade.transcode.arguments import parse
from facade.transcode.body.body import Wish, options_of, write_body


def sent(media_type: str, text: str) -> tuple[str, bytes] | None:
    body = Body(required=True, media=(Media(type=media_type),))
    action = Action(id="a", method="POST", path="/", pointer="", body=body)
    return write_body(action, parse(f'{{"body":{text}}}'), Wish(), options_of(body))


LINES = ["application/jsonl", "application/x-ndjson", "application/ndjson; charset=utf-8"]


@pytest.mark.parametrize("media_type", LINES)
def test_b10_each_item_is_a_line_in_its_own_bytes(media_type: str) -> None:
    items = '[{"n": 9007199254740993}, 1.50, null, "é", [ 1 ]]'
    lines = '{"n": 9007199254740993}\n1.50\nnull\n"é"\n[ 1 ]\n'
    assert sent(media_type, items) == (media_type, lines.encode())


def test_an_item_that_is_written_over_several_lines_becomes_one() -> None:
    items = '[{\r\n  "a": "x\\ny",\n  "b": [1,\n2]\n}, {}]'
    assert sent("application/jsonl", items) == (
        "application/jsonl",
        b'{  "a": "x\\ny",  "b": [1,2]}\n{}\n',
    )


@pytest.mark.parametrize("media_type", ["application/json-seq", "application/geo+json-seq"])
def test_a_record_begins_with_rs_and_ends_with_a_line_feed(media_type: str) -> None:
    """RFC 7464 section 2.2; white space within a text is its own."""
    assert sent(media_type, '[{\n"a":1}, 2.0]') == (media_type, b'\x1e{\n"a":1}\n\x1e2.0\n')


@pytest.mark.parametrize("media_type", [*LINES, "application/json-seq", "text/event-stream"])
def test_a_string_is_the_whole_text(media_type: str) -> None:
    assert sent(media_type, '"{}\\n{\\n"') == (media_type, b"{}\n{\n")


@pytest.mark.parametrize("text", ["[]", '""'])
def test_nothing_is_an_empty_sequence(text: str) -> None:
    assert sent("application/jsonl", text) == ("application/jsonl", b"")


def test_an_object_alone_is_one_line() -> None:
    assert sent("application/jsonl", '{"a":1}') == ("application/jsonl", b'{"a":1}\n')


def test_events_are_written_field_by_field() -> None:
    """The example of OAS 3.2 section 4.14.3."""
    items = (
        '[{"event":"addString","data":"two\\nlines","retry":5},'
        '{"event":"addJSON","data":{"foo": 42}}, "plain", 7]'
    )
    content_type, data = sent("text/event-stream", items) or ("", b"")
    assert content_type == "text/event-stream"
    assert data == (
        b"event: addString\ndata: two\ndata: lines\nretry: 5\n\n"
        b'event: addJSON\ndata: {"foo": 42}\n\ndata: plain\n\ndata: 7\n\n'
    )


@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        ("application/jsonl", "7"),
        ("application/jsonl", "null"),
        ("text/event-stream", '[{"event":"a\\ndata: b"}]'),
        ("text/event-stream", '[{"x\\ny":"a"}]'),
    ],
)
def test_what_is_no_sequence_is_refused(media_type: str, text: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        sent(media_type, text)
    assert [each.field for each in caught.value.details.violations] == ["/body"]
