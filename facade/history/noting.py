"""Noting: what a call leaves for history as it ends, and nothing is made of it here."""

import msgspec

from facade.telemetry.meters import Called


class Noted(msgspec.Struct, frozen=True, gc=False):
    """What history learns of one call."""

    called: Called
    time: float
    """When it ended, in seconds since 1970."""
    seconds: float
    tenant: str = ""
    caller: str = ""
    connection: str = ""
    trace_id: str = ""
    message: str = ""
    """Of its fault; secrets masked."""
    status: int = 0
    attempts: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    request_body: str = ""
    response_body: str = ""


class Notes:
    """What calls are noted in where there is no history; `History` is what keeps them."""

    keeps: bool = False
    """Whether anything is made of what it is told."""
    bodies: bool = False
    """Whether bodies are wanted too."""

    def took(self, noted: Noted) -> None:
        """A call has ended. Takes no time to speak of, and never waits."""


SILENT_NOTES = Notes()
"""Of a process that keeps no history."""
