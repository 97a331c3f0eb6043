"""RPCs, whatever engine carries them, and what an interceptor is."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import msgspec
from grpc import StatusCode

from facade.errors.fault import Code, Effect, Fault
from facade.errors.service import DeadlineExceeded, Internal
from facade.model import face
from facade.model.access import ANYONE, Identity
from facade.telemetry.spans import Span

PATIENCE = 30.0
"""Seconds that a caller without a deadline may leave the messages of a stream unread."""

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]
"""Keys with their values, which are bytes where the key ends with `-bin`."""


class Context(Protocol):
    """One RPC as an engine carries it."""

    def invocation_metadata(self) -> Metadata:
        """What the caller sent beside the request."""

    def time_remaining(self) -> float | None:
        """Seconds to the caller's deadline, or None for none."""

    def peer(self) -> str:
        """Who calls, as gRPC writes addresses: `ipv4:127.0.0.1:50000`."""

    def peer_names(self) -> tuple[str, ...]:
        """The URIs and DNS names in the certificate that the caller has proved; else none."""

    def send_initial_metadata(self, initial_metadata: Metadata) -> Awaitable[None]:
        """Sends what goes before the answer."""

    async def write(self, message: bytes) -> None:
        """Sends one message of a stream, as soon as there is room for it."""


class Sent(Mapping[str, str]):
    """What a caller sent beside the request, as text by key, read when somebody asks for it.

    Repeats are joined by a comma.
    """

    __slots__ = ("_found", "_metadata")

    def __init__(self, metadata: Metadata) -> None:
        """Takes it as it came."""
        self._metadata = metadata
        self._found: dict[str, str] | None = None

    def __getitem__(self, key: str) -> str:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        if self._found is None:
            texts = [(key, text) for key, text in self._metadata if isinstance(text, str)]
            self._found = face.joined(texts)
        return self._found


class Rpc(msgspec.Struct, kw_only=True):
    """One RPC under way: what its interceptors and its method learn of it, and tell of it."""

    method: str
    """`gateway.v1.GatewayService/ExecuteAction`."""
    path: str = ""
    """The same as the caller wrote it, of a method that has no endpoint of its own."""
    context: Context
    request: bytes = b""
    """As it came, of a method that may answer it again."""
    received: Metadata = ()
    """What the caller sent beside the request, as it came."""
    fields: Mapping[str, str | bytes] = {}
    """The same by key, of repeats the last."""
    peer: str = ""
    """From where, as gRPC writes addresses."""
    identity: Identity = ANYONE
    """Who calls."""
    began: float = 0.0
    """When, by the clock of the interceptors."""
    task: asyncio.Task[Any] | None = None
    """In which it runs."""
    span: Span | None = None
    trace_id: str = ""
    metadata: dict[str, str | bytes] = msgspec.field(default_factory=dict)
    """What goes before the answer, good or bad; empty values do not go."""
    last: tuple[tuple[str, str | bytes], ...] = ()
    """What goes behind it."""
    timings: Mapping[str, float] = {}
    """Seconds that others had the call, by who: `facade`, `backend`."""
    requests: AsyncIterator[bytes] | None = None
    """What the caller sends, where that is a stream."""
    gone: bool = False
    """Whether its caller has gone before its task began."""
    announced: bool = False
    """Whether what goes before the answer has gone."""
    streamed: bool = False
    """Whether a stream is the answer, which has gone when the RPC ends well."""

    def sent(self) -> Sent:
        """What the caller sent beside the request."""
        return Sent(self.received)

    def said(self) -> tuple[tuple[str, str | bytes], ...]:
        """The metadata that has a value."""
        said = self.metadata
        if all(said.values()):
            return tuple(said.items())
        return tuple([each for each in said.items() if each[1]])

    def announce(self) -> Awaitable[None]:
        """Sends the initial metadata, which has not gone yet."""
        self.announced = True
        return self.context.send_initial_metadata(self.said())

    async def send(self, message: bytes) -> None:
        """Sends one message of a stream, when the caller has room for it.

        Raises DeadlineExceeded where a caller without a deadline of its own does not read.
        """
        if not self.announced:
            await self.announce()
        try:
            async with asyncio.timeout(PATIENCE if self.context.time_remaining() is None else None):
                await self.context.write(message)
        except TimeoutError:
            text = f"The caller has read nothing of the stream for {PATIENCE:g} s."
            raise DeadlineExceeded(text, effect=Effect.EXECUTED) from None


Proceed: TypeAlias = Callable[[bytes, Rpc], Awaitable[bytes]]
"""The rest of the chain: takes the request as it came, gives the answer as it goes.

Streams pass it by, through the Rpc: the request is empty where a stream comes in, the answer
where one goes out.
"""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a fault, by the names that `grpc.Status` has."""

    code: StatusCode
    details: str
    trailing_metadata: Metadata = ()
    hold: float = 0.0
    """Seconds until it is sent."""


End: TypeAlias = bytes | Refusal
"""What an RPC ends with: its answer, empty where it was `streamed`, or the status of a fault.

Whoever carries the RPC sends before it `rpc.said()`, unless `rpc.announced`, and nothing where that
is empty and a status follows; behind an answer `rpc.last`. A status has what goes behind it.
"""

Begin: TypeAlias = Callable[[bytes, Rpc], End | Awaitable[End]]
"""Begins an RPC: gives its end where nothing had to be waited for, or else what to await for it.

It is called in the context (`contextvars`) in which the RPC goes on. What it gives to be awaited
must be awaited, in a task that is not cancelled before it has begun to: the RPC has begun, and it
is there that it ends. Only cancellations and bugs are raised; a fault is a status.
"""


class Interceptor(Protocol):
    """One ring of the chain: what is done before every RPC, and after.

    One that has nothing to do inherits `begin`, `start` or `end`, which is not called then.
    """

    def begin(self, rpc: Rpc) -> Awaitable[None] | None:
        """Does its part before the method is called; what has to be awaited, it gives back."""
        del rpc
        return None

    def start(self, rpc: Rpc) -> None:
        """Does its part where the RPC goes on in a task, which is now the current one."""
        del rpc

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Does its part after it, of what has begun; never raises.

        Takes what the rest raised, if anything, and gives it on, or another in its place.
        """
        del rpc
        return error


def told_of(error: BaseException | None) -> tuple[Code, str]:
    """The code and the reason that a caller gets for what ended an RPC."""
    if error is None:
        return Code.OK, ""
    if isinstance(error, Fault):
        return error.status, error.reason
    if isinstance(error, asyncio.CancelledError):
        return Code.CANCELLED, ""
    return Internal.code, Internal.reason


def facts_of(request: Any) -> dict[str, str]:
    """What a request's name says of whom it is about, for the faults that do not say it better."""
    return face.facts_of(getattr(request, "name", "") or getattr(request, "parent", ""))


Door: TypeAlias = Callable[[Metadata, str, float | None], Refusal | None]
"""Gives the status of an RPC that must not begin, by its metadata, peer and remaining seconds.

Of what it turns away nothing else hears.
"""


def open_door(_metadata: Metadata, _peer: str, _left: float | None) -> None:
    """Turns nothing away."""


Paths: TypeAlias = Callable[[], Awaitable[Sequence[str]]]
"""Gives paths of HTTP/2: `/petstore.v1.PetstoreService/GetPet`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A method with the chain before it, for any engine to serve."""

    service: str
    """`gateway.v1.GatewayService`."""
    method: str
    """`ExecuteAction`."""
    incoming: bool
    """Whether the caller sends a stream."""
    begin: Begin
    door: Door = open_door
    paths: Paths | None = None
    """Of what answers all methods without an endpoint: those that are there when a server starts.

    It gives them to an engine that is quicker with what it was told of before.
    """

    @property
    def name(self) -> str:
        """`gateway.v1.GatewayService/ExecuteAction`."""
        return f"{self.service}/{self.method}"
