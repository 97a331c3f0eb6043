"""Processes: who is alive on this machine, for those who take over what the dead have left."""

import hashlib
import os
import socket
from pathlib import Path
from secrets import token_hex
from typing import Final

NAMESPACE = Path("/proc/self/ns/pid")
BOOT = Path("/proc/sys/kernel/random/boot_id")

MARK: Final = 14
"""Characters of a machine's name that a holder's begins with."""


def host_mark() -> str:
    """Names the machine, or container, in which process ids mean what they mean here."""
    parts = [socket.gethostname()]
    for path in (NAMESPACE, BOOT):
        try:
            parts.append(str(path.stat().st_ino) if path is NAMESPACE else path.read_text())
        except OSError:  # not Linux, or hidden: the host's name has to do
            continue
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def is_dead(host: str, pid: int) -> bool:
    """Whether a process of this machine is certainly gone; of other machines nothing is known.

    One that has another's number counts as that: its time has to run out then.
    """
    if host != HERE:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def new_holder() -> str:
    """Names somebody in this process who holds something, in 32 characters; no two are alike."""
    return f"{HERE[:MARK]}{os.getpid():08x}{token_hex(5)}"


def has_died(holder: str) -> bool:
    """Whether the process of a holder was one of this machine and is gone."""
    return is_dead(HERE if holder[:MARK] == HERE[:MARK] else "", int(holder[MARK : MARK + 8], 16))


HERE: Final = host_mark()
