"""Who is at the other end of a Unix socket, where the system tells."""

import socket
import struct
import sys
from typing import Final

from facade.access.bindings import SOCKET

CREDENTIALS: Final = struct.Struct("3i")
"""Process, user and group (unix(7), SO_PEERCRED)."""


def peer_uid(connection: socket.socket | None) -> int | None:
    """The user of the process that connected; None where the system does not tell.

    Only Linux does. gRPC's core shows no socket at all: who may open one is decided there by its
    mode, and who has is the member `unix`.
    """
    if connection is None or connection.family != socket.AF_UNIX or sys.platform != "linux":
        return None
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    uid: int = CREDENTIALS.unpack(said)[1]
    return uid


def names_of(uid: int | None) -> tuple[str, ...]:
    """The names by which whoever came by a socket may be known, the best first."""
    return (SOCKET,) if uid is None else (f"{SOCKET}:{uid}", SOCKET)
