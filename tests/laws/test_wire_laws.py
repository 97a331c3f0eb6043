"""What is written by hand is what the protobuf library writes."""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Value
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.caller import InvalidRequest
from facade.model.call import Call, Exchange, Form, Outcome
from facade.model.names import ActionName
from facade.model.stream import Chunk, Element, Event
from gateway.convert.answer import exchange_to, response_from
from gateway.convert.stream import message_from
from gateway.convert.value_writer import JsonPlace, ValueWriter
from gateway.convert.wire import framed
from gateway.status import to_status
from gateway.v1 import gateway_pb2 as pb
from gateway.v1 import stream_pb2

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=40,
)
SIZES = st.sampled_from([0, 1, 127, 128, 16_383, 16_384, 70_000])
as_is = partial(json.dumps, ensure_ascii=False)
WRITER = ValueWriter()
"""One for all examples: what it has learnt must not show."""
TRACE = "ab" * 16
NAME = ActionName("pets", "live", "get")
EXCHANGE = Exchange(method="GET", uri="u", request_headers=(("a", "b"),), trace_id=TRACE)
OUTPUT = JsonPlace(value=b"\x0a", text=b"\x12", level=1)


@given(TREES, st.sampled_from([None, 1]), st.sampled_from([json.dumps, as_is]))
def test_json_is_the_value_that_protobufs_own_converter_makes(
    tree: Any, indent: int | None, dumps: Callable[..., str]
) -> None:
    text = dumps(tree, indent=indent)
    wire = WRITER.put(text.encode(), OUTPUT, as_text=False)
    assert pb.ExecuteActionResponse.FromString(wire).value == json_format.Parse(text, Value())


@given(st.integers(), st.integers(0, 10**9), st.sampled_from(["{}", "[{}]", '{{"a": {}}}']))
def test_an_integer_is_a_value_where_it_comes_back_from_a_double(
    whole: int, more: int, around: str
) -> None:
    number = whole * 10**9 + more
    text = around.format(number)
    answer = pb.ExecuteActionResponse.FromString(WRITER.put(text.encode(), OUTPUT, as_text=False))
    assert answer.WhichOneof("output") == (
        "value" if Decimal(repr(float(number))) == number else "json"
    )


@given(SIZES, st.binary(max_size=3), TEXTS)
def test_a_field_is_framed_as_the_library_does(size: int, data: bytes, text: str) -> None:
    data *= size
    body = HttpBody(content_type=text * 2 + "x", data=data + b"x")
    content_type, data = body.content_type.encode(), body.data
    assert framed(b"\x0a", content_type) + framed(b"\x12", data) == body.SerializeToString()


OUTCOMES = st.one_of(
    st.builds(
        lambda text, size: Outcome(json=json.dumps(text * size).encode(), exchange=EXCHANGE),
        TEXTS,
        SIZES,
    ),
    st.builds(
        lambda data, size, kind: Outcome(body=data * size, content_type=kind, exchange=EXCHANGE),
        st.binary(max_size=3),
        SIZES,
        TEXTS,
    ),
    st.just(Outcome(exchange=EXCHANGE)),
    st.just(Outcome(exchange=EXCHANGE, fault=InvalidRequest("no"))),
)


@given(OUTCOMES, st.sampled_from([pb.EXECUTION_VIEW_BASIC, pb.EXECUTION_VIEW_FULL]))
def test_an_answer_is_byte_for_byte_what_the_library_writes(outcome: Outcome, view: Any) -> None:
    full = view == pb.EXECUTION_VIEW_FULL
    request = pb.ExecuteActionRequest(parameters_json="{}", view=view)
    expected = pb.ExecuteActionResponse(exchange=exchange_to(outcome) if full else None)
    if outcome.fault is not None:
        expected.error.CopyFrom(to_status(outcome.fault, TRACE))
    elif outcome.json is not None:
        expected.json = outcome.json.decode()
    elif outcome.body is not None:
        body = HttpBody(content_type=outcome.content_type, data=outcome.body)
        expected.body.CopyFrom(body)
    written = response_from(outcome, request, TRACE, WRITER)
    assert written == expected.SerializeToString(deterministic=True)


@given(TREES, TEXTS, TEXTS, st.none() | st.integers(0, 10**6), st.sampled_from(Form))
def test_items_of_a_stream_are_what_the_library_writes(
    tree: Any, id_: str, type_: str, retry: int | None, form: Form
) -> None:
    text = json.dumps(tree)
    call = Call(name=NAME, arguments={}, form=form)
    element = stream_pb2.StreamActionResponse()
    event = stream_pb2.StreamActionResponse()
    event.event.id, event.event.event = id_, type_
    if retry is not None:
        event.event.retry.FromMilliseconds(retry)
    for message in (element, event.event):
        if form is Form.JSON:
            message.json = text
        else:
            json_format.Parse(text, message.value)
    items = {
        message_from(Element(json=text.encode()), call, WRITER): element,
        message_from(
            Event(id=id_, type=type_, data=text, is_json=True, retry=retry), call, WRITER
        ): event,
        message_from(Chunk(data=text.encode()), call, WRITER): stream_pb2.StreamActionResponse(
            chunk=text.encode()
        ),
    }
    for wire, message in items.items():
        assert stream_pb2.StreamActionResponse.FromString(wire) == message
