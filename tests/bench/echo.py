"""The floor: a bare grpc.aio server that answers the bytes it got, on a port that it prints."""

from typing import Any

import grpc.aio
import uvloop

METHOD = "/bench.Echo/Call"


class Echo(grpc.GenericRpcHandler):
    """One method, bytes in and out."""

    def service(self, handler_call_details: Any) -> Any:
        """The handler of every method."""
        del handler_call_details
        return grpc.unary_unary_rpc_method_handler(self.call)

    async def call(self, request: bytes, _: Any) -> bytes:
        """Answers the request."""
        return request


async def main() -> None:
    """Serves until it is killed."""
    server = grpc.aio.server(handlers=[Echo()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main())
