"""Meters: what the parts tell of calls and of themselves, and nothing is made of it here."""

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias

import msgspec
from prometheus_client import CollectorRegistry

from facade.errors.fault import Code
from facade.telemetry.exposition import exposed
from facade.telemetry.instrument import Instrument

Labels: TypeAlias = tuple[str, ...]

Readings: TypeAlias = Mapping[Labels, float]
"""Numbers by the values of their labels."""


class Called(msgspec.Struct, frozen=True, gc=False):
    """What a call of an action was of, in the catalog's words, and what it came to."""

    connector: str = ""
    """Empty, like the next two, where the catalog has no such action."""
    version: str = ""
    action: str = ""
    code: str = Code.OK.name
    domain: str = ""
    """Of the fault, like the reason."""
    reason: str = ""
    cache: str = ""
    """The part that the cache had in the answer."""
    stream: bool = False


class Tried(msgspec.Struct, frozen=True, gc=False):
    """One try at a backend."""

    method: str
    connector: str
    version: str
    status: int
    """0 where no answer came."""
    reason: str
    """Of its failure."""
    again: bool = False
    """Whether it is not the call's first."""


class Answered(msgspec.Struct, frozen=True, gc=False):
    """One request that the HTTP face answered."""

    method: str
    """One of those that are known; `_OTHER` for any other."""
    route: str
    """The template; empty where none fits."""
    status: int
    error: str
    """Its type; empty where it is none."""


class Meters:
    """The meters of a process whose numbers nobody asked for; `Recording` is those that count."""

    counts: ClassVar[bool] = False
    """Whether anything is made of what they are told."""

    def began(self, *, stream: bool) -> None:
        """A call of an action begins."""

    def ended(self, called: Called, seconds: float) -> None:
        """It has ended."""

    def tried(self, tried: Tried, seconds: float) -> None:
        """A backend was tried."""

    def rpc(self, method: str, code: Code, seconds: float) -> None:
        """An RPC was answered."""

    def http(self, answered: Answered, seconds: float) -> None:
        """A request was answered."""

    def watch(self, instrument: Instrument, read: Callable[[], Readings]) -> None:
        """Has a part asked for what it knows of itself, whenever somebody looks."""

    def expose(self, accept: str) -> tuple[str, bytes]:
        """The content type and the text of all numbers, in the form that is accepted."""
        return exposed(CollectorRegistry(), accept)
