"""A static HTTP backend, as cheap as Python has it: the answer's size stands in the path."""

import asyncio
from typing import ClassVar

import uvloop

CHUNK = b'{"id":9007199254740993,"name":"Rex","status":"available","tags":["a","b"]}'


def answer(size: int) -> bytes:
    """An HTTP response with a JSON array of about `size` bytes."""
    count = max(1, size // (len(CHUNK) + 1))
    body = b"[" + b",".join([CHUNK] * count) + b"]"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


class Static(asyncio.Protocol):
    """Answers each request as soon as its head is there; requests have no body."""

    answers: ClassVar[dict[bytes, bytes]] = {
        b"GET /items/%d " % size: answer(size) for size in (200, 2_000, 50_000)
    }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection's write end."""
        self.write = transport.write  # type: ignore[attr-defined]  # it is a socket's transport
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        """Answers every whole head that has arrived."""
        *heads, self.pending = (self.pending + data).split(b"\r\n\r\n")
        for head in heads:
            self.write(self.answers[head[: head.index(b" ", 5) + 1]])


async def main() -> None:
    """Serves until it is killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Static, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
