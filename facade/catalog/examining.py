"""Examining: the process that reads large documents, one after the other, as it is told.

What goes in and out are pickled values, each after its length: they are of processes of one release
that trust each other. It ends when standard input does.
"""

import gc
import os
import pickle
import resource
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from facade.errors.caller import InvalidSpec

HEAD: Final = struct.Struct("!Q")
"""Before each value: how many bytes it has."""

NICE: Final = 15
"""Calls go before it, as far as cores are short."""

MEMORY: Final = 4 * 2**30
"""Bytes that reading one document may take."""

GROWN: Final = 512 * 2**20
"""Bytes from which on it ends when it has answered: Python gives little of them back."""


def main() -> None:
    """Does what it is told, until the other side is gone."""
    # Away from the terminal's Ctrl-C, which would end it while calls are drained; but not in a
    # session of its own: where Linux groups by sessions, being nice counts within one alone.
    os.setpgid(0, 0)
    os.nice(NICE)
    with suppress(ValueError, OSError):  # not every system has it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.disable()  # a document is a tree: it goes as it came
    inward, outward = sys.stdin.buffer, sys.stdout.buffer
    while _held() < GROWN:
        asked = _next(inward)
        if asked is None:
            return
        outward.write(told(done(*understood(asked))))
        outward.flush()
        del asked
        gc.collect()


def done(function: Callable[..., Any], given: tuple[Any, ...]) -> tuple[bool, Any]:
    """Whether a function did its work, and what came of it, or what it raised."""
    try:
        return True, function(*given)
    except MemoryError:
        return False, InvalidSpec(
            f"The document cannot be read: that takes more than {MEMORY >> 30} GiB of memory."
        )
    except Exception as problem:  # noqa: BLE001 - it is raised where it is waited for
        return False, problem


def told(value: Any) -> bytes:
    """A value as it goes to the other side."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return HEAD.pack(len(data)) + data


def understood(data: bytes) -> Any:
    """A value that has come from the other side."""
    return pickle.loads(data)  # noqa: S301 - of a process of our own


def _held() -> int:
    """Bytes that this process has in memory; 0 where the system does not say.

    `ru_maxrss` would be no less than what the process that started this one has.
    """
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[1]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def _next(inward: BinaryIO) -> bytes | None:
    """What is asked next; None where nobody asks any more."""
    head = inward.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    data = inward.read(length)
    return data if len(data) == length else None


if __name__ == "__main__":
    main()
