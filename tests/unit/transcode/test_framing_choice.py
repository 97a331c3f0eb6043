"""Which framing an answer has, and what is asked for."""

from collections.abc import Mapping

import pytest

from facade.model.action import Action, Media, Response, Schema
from facade.model.stream import Framing, Wanted
from facade.transcode.answers import Answers
from facade.transcode.framing.choice import accept_for, choose
from facade.transcode.media_type import parse

EVENTS, LINES, SEQUENCE = Framing.EVENTS, Framing.LINES, Framing.SEQUENCE
ELEMENTS, CHUNKS, AUTO = Framing.ELEMENTS, Framing.CHUNKS, Framing.AUTO


def action(media: Mapping[str, Schema], status: str = "200") -> Action:
    """An action whose answers are declared with media types and the schemas of their items."""
    types = tuple(Media(type=each, item_schema=item) for each, item in media.items())
    response = Response(status=status, media=types)
    return Action(id="a", method="GET", path="/", pointer="", responses=(response,))


@pytest.mark.parametrize(
    ("wanted", "said", "declared", "asked", "framing"),
    [
        (AUTO, "text/event-stream; charset=utf-8", {}, "", EVENTS),
        (AUTO, "application/x-ndjson", {}, "", LINES),
        (AUTO, "application/jsonl", {}, "", LINES),
        (AUTO, "application/json-seq", {}, "", SEQUENCE),
        (AUTO, "application/geo+json-seq", {}, "", SEQUENCE),
        (AUTO, "application/json", {}, "", ELEMENTS),
        (AUTO, "application/vnd.x+json", {"text/event-stream": True}, "", ELEMENTS),
        (AUTO, "text/csv", {}, "", CHUNKS),
        (AUTO, "", {}, "", CHUNKS),
        # what says nothing is what the document says
        (AUTO, "", {"application/jsonl": True}, "", LINES),
        (AUTO, "text/plain", {"text/event-stream": True}, "", EVENTS),
        (AUTO, "application/octet-stream", {"application/json": True}, "", ELEMENTS),
        (AUTO, "text/plain", {"application/json": True, "text/csv": True}, "", CHUNKS),
        # itemSchema makes a sequence of a type that nobody knows (OAS 3.2)
        (AUTO, "application/x-log", {"application/x-log": {}}, "", LINES),
        (AUTO, "application/x-log", {"application/*": {}}, "", LINES),
        (AUTO, "application/x-log", {"application/x-log": True}, "", CHUNKS),
        (AUTO, "image/png", {"image/png": {}}, "", CHUNKS),
        # a stranger where a stream is declared
        (AUTO, "text/html", {"application/jsonl": True}, "", None),
        (AUTO, "text/html", {"application/jsonl": True}, "text/html", CHUNKS),
        (AUTO, "text/html", {"application/jsonl": True, "text/html": True}, "", CHUNKS),
        # the caller's word
        (EVENTS, "text/event-stream", {}, "", EVENTS),
        (EVENTS, "text/plain", {}, "", EVENTS),
        (EVENTS, "", {}, "", EVENTS),
        (EVENTS, "text/html", {}, "", None),
        (EVENTS, "application/json", {}, "", None),
        (LINES, "application/json", {}, "", LINES),
        (SEQUENCE, "application/json", {}, "", SEQUENCE),
        (CHUNKS, "text/event-stream", {}, "", CHUNKS),
    ],
)
def test_a_framing_is_chosen(
    wanted: Framing,
    said: str,
    declared: Mapping[str, Schema],
    asked: str,
    framing: Framing | None,
) -> None:
    expected = Answers(action(declared)).select(200)
    assert choose(wanted, parse(said), expected, asked) is framing


@pytest.mark.parametrize(
    ("wanted", "declared", "status", "accept"),
    [
        (AUTO, {"application/json": True, "text/event-stream": True}, "200", "text/event-stream"),
        (AUTO, {"application/jsonl": True}, "2XX", "application/jsonl"),
        (AUTO, {"application/x-log": {}}, "default", "application/x-log"),
        (AUTO, {"application/json": True}, "200", ""),
        (AUTO, {"text/event-stream": True}, "400", ""),
        (LINES, {"text/event-stream": True, "application/jsonl": True}, "200", "application/jsonl"),
        (SEQUENCE, {"application/jsonl": True}, "200", ""),
        (EVENTS, {"application/json": True}, "200", "text/event-stream"),
        (ELEMENTS, {"application/jsonl": True}, "200", ""),
        (CHUNKS, {"application/jsonl": True}, "200", ""),
    ],
)
def test_the_declared_stream_is_asked_for(
    wanted: Framing, declared: Mapping[str, Schema], status: str, accept: str
) -> None:
    made = accept_for(action(declared, status), Wanted(framing=wanted))
    assert made == (f"{accept}, */*;q=0.1" if accept else "")
