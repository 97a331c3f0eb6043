"""Instrument: one thing that is measured, and what it is called.

Prometheus gets the names of OpenTelemetry by the rule of the OpenTelemetry specification: dots
become `_`, the unit a suffix.
"""

from dataclasses import dataclass
from enum import StrEnum

SUFFIXES = {"s": "_seconds", "By": "_bytes"}
"""Of names in Prometheus, by unit; one in braces has none."""

PREFIXES = ("portico.build.", "portico.", "cpython.gc.")
"""Of attributes that are no part of a label's name."""


class Kind(StrEnum):
    """What a number is."""

    COUNTER = "counter"
    """Only ever grows."""
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    """Durations."""


class Over(StrEnum):
    """What several workers' numbers come to, of a gauge; the dead count no longer."""

    SUM = "livesum"
    GREATEST = "livemax"
    LEAST = "livemin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One thing that is measured."""

    name: str
    """As OpenTelemetry knows it."""
    kind: Kind
    unit: str
    """In UCUM: `s`, `By`, `{call}`."""
    text: str
    """What it says, in a line, for its readers."""
    attributes: tuple[str, ...] = ()
    most: int = 50
    """Values of the attributes that are told apart; those beyond count as `other`, together."""
    over: Over = Over.SUM
    standard: str = ""
    """Its name in Prometheus, where it has one of old."""

    @property
    def exposed(self) -> str:
        """Its name in Prometheus, without the `_total` of counters."""
        return self.standard or self.name.replace(".", "_") + SUFFIXES.get(self.unit, "")

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its labels in Prometheus."""
        return tuple(map(label, self.attributes))


def label(attribute: str) -> str:
    """An attribute's name as a label in Prometheus."""
    for prefix in PREFIXES:
        attribute = attribute.removeprefix(prefix)
    return attribute.replace(".", "_")
