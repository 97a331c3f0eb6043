"""What an engine is: the server of the endpoints, whoever wrote its HTTP/2."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

MAX_MESSAGE = 33 * 2**20
"""Bytes: a document of 32 MiB and what stands around it."""

STREAMS = 100
"""Calls that one connection may have under way."""

METADATA = 16 * 1024
"""Bytes of the metadata of a request."""

KEEPALIVE = 60_000
"""Milliseconds of silence on a connection with calls under way, after which it is pinged."""

KEEPALIVE_TIMEOUT = 20_000
"""Milliseconds that the answer to a ping may take."""

OPTIONS: Mapping[str, int] = MappingProxyType(
    {
        "grpc.max_receive_message_length": MAX_MESSAGE,
        "grpc.max_send_message_length": -1,  # what a backend may answer is limited where it is read
        "grpc.max_metadata_size": METADATA,
        "grpc.absolute_max_metadata_size": METADATA,
        "grpc.max_concurrent_streams": STREAMS,
        "grpc.http2.bdp_probe": 0,
        "grpc.keepalive_time_ms": KEEPALIVE,
        "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT,
        "grpc.keepalive_permit_without_calls": 0,
        "grpc.http2.min_recv_ping_interval_without_data_ms": 30_000,
        "grpc.http2.max_ping_strikes": 2,
        "grpc.max_connection_idle_ms": 15 * 60_000,
        "grpc.max_connection_age_ms": 30 * 60_000,
        "grpc.max_connection_age_grace_ms": 30_000,
        "grpc.server_handshake_timeout_ms": 5_000,
    }
)
"""gRPC's own server with safe defaults; so_reuseport is added: on only among workers."""


class Engine(Protocol):
    """A server of endpoints."""

    async def start(self, address: str) -> int:
        """Listens, and gives the port; 1 for a Unix socket. Raises OSError where it cannot."""

    async def stop(self, grace: float) -> None:
        """Gives the calls under way so many seconds, and ends; a second time it is done at once."""
