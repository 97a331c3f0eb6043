"""What `portico call --stream` and `--all` print: a line for each item, as soon as it is there."""

import json
from collections.abc import Iterator

from gateway.cli.output import note, show_bytes, show_text
from gateway.cli.session import Metadata, Session
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.paging_pb2 import Paging
from gateway.v1.stream_pb2 import StreamActionRequest, StreamActionResponse, StreamEvent

ONE_LINE = str.maketrans("\r\n", "  ")
"""Line ends stand in JSON only where white space does (RFC 8259 section 7)."""


def messages(
    session: Session,
    call: ExecuteActionRequest,
    pointer: str,
    timeout: float | None,
    paging: Paging | None = None,
    metadata: Metadata = (),
) -> Iterator[StreamActionResponse]:
    """What an action answers message by message, on all pages where they are asked for.

    Prints a failure and exits with 1. `pointer` leads to the array of the items.
    """
    request = StreamActionRequest(
        name=call.name,
        parameters_json=call.parameters_json,
        connection=call.connection,
        subject=call.subject,
        content_type=call.content_type,
        accept=call.accept,
        validate_only=call.validate_only,
        view=call.view,
        elements_pointer="" if paging else pointer,
    )
    if paging is not None:
        request.paging.CopyFrom(paging)
        if pointer:
            request.paging.rule.items_pointer = pointer
    if call.HasField("body"):
        request.body.CopyFrom(call.body)
    with session.telling():
        yield from session.streams.StreamAction(request, timeout=timeout, metadata=metadata)


def print_item(message: StreamActionResponse) -> None:
    """Prints JSON and events in a line each, bytes as they are; says where pages were left out."""
    if message.HasField("chunk"):
        show_bytes(message.chunk)
    elif message.HasField("end"):
        if message.end.more:
            pages = "1 page" if message.end.pages == 1 else f"{message.end.pages} pages"
            note(f"{message.end.items} items of {pages}; there may be more")
    elif message.HasField("event"):
        show_text(_event(message.event), "json")
    else:
        show_text(message.json.translate(ONE_LINE), "json")


def _event(event: StreamEvent) -> str:
    """An event as one JSON object; data that is JSON stays as it was written."""
    members = {"id": event.id} if event.id else {}
    head = json.dumps(members | {"event": event.event}, ensure_ascii=False)
    text = json.dumps(event.text, ensure_ascii=False)
    data = event.json.translate(ONE_LINE) if event.HasField("json") else text
    retry = f', "retry": {event.retry.ToMilliseconds()}' if event.HasField("retry") else ""
    return f'{head[:-1]}, "data": {data}{retry}}}'
