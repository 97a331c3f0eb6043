"""A static HTTP backend, as cheap as Python has it: the answer's size stands in the path.

The first item of an answer has the number that the path ends with, so that no answer fits another
call. What is put is left unread. Whoever posts gets a token.
"""

import asyncio
import re
from typing import ClassVar

import uvloop

FIRST = 10**15
"""Numbers of items begin here: all have as many digits, and a double holds them exactly."""
SIZES = (200, 1_000, 2_000, 50_000)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%b\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
REST = b',"name":"Rex","status":"available","tags":["a","b"]}'
ITEM = b'{"id":%d' % FIRST + REST
OPEN, CLOSE = b'{"items":[{"id":', b"]}"


def answer(size: int) -> tuple[bytes, bytes]:
    """An HTTP response of about `size` bytes of JSON, up to the first item's number and after it.

    The number has as many digits as FIRST.
    """
    count = max(1, (size - len(OPEN)) // (len(ITEM) + 1))
    rest = REST + (b"," + ITEM) * (count - 1) + CLOSE
    return HEAD % (len(OPEN) + len(str(FIRST)) + len(rest), b"") + OPEN, rest


def token() -> bytes:
    """The answer to who asks for a token; the connection ends with it."""
    body = b'{"access_token":"a token of the bench","token_type":"Bearer","expires_in":86400}'
    return HEAD % (len(body), b"connection: close\r\n") + body


class Static(asyncio.Protocol):
    """Answers each request as soon as its head is there; what stands behind it is passed over."""

    answers: ClassVar[dict[bytes, tuple[bytes, bytes]]] = {
        b"%d" % size: answer(size) for size in SIZES
    }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection's write end."""
        self.write = transport.write  # type: ignore[attr-defined]  # it is a socket's transport
        self.close = transport.close
        self.pending = b""
        self.unread = 0

    def data_received(self, data: bytes) -> None:
        """Answers every whole head that has arrived."""
        pending = self.pending + data
        while True:
            passed = min(self.unread, len(pending))
            self.unread -= passed
            head, end, rest = pending[passed:].partition(b"\r\n\r\n")
            if not end:
                self.pending = head
                return
            pending = rest
            if head.startswith(b"POST"):
                self.write(token())
                self.close()
                return
            if head.startswith((b"GET", b"PUT")):  # else it is a part of a chunked body
                _, _, size, number, _ = head.split(b"/", 4)
                before, after = self.answers[size]
                self.write(before + number.partition(b" ")[0] + after)
                length = LENGTH.search(head)
                self.unread = int(length[1]) if length else 0


async def main() -> None:
    """Serves until it is killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Static, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
