"""A static HTTP backend, as cheap as Python has it: the answer's size stands in the path.

Whoever posts gets a token.
"""

import asyncio
from typing import ClassVar

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%b\r\n"
CHUNK = b'{"id":9007199254740993,"name":"Rex","status":"available","tags":["a","b"]}'


def answer(size: int) -> bytes:
    """An HTTP response with a JSON array of about `size` bytes."""
    count = max(1, size // (len(CHUNK) + 1))
    body = b"[" + b",".join([CHUNK] * count) + b"]"
    return HEAD % (len(body), b"") + body


def token() -> bytes:
    """The answer to who asks for a token; the connection ends with it."""
    body = b'{"access_token":"a token of the bench","token_type":"Bearer","expires_in":86400}'
    return HEAD % (len(body), b"connection: close\r\n") + body


class Static(asyncio.Protocol):
    """Answers each request as soon as its head is there; those for items have no body."""

    answers: ClassVar[dict[bytes, bytes]] = {
        b"%d" % size: answer(size) for size in (200, 2_000, 50_000)
    }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection's write end."""
        self.write = transport.write  # type: ignore[attr-defined]  # it is a socket's transport
        self.close = transport.close
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        """Answers every whole head that has arrived."""
        *heads, self.pending = (self.pending + data).split(b"\r\n\r\n")
        for head in heads:
            if head.startswith(b"POST"):
                self.write(token())
                self.close()
                return
            size = head.split(b"/", 3)[2].partition(b" ")[0]
            self.write(self.answers[size])


async def main() -> None:
    """Serves until it is killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Static, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
