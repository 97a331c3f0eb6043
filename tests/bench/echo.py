"""The floor: a bare server of one engine that answers the bytes it got, on a port that it prints.

They come back as often as their first four digits say: large answers come of small requests, as
they do elsewhere. Argument: `grpcio` or `native`.
"""

import sys
from typing import Any

import grpc.aio
import pygrpc_native.aio
import uvloop

ENGINES = {"grpcio": grpc.aio.server, "native": pygrpc_native.aio.server}


async def call(request: bytes, _: Any) -> bytes:
    """Answers the request, so many times."""
    return request * int(request[:4])


async def main(engine: str) -> None:
    """Serves until it is killed."""
    server: Any = ENGINES[engine]()
    handler: Any = grpc.unary_unary_rpc_method_handler(call)
    server.add_registered_method_handlers("bench.Echo", {"Call": handler})
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
