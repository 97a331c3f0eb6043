"""Channel: one connection to a backend, on which one answer cannot spoil another."""

import asyncio
import re
import select
from typing import Any

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler

HEAD_BYTES = 64 * 1024
HEAD_FIELDS = 200
INTERIM = 10
"""Answers of 1xx before the final one."""
LIFE = 300.0
"""Seconds after which a connection takes no more requests."""

_END = b"\r\n\r\n"
"""What a chunked body ends with, and nothing that follows it and is incomplete does."""

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class HeadTooLarge(httpx.RemoteProtocolError):
    """The head of an answer is beyond the limits."""


class Channel(ResponseHandler):
    """One connection; aiohttp's parser, fed so that one answer cannot spoil another.

    aiohttp parses a segment as a whole: what follows an answer in the same
    segment makes it forget that answer, or keeps it as the answer to the next
    request. So each head is fed alone, and what follows an answer is dropped
    with the connection.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._heads = 0
        self._fed = 0
        self._overlap = b""
        self._silent = False
        self._answered = True
        self._rest: int | None = None
        self._last = b""
        self._dies = loop.time() + LIFE

    @property
    def stale(self) -> bool:
        """Whether a connection that was used before is not fit for another request.

        A readable idle socket holds an end of stream or bytes that nobody asked for.
        """
        if not self._heads or self.transport is None:
            return False
        if self.should_close or self._loop.time() > self._dies:
            return True
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def set_response_params(self, **params: Any) -> None:
        """Makes ready for one answer."""
        self._heads = self._fed = 0
        self._overlap = b""
        self._silent = params["skip_payload"]
        self._answered = False
        self._rest = None
        self._last = b""
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Feeds heads one by one, and the rest as the body of the last."""
        while data and not self._answered and self._exception is None:
            end = self._end_of_head(data)
            self._fed += end
            if self._fed > HEAD_BYTES:
                self._break_off(HeadTooLarge("head"))
                return
            super().data_received(data[:end])
            data = data[end:]
        if self._answered and self._exception is None:
            self._body_received(data)

    def _body_received(self, data: bytes) -> None:
        if self._rest is not None:
            surplus = data[self._rest :]
            data = data[: self._rest]
            self._rest -= len(data)
            if surplus:
                self._hang_up()
        payload = self._payload
        if data and payload is not None and payload.is_eof():
            self._hang_up()
            return
        super().data_received(data)
        if self._rest is None:
            self._check_end(data)
        if self._exception is not None and payload is not None and not payload.is_eof():
            payload.set_exception(httpx.RemoteProtocolError("body"))

    def _check_end(self, data: bytes) -> None:
        """Hangs up where something follows a chunked body, of which the parser does not tell."""
        self._last = (self._last + data[-len(_END) :])[-len(_END) :]
        payload = self._payload
        if payload is not None and payload.is_eof() and self._last != _END:
            self._hang_up()

    def feed_data(self, data: tuple[Any, aiohttp.StreamReader], size: int = 0) -> None:
        """Takes an answer from the parser: interim, final, or one too many."""
        message = data[0]
        framing = message.headers.get("transfer-encoding", "chunked").strip().lower()
        self._heads += 1
        if self._answered:
            self._hang_up()
        elif len(message.raw_headers) > HEAD_FIELDS:
            self._break_off(HeadTooLarge("fields"))
        elif framing != "chunked" or self._heads > INTERIM + 1:
            self._break_off(httpx.RemoteProtocolError("head"))
        elif message.code == 101 or not 100 <= message.code < 200:
            self._answered = True
            length = message.headers.get("content-length")
            self._rest = int(length) if length else None
            if self._silent or message.code in {204, 304}:
                self._rest = 0
            super().feed_data(data, size)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Lets a reset be seen in a body that would end with the connection."""
        if exc is not None and self._payload is not None and not self._payload.is_eof():
            self._payload.set_exception(httpx.ReadError("reset"))
        super().connection_lost(exc)

    def _end_of_head(self, data: bytes) -> int:
        """How many bytes still belong to the head; an end may span two segments."""
        found = _END_OF_HEAD.search(self._overlap + data)
        if found is None:
            self._overlap = (self._overlap + data)[-3:]
            return len(data)
        end = found.end() - len(self._overlap)
        self._overlap = b""
        return end

    def _break_off(self, error: httpx.RemoteProtocolError) -> None:
        self._hang_up()
        self.set_exception(error)

    def _hang_up(self) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.close()
