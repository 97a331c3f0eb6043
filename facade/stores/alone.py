"""The shared store of a process that shares nothing."""

from collections.abc import Sequence
from typing import Any

from facade.stores.shared import Listener, Script, SharedGone


class Alone:
    """A Shared without a store: each part goes by what this process knows."""

    alone = True
    peers = 1

    def __init__(self) -> None:
        self._fence = 0

    async def get(self, *keys: str) -> list[bytes | None]:
        """Finds nothing."""
        return [None] * len(keys)

    def put(self, key: str, value: bytes, ttl: float) -> None:
        """Keeps nothing."""

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]) -> Any:  # noqa: ARG002 - the protocol's own signature
        """Raises SharedGone: there is nothing to run a script."""
        raise SharedGone

    def send(self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]) -> None:
        """Runs nothing."""

    async def lease(self, key: str, seconds: float) -> int | None:  # noqa: ARG002 - the same
        """Grants every lease: inside a process, the askers themselves wait for each other."""
        self._fence += 1
        return self._fence

    async def release(self, key: str, fence: int) -> None:
        """Has nothing to give back."""

    def announce(self, topic: str, message: bytes) -> None:
        """Tells nobody: there is nobody."""

    def listen(self, topic: str, listener: Listener) -> None:
        """Hears nothing."""
