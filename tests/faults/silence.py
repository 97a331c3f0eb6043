"""An address at which nobody ever answers."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def black_hole(address: str, port: int = 0) -> Iterator[int]:
    """A port that answers no SYN: its queue of connections is full."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(8):
            filler = stack.enter_context(socket.socket(family))
            filler.settimeout(0)
            filler.connect_ex((address, port))
        time.sleep(0.05)
        yield port
