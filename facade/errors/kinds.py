"""Kinds: the class of a fault by its reason, for faults that were written down or came by wire."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from facade.errors import (  # noqa: F401 - what is imported stands among the kinds then
    access,
    connections,
    definitions,
    events,
    expressions,
    flows,
    history,
    runs,
    triggers,
)
from facade.errors.backend import BackendFault
from facade.errors.caller import CallerFault
from facade.errors.fault import Fault
from facade.errors.hop import HopFault
from facade.errors.service import ServiceFault


def _leaves(kind: type[Fault]) -> Iterator[type[Fault]]:
    """Every class with a reason of its own, from one down."""
    if "reason" in vars(kind):
        yield kind
    for below in kind.__subclasses__():
        yield from _leaves(below)


KINDS: Mapping[str, type[Fault]] = MappingProxyType(
    {
        kind.reason: kind
        for root in (BackendFault, CallerFault, ServiceFault, HopFault)
        for kind in _leaves(root)
    }
)
"""Every fault that has a reason, by it."""


def advice(reason: str) -> tuple[str, str]:
    """The cause and the remedy of a reason (I-5); both empty where it is not known here."""
    kind = KINDS.get(reason)
    return (kind.cause, kind.remedy) if kind else ("", "")
