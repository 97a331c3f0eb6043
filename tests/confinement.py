"""Confinement: a program under what a container of k8s/ may do, where bubblewrap is there."""

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

USER = "65532"


@cache
def bubblewrap() -> str | None:
    """The path of bubblewrap, where it is there and may do its work."""
    path = shutil.which("bwrap")
    if path is None:
        return None
    tried = subprocess.run(  # noqa: S603 - our own words alone
        [*_restricted(path), "true"], capture_output=True, check=False
    )
    return path if tried.returncode == 0 else None


def confined(command: Sequence[str], writable: Sequence[Path]) -> list[str]:
    """The command with a read-only root, no capabilities and another user, if that can be had."""
    path = bubblewrap()
    if path is None:
        return list(command)
    binds = [word for each in writable for word in ("--bind", str(each), str(each))]
    return [*_restricted(path), *binds, *command]


def _restricted(path: str) -> list[str]:
    return [
        *(path, "--ro-bind", "/", "/", "--dev", "/dev", "--die-with-parent"),
        *("--unshare-user", "--uid", USER, "--gid", USER, "--cap-drop", "ALL"),
    ]
