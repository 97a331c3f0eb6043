"""gRPC's own server, which can everything."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import grpc
from grpc.aio import ServicerContext

from gateway.interceptors.base import Endpoint, Rpc

Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"

Beside: TypeAlias = Callable[[grpc.aio.Server], None]
"""Adds what is no endpoint: health and reflection."""


class Grpcio:
    """An engine: grpc.aio."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        beside: Beside,
        options: Mapping[str, int],
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        """Takes what it serves, and TLS if there is to be any."""
        self._credentials = credentials
        self._server = grpc.aio.server(options=tuple(options.items()))
        for each in endpoints:
            self._server.add_registered_method_handlers(each.service, {each.method: _handler(each)})
        beside(self._server)

    async def start(self, address: str) -> int:
        """Listens."""
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, self._credentials)
        except RuntimeError:
            raise OSError(address) from None
        await self._server.start()
        return port

    async def stop(self, grace: float) -> None:
        """Says GOAWAY, by which callers go elsewhere, and ends."""
        await self._server.stop(grace)


def _handler(endpoint: Endpoint) -> Handler:
    return _KINDS[endpoint.incoming, endpoint.outgoing](endpoint)


def _unary(endpoint: Endpoint) -> Handler:
    name, proceed = endpoint.name, endpoint.proceed

    async def answer(request: bytes, context: ServicerContext[bytes, bytes]) -> bytes:
        return await proceed(request, Rpc(method=name, context=context))

    return grpc.unary_unary_rpc_method_handler(answer)


def _answering(endpoint: Endpoint) -> Handler:
    name, proceed = endpoint.name, endpoint.proceed

    async def answer(request: bytes, context: ServicerContext[bytes, bytes]) -> None:
        await proceed(request, Rpc(method=name, context=context))

    return grpc.unary_stream_rpc_method_handler(answer)


def _receiving(endpoint: Endpoint) -> Handler:
    name, proceed = endpoint.name, endpoint.proceed

    async def answer(
        requests: AsyncIterator[bytes], context: ServicerContext[bytes, bytes]
    ) -> bytes:
        return await proceed(b"", Rpc(method=name, context=context, requests=requests))

    return grpc.stream_unary_rpc_method_handler(answer)


_KINDS: Mapping[tuple[bool, bool], Callable[[Endpoint], Handler]] = MappingProxyType(
    {(False, False): _unary, (False, True): _answering, (True, False): _receiving}
)
"""By whether a stream comes in, and whether one goes out."""
