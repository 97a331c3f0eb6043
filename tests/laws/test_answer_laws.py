"""Laws of answers: what may come of any bytes, names that stand twice, and sequences of JSON."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.backend import BackendFault
from facade.model.action import Action, Media, Response
from facade.model.call import Exchange, Outcome, Plan, Reply
from facade.model.policy import Policy, ResponseValidation
from facade.transcode.answers import Answers
from facade.transcode.check import check
from facade.transcode.decode import decode
from facade.transcode.json_sequence import LINE, to_array
from facade.transcode.json_text import is_json, repeats_names
from tests.fakes import a_plan, a_version

TEXT = st.text(st.sampled_from('a:"\\{}[],\n\u00e9\u003a '), max_size=6)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
STYLES = st.sampled_from(
    [
        {},
        {"indent": 1},
        {"separators": (" , ", " : ")},
        {"ensure_ascii": False},
    ]
)


@given(VALUES, STYLES)
def test_what_a_writer_wrote_repeats_no_name(value: Any, style: dict[str, Any]) -> None:
    text = json.dumps(value, **style)
    assert not repeats_names(text.encode(), json.loads(text))


@given(VALUES, st.dictionaries(TEXT, VALUES, min_size=1, max_size=3), STYLES, st.data())
def test_a_name_that_is_written_again_is_found(
    around: Any, members: dict[str, Any], style: dict[str, Any], data: st.DataObject
) -> None:
    again = json.dumps(data.draw(st.sampled_from(sorted(members))))
    inner = json.dumps(members, **style).rstrip()[:-1]
    text = f"[{json.dumps(around)}, {inner}, {again} : 0}}]"
    assert repeats_names(text.encode(), json.loads(text))


@given(st.lists(VALUES, max_size=5))
def test_values_in_lines_are_the_array_of_them(values: list[Any]) -> None:
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in values)
    array = to_array(lines, LINE)
    assert array is not None
    assert orjson.loads(array) == [orjson.loads(json.dumps(each)) for each in values]


PIECES = st.sampled_from(
    [
        *(b"{", b"}", b"[", b"]", b'"', b":", b",", b"1", b"1e999", b"-0", b"null", b'{"a":1}'),
        *(b"\\u", b"d800", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\xe9", b"\n", b"\x1e", b" "),
        *(b"<a>", b"</a>", b"<!DOCTYPE", b"<![CDATA[", b"&x;", b"<message>"),
    ]
)
BODIES = st.lists(PIECES, max_size=8).map(b"".join) | st.binary(max_size=40)
TYPES = st.sampled_from(
    [
        *("application/json", "application/problem+json", "text/plain", "text/html", "*/*", ""),
        *("application/xml", "application/x-ndjson", "application/json-seq", "image/png", ";;"),
    ]
)
CHARSETS = st.sampled_from(["", "utf-8", "utf-16", "latin-1", "shift_jis", "idna", "utf-7", '"'])
SCHEMA = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}


def outcome_of(plan: Plan, reply: Reply) -> Outcome | BackendFault:
    exchange = Exchange(method="GET", uri="", request_headers=())
    try:
        check(plan, reply)
        return decode(plan, reply, exchange, (), Answers(plan.action), seen=True)
    except BackendFault as fault:
        return fault


@given(
    BODIES,
    TYPES,
    CHARSETS,
    st.lists(TYPES.filter(bool), max_size=3, unique=True),
    st.sampled_from(ResponseValidation),
    st.sampled_from([200, 204, 206, 302, 404, 500, 600]),
)
def test_any_bytes_are_an_output_or_a_fault_of_the_backends(
    body: bytes,
    said: str,
    charset: str,
    declared: list[str],
    mode: ResponseValidation,
    status: int,
) -> None:
    media = tuple(Media(type=each, schema=SCHEMA) for each in declared)
    responses = (Response(status="2XX", media=media),)
    action = Action(id="a", method="GET", path="/", pointer="", responses=responses)
    version = a_version(policy=Policy(response_validation=mode))
    plan = a_plan("http://h", action=action, version=version)
    content_type = f"{said}; charset={charset}" if charset else said
    reply = Reply(status=status, headers=(("content-type", content_type),), body=body)
    told = outcome_of(plan, reply)
    if isinstance(told, BackendFault):
        assert told.message.isprintable()
        return
    assert told.json is None or is_json(told.json)
    assert told.body in (None, body)
    assert all(each.isprintable() for each in told.exchange.warnings)
