"""Timing: where the time of a call went, as callers read it (W3C Server-Timing)."""

from collections.abc import Iterable

FIELD = "server-timing"


def server_timing(spent: Iterable[tuple[str, float]]) -> str:
    """The value of the field, of names and seconds: `gateway;dur=15.2, backend;dur=11.9`, in ms."""
    return ", ".join([f"{name};dur={seconds * 1000:.1f}" for name, seconds in spent])
