"""A client for scripts and notebooks: call an action as one calls a function."""

import json
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from gateway.v1.action_pb2 import Action
from gateway.v1.gateway_pb2 import ExecuteActionRequest, ListActionsRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.paging_pb2 import Paging
from gateway.v1.stream_pb2 import StreamActionRequest, StreamActionResponse
from gateway.v1.stream_pb2_grpc import StreamServiceStub

OPTIONS = (("grpc.max_receive_message_length", 64 * 2**20),)
"""An answer of a backend is larger than the 4 MiB that gRPC takes by default."""


AROUND = frozenset({"head", "end"})
"""The messages of a stream that are no items."""


def shown(channel: grpc.Channel, token: str) -> grpc.Channel:
    """The channel, with a key or a token beside every call; one without either is the same."""
    return grpc.intercept_channel(channel, Shown(token)) if token else channel


class Shown(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Puts what shows who calls beside each call."""

    def __init__(self, token: str) -> None:
        """Takes a key or a token."""
        self._field = ("authorization", f"Bearer {token}")

    def _call(self: Any, proceed: Any, details: Any, request: Any) -> Any:
        metadata = (*(details.metadata or ()), self._field)
        return proceed(details._replace(metadata=metadata), request)

    intercept_unary_unary: Any = _call
    intercept_unary_stream: Any = _call
    intercept_stream_unary: Any = _call
    intercept_stream_stream: Any = _call


class CallError(Exception):
    """A call that failed, with what the gateway says of it."""

    def __init__(self, error: grpc.RpcError) -> None:
        """Reads the error's code, message and details."""
        self.code: str = error.code().name
        self.message: str = error.details() or ""
        status = rpc_status.from_call(error) or Status()
        info, bad = ErrorInfo(), BadRequest()
        for detail in status.details:
            detail.Unpack(info)
            detail.Unpack(bad)
        self.reason: str = info.reason
        """Of docs/errors.md; empty where no gateway answered."""
        self.metadata: dict[str, str] = dict(info.metadata)
        """connector, version, action, httpStatus, outcome, attempts, traceId."""
        self.violations: dict[str, str] = {
            each.field: each.description for each in bad.field_violations
        }
        """What is wrong, by field."""
        super().__init__(f"{self.code} {self.reason}: {self.message}")


class Client:
    """Calls actions through a gateway; synchronous, for one thread or many.

    with Client("localhost:50051") as client:
        client.execute("petstore/getPetById", petId=7)
    """

    def __init__(
        self,
        target: str = "localhost:50051",
        *,
        timeout: float = 30.0,
        credentials: grpc.ChannelCredentials | None = None,
        channel: grpc.Channel | None = None,
        token: str = "",
    ) -> None:
        """Takes the address, the seconds for each call, and TLS; or a channel made elsewhere.

        `token`: the key or the token that shows who calls.
        """
        if channel is None:
            channel = (
                grpc.insecure_channel(target, OPTIONS)
                if credentials is None
                else grpc.secure_channel(target, credentials, OPTIONS)
            )
        self._channel = channel
        channel = shown(channel, token)
        self._stub = GatewayServiceStub(channel)
        self._streams = StreamServiceStub(channel)
        self._timeout = timeout

    def execute(self, name: str, /, **arguments: Any) -> Any:
        """Calls an action and gives what it answered: JSON as Python has it, else bytes, or None.

        `name`: `CONNECTOR/ACTION` for the live version, or the whole resource name. Raises
        CallError.
        """
        request = ExecuteActionRequest(
            name=_full(name), parameters_json=json.dumps(arguments, allow_nan=False)
        )
        try:
            response = self._stub.ExecuteAction(request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise CallError(error) from None
        if response.HasField("json"):
            return json.loads(response.json)
        return response.body.data if response.HasField("body") else None

    def stream(self, name: str, elements: str = "", /, **arguments: Any) -> Iterator[Any]:
        """Calls an action and gives what it answers item by item, for as long as it takes.

        JSON comes as Python has it, events as dicts of `id`, `event` and `data`, else bytes.
        `elements`: a JSON pointer to the array within the answer whose elements are the items.
        Raises CallError behind the last item that came.
        """
        request = StreamActionRequest(
            name=_full(name),
            parameters_json=json.dumps(arguments, allow_nan=False),
            elements_pointer=elements,
        )
        yield from self._items(request)

    def pages(self, name: str, max_pages: int = 100, /, **arguments: Any) -> Iterator[Any]:
        """Calls an action page after page, as its items are taken, and gives them one by one.

        Ends at the last page, or after so many of them. Raises CallError behind the last item
        that came.
        """
        request = StreamActionRequest(
            name=_full(name),
            parameters_json=json.dumps(arguments, allow_nan=False),
            paging=Paging(max_pages=max_pages),
        )
        yield from self._items(request)

    def _items(self, request: StreamActionRequest) -> Iterator[Any]:
        call = self._streams.StreamAction(request)
        try:
            yield from (_item(each) for each in call if each.WhichOneof("message") not in AROUND)
        except grpc.RpcError as error:
            raise CallError(error) from None
        finally:
            call.cancel()

    def list_actions(self, parent: str, /, filter: str = "") -> Iterator[Action]:  # noqa: A002
        """The actions of a connector, or of `connectors/…/versions/…`; raises CallError."""
        whole = parent if parent.startswith("connectors/") else f"connectors/{parent}/versions/live"
        token = ""
        while True:
            request = ListActionsRequest(parent=whole, filter=filter, page_token=token)
            try:
                page = self._stub.ListActions(request, timeout=self._timeout)
            except grpc.RpcError as error:
                raise CallError(error) from None
            yield from page.actions
            token = page.next_page_token
            if not token:
                return

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _full(name: str) -> str:
    if name.startswith("connectors/"):
        return name
    connector, _, action = name.partition("/")
    return f"connectors/{connector}/versions/live/actions/{action}"


def _item(message: StreamActionResponse) -> Any:
    if message.HasField("chunk"):
        return message.chunk
    if not message.HasField("event"):
        return json.loads(message.json)
    event = message.event
    data = json.loads(event.json) if event.HasField("json") else event.text
    return {"id": event.id, "event": event.event, "data": data}
