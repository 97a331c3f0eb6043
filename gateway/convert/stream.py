"""StreamService's messages to a call and what is wanted of its stream, and items to messages."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import structs

from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation
from facade.model.call import Call, Form, Outcome, Upload
from facade.model.face import unbounded
from facade.model.paging import Ending, Paging
from facade.model.stream import Chunk, Element, Event, Framing, Item, Opening, Wanted
from facade.model.wanted import stream_problems, tokens_of
from gateway.convert.answer import exchange_to
from gateway.convert.call import NOTHING, call_from
from gateway.convert.paging import paging_from, paging_problems, rule_to
from gateway.convert.value_writer import JsonPlace, ValueWriter
from gateway.convert.wire import framed
from gateway.v1 import gateway_pb2, stream_pb2

FRAMINGS: Mapping["stream_pb2.Framing.ValueType", Framing] = MappingProxyType(
    {
        stream_pb2.FRAMING_UNSPECIFIED: Framing.AUTO,
        stream_pb2.FRAMING_AUTO: Framing.AUTO,
        stream_pb2.FRAMING_EVENTS: Framing.EVENTS,
        stream_pb2.FRAMING_LINES: Framing.LINES,
        stream_pb2.FRAMING_SEQUENCE: Framing.SEQUENCE,
        stream_pb2.FRAMING_ELEMENTS: Framing.ELEMENTS,
        stream_pb2.FRAMING_CHUNKS: Framing.CHUNKS,
    }
)

NUMBERS: Mapping[Framing, "stream_pb2.Framing.ValueType"] = MappingProxyType(
    {framing: number for number, framing in FRAMINGS.items()}
)

APART = ("elements_pointer", "last_event_id", "reconnect")
"""What says how the one answer is taken apart."""

EVENT, CHUNK = b"\x12", b"\x2a"
"""The tags of StreamActionResponse's fields."""
ELEMENT = JsonPlace(value=b"\x1a", text=b"\x22", level=1)
EVENT_DATA = JsonPlace(value=b"\x2a", text=b"\x22", level=2)


def stream_from(
    request: stream_pb2.StreamActionRequest,
    remaining: float | None,
    trace_id: str,
    metadata: Mapping[str, str] = NOTHING,
    tenant: str = "",
) -> tuple[Call, Wanted | Paging]:
    """The call that a request asks for, and what is wanted of its stream or its pages.

    `remaining`: the seconds until the caller's deadline, which may be hours. Raises
    DeadlineExceeded where it has passed, InvalidRequest, InvalidParameters.
    """
    problems = [*_problems(request), *_paging_problems(request)]
    try:
        call = call_from(_executed(request), remaining, trace_id, metadata, tenant)
    except InvalidRequest as fault:
        raise invalid(*problems, *fault.details.violations) from None
    if problems:
        raise invalid(*problems)
    call = unbounded(call, remaining)
    if request.HasField("paging"):
        return call, paging_from(request.paging)
    return call, Wanted(
        framing=FRAMINGS[request.framing],
        path=tokens_of(request.elements_pointer),
        last_event_id=request.last_event_id,
        reconnect=request.reconnect,
    )


def upload_from(
    head: stream_pb2.UploadHead,
    remaining: float | None,
    trace_id: str,
    metadata: Mapping[str, str] = NOTHING,
    tenant: str = "",
) -> Call:
    """The call of an upload; raises what `stream_from` raises."""
    problems = []
    if head.call.body.data:
        description = "must be empty: the data follows in chunks"
        problems.append(Violation(field="head.call.body.data", description=description))
    if head.call.request_id:
        description = "must be empty: an upload is read once, so it cannot be compared"
        problems.append(Violation(field="head.call.request_id", description=description))
    if head.size < 0:
        problems.append(Violation(field="head.size", description="must not be negative"))
    if problems:
        raise invalid(*problems)
    call = call_from(head.call, remaining, trace_id, metadata, tenant)
    return unbounded(
        structs.replace(call, upload=call.upload or Upload(content_type="", data=b"")), remaining
    )


def message_from(each: Opening | Item | Ending, call: Call, writer: ValueWriter) -> bytes:
    """What comes of a stream as a StreamActionResponse, JSON in the form of the call's input.

    JSON that no Value can carry comes as `json` whatever the form.
    """
    match each:
        case Element():
            return writer.put(each.json, ELEMENT, as_text=call.form is Form.JSON)
        case Chunk():
            return framed(CHUNK, each.data)
        case Event():
            return framed(EVENT, _event(each, call, writer))
    message = stream_pb2.StreamActionResponse()
    if isinstance(each, Opening):
        _put_head(message.head, each, full=call.full_view)
    else:
        message.end.pages, message.end.items = each.pages, each.items
        message.end.more = each.more
    return message.SerializeToString()


def _executed(request: stream_pb2.StreamActionRequest) -> gateway_pb2.ExecuteActionRequest:
    """The part of a request that is as ExecuteAction's."""
    made = gateway_pb2.ExecuteActionRequest(
        name=request.name,
        connection=request.connection,
        subject=request.subject,
        content_type=request.content_type,
        accept=request.accept,
        validate_only=request.validate_only,
        view=request.view,
    )
    if request.HasField("parameters_json"):
        made.parameters_json = request.parameters_json
    elif request.HasField("parameters"):
        made.parameters.CopyFrom(request.parameters)
    if request.HasField("body"):
        made.body.CopyFrom(request.body)
    return made


def _problems(request: stream_pb2.StreamActionRequest) -> Iterator[Violation]:
    """What contradicts itself, or is no value of its field."""
    framing = FRAMINGS.get(request.framing)
    if framing is None:
        yield Violation(field="framing", description=f"{request.framing} is none of its values")
    yield from stream_problems(
        framing,
        request.elements_pointer,
        request.last_event_id,
        reconnect=request.reconnect,
    )


def _paging_problems(request: stream_pb2.StreamActionRequest) -> Iterator[Violation]:
    """What a walk over pages cannot be, or stands beside it in vain."""
    if not request.HasField("paging"):
        return
    yield from paging_problems(request.paging)
    given = [field for field in APART if getattr(request, field)]
    if FRAMINGS.get(request.framing) is not Framing.AUTO:
        given.append("framing")
    for field in given:
        yield Violation(field=field, description="is for one answer, not for `paging`")


def _put_head(head: stream_pb2.StreamHead, opening: Opening, *, full: bool) -> None:
    told = exchange_to(Outcome(exchange=opening.exchange))
    head.http_status = told.http_status
    head.headers.update(told.response_headers)
    head.content_type = opening.content_type
    if told.http_status:
        head.framing = NUMBERS[opening.framing]
    head.warnings.extend(opening.exchange.warnings)
    if opening.rule:
        head.paging.CopyFrom(rule_to(opening.rule))
    if full:
        head.exchange.CopyFrom(told)


def _event(event: Event, call: Call, writer: ValueWriter) -> bytes:
    """A StreamEvent, its data last."""
    message = stream_pb2.StreamEvent(id=event.id, event=event.type)
    if event.retry is not None:
        message.retry.FromMilliseconds(event.retry)
    if not event.is_json:
        message.text = event.data
        return message.SerializeToString()
    data = writer.put(event.data.encode(), EVENT_DATA, as_text=call.form is Form.JSON)
    return message.SerializeToString() + data
