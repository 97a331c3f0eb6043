"""Session: one connection to a backend that carries many calls at once (RFC 9113)."""

import asyncio
import select
from collections.abc import Callable
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    WindowUpdated,
)
from h2.exceptions import H2Error, StreamClosedError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame, GoAwayFrame

from facade.channel import LIFE
from facade.errors.backend import BackendTimeout
from facade.errors.fault import Effect, Fault
from facade.failure import broken, cut_off, hung_up, unspoken
from facade.http1.answer import HEAD_BYTES
from facade.http2.fields import Fields
from facade.http2.stream import Stream
from facade.line import AHEAD
from facade.network.dialer import FAREWELL

QUIET = 5.0
"""Seconds without a byte, while an answer is waited for, after which the backend is asked whether
it still is there, and after which without a word it is not."""

WINDOW = 2**23
"""Bytes of all answers together that are read ahead: those of 64 streams."""

CHATTER = 128 * 1024
"""Bytes that may come one after another without any of an answer: more than a head may have."""

MAX_DECODED_HEAD = 4 * HEAD_BYTES
"""Bytes to which a head may unpack, before it is a bomb that ends the connection."""

FIRST = frozenset({b"", b"\x04"})
"""The type of the first frame, if it has come yet: SETTINGS (section 3.4)."""

PROBE = b"portico?"
"""What the backend is to say again."""

SETTINGS = {
    SettingCodes.ENABLE_PUSH: 0,
    SettingCodes.INITIAL_WINDOW_SIZE: AHEAD,
    SettingCodes.MAX_HEADER_LIST_SIZE: HEAD_BYTES,
}


class Machine(H2Connection):
    """h2's state of a connection, in which streams go on after GOAWAY (section 6.8)."""

    def __init__(self) -> None:
        # What a head may hold is judged for each stream alone, in `fields.py`.
        super().__init__(
            H2Configuration(
                client_side=True,
                header_encoding=None,
                validate_inbound_headers=False,
                normalize_inbound_headers=False,
                validate_outbound_headers=False,
            )
        )
        self.local_settings = Settings(client=True, initial_values=SETTINGS)
        del self.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]
        self.decoder.max_header_list_size = MAX_DECODED_HEAD

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        """Leaves the state as it was: h2 takes GOAWAY for the end of all streams."""
        state = self.state_machine.state
        told = super()._receive_goaway_frame(frame)
        self.state_machine.state = state
        return told


class Session(asyncio.Protocol):
    """One connection and its streams; no more of them than the backend allows.

    What breaks HTTP/2 ends all of it, what one stream does wrong that stream alone. It has one
    timer: for the silence of the backend while there are streams, for idleness while there are
    none.
    """

    def __init__(self, lost: Callable[["Session"], None], *, secure: bool) -> None:
        """Takes who is told of its end, and whether it is under TLS."""
        self._loop = asyncio.get_running_loop()
        self._lost = lost
        self._machine = Machine()
        self._streams: dict[int, Stream] = {}
        self._places = 0
        """Streams that are somebody's, those that have not begun with them."""
        self._dies = self._loop.time() + LIFE
        self._heard = self._loop.time()
        self._chatter = 0
        self._probed: float | None = None
        """When the backend was asked whether it is there; None: it has spoken since."""
        self._draining = False
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._poll = select.poll()
        self._settled: asyncio.Future[None] = self._loop.create_future()
        self._reason: Exception | None = None
        self._fouled = False
        """Whether it ended by what the backend did wrong."""
        self.scheme = b"https" if secure else b"http"
        self.closed = False

    @property
    def calls(self) -> int:
        """How many calls are on it."""
        return self._places

    @property
    def room(self) -> int:
        """How many more calls may have a stream of it.

        None while it is silent, nor where it is idle and something came that the loop has not
        told of: that may be its end.
        """
        if (
            self.closed
            or self._draining
            or self._probed is not None
            or self._loop.time() > self._dies
        ):
            return 0
        if not self._places and self._poll.poll(0):
            return 0
        return self.allowed - self._places

    @property
    def allowed(self) -> int:
        """How many calls the backend lets on it at once."""
        return self._machine.remote_settings.max_concurrent_streams

    def stream(self) -> Stream:
        """A stream for a call, where there is room; to be released."""
        self._places += 1
        return Stream(self, self._loop)

    async def ready(self) -> None:
        """Waits for the backend's settings: before them nobody knows what it allows.

        Raises BackendBadResponse where it speaks something else, and BackendTls and
        BackendUnavailable where it hangs up.
        """
        await self._settled
        if self.closed:
            raise unspoken() if self._fouled else self.ending(begun=False)

    def begin(self, stream: Stream, fields: Fields, *, ends: bool) -> None:
        """Sends the head of a request, and numbers the stream."""
        number = stream.number = self._machine.get_next_available_stream_id()
        self._machine.send_headers(number, fields, end_stream=ends)
        self._flush()
        if not self._streams:
            self._heard = stream.asked
            self._ring_at(self._heard + QUIET)
        self._streams[number] = stream

    def send(self, number: int, data: memoryview, *, ends: bool) -> int:
        """Sends as much of a body as the windows have room for (section 6.9)."""
        machine, sent = self._machine, 0
        while sent < len(data) and not self._paused:
            room = min(machine.local_flow_control_window(number), machine.max_outbound_frame_size)
            piece = data[sent : sent + max(room, 0)]
            if not piece:
                break
            sent += len(piece)
            machine.send_data(number, piece, end_stream=ends and sent == len(data))
            self._chatter = 0
            self._flush()
        return sent

    def finish(self, number: int) -> None:
        """Ends a request."""
        self._machine.end_stream(number)
        self._flush()

    def acknowledge(self, number: int, size: int) -> None:
        """Opens the windows by what was read."""
        if not self.closed:
            self._machine.acknowledge_received_data(size, number)
            self._flush()

    def reset(self, stream: Stream) -> None:
        """Ends a stream (section 5.4.2); after a silence asks whether the backend is there."""
        if self.closed or not stream.number:
            return
        try:
            self._machine.reset_stream(stream.number, ErrorCodes.CANCEL)
        except StreamClosedError:
            return
        if isinstance(stream.failure, BackendTimeout) and self._heard <= stream.asked:
            self._probe()
        self._flush()

    def left(self, stream: Stream, due: float) -> None:
        """Counts a stream no more; the last one leaves the connection idle."""
        self._places -= 1
        self._streams.pop(stream.number, None)
        if self._places or self.closed:
            return
        if self._draining or self._loop.time() > self._dies:
            self.close()
        else:
            self._ring_at(due)

    def ending(self, *, begun: bool) -> Fault:
        """What its end means for an answer."""
        if self._fouled:
            return broken(Effect.EXECUTED if begun else Effect.UNKNOWN)
        return cut_off() if begun else hung_up(self._reason)

    def close(self) -> None:
        """Says farewell (section 6.8), and ends the connection."""
        if not self.closed:
            self._machine.close_connection()
            self._flush()
            self._end()

    def abort(self) -> None:
        """Ends it at once."""
        self._end(abrupt=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to speak (section 3.4)."""
        self._transport = cast(asyncio.Transport, transport)
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._machine.initiate_connection()
        self._machine.increment_flow_control_window(WINDOW)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Tells the streams what came for them."""
        if self.closed:
            return
        if not self._chatter and not self._settled.done() and data[3:4] not in FIRST:
            self._foul()
            return
        self._heard, self._probed = self._loop.time(), None
        self._chatter += len(data)
        try:
            for event in self._machine.receive_data(data):
                self._take(event)
        except H2Error:
            self._foul()
            return
        if self._chatter > CHATTER:
            self._machine.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            self._foul()
        self._flush()

    def eof_received(self) -> None:
        """Takes the end of what comes for the end of the connection."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what is under way."""
        self._reason = self._reason or exc
        self._end()
        self._lost(self)

    def pause_writing(self) -> None:
        """Stops the bodies of requests."""
        self._paused = True

    def resume_writing(self) -> None:
        """Goes on with them."""
        self._paused = False
        self._push()

    def _take(self, event: Event) -> None:
        match event:
            case WindowUpdated():
                self._push()
            case RemoteSettingsChanged():
                self._settle()
                self._push()
            case ConnectionTerminated(last_stream_id=last):
                self._drain(last or 0)
            case _:
                stream = self._streams.get(getattr(event, "stream_id", 0))
                if stream is not None:
                    self._tell(stream, event)

    def _tell(self, stream: Stream, event: Event) -> None:
        if isinstance(event, ResponseReceived | DataReceived | StreamEnded):
            self._chatter = 0
        try:
            stream.hear(event)
        except Fault as fault:
            stream.fail(fault)

    def _push(self) -> None:
        """Sends what there is of bodies."""
        for stream in tuple(self._streams.values()):
            stream.push()

    def _settle(self) -> None:
        if not self._settled.done():
            self._settled.set_result(None)

    def _drain(self, last: int) -> None:
        """Takes no more calls (section 6.8); what the backend has not seen may go elsewhere."""
        self._draining = True
        for number, stream in tuple(self._streams.items()):
            if number > last:
                stream.refuse()
        if not self._places:
            self.close()

    def _foul(self) -> None:
        """Ends it for what the backend did, and tells it so."""
        self._fouled = True
        self._flush()
        self._end()

    def _end(self, *, abrupt: bool = False) -> None:
        if self.closed:
            return
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        for stream in tuple(self._streams.values()):
            stream.cut(self.ending(begun=stream.begun))
        self._settle()
        if abrupt:
            self._transport.abort()
        else:
            self._transport.close()
            self._loop.call_later(FAREWELL, self._transport.abort)

    def _flush(self) -> None:
        data = self._machine.data_to_send()
        if data:
            self._transport.write(data)

    def _probe(self) -> None:
        """Asks the backend whether it is there (section 6.7)."""
        if self._probed is None:
            self._probed = self._loop.time()
            self._machine.ping(PROBE)
            self._flush()

    def _ring_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._loop.time()
        silent = (self._heard if self._probed is None else self._probed) + QUIET
        if not self._places:
            self.close()
        elif now < silent:
            self._ring_at(silent)
        elif self._probed is None:
            self._probe()
            self._ring_at(now + QUIET)
        else:
            self._end(abrupt=True)
