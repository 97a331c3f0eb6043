"""Difference: what a change of its document means for those who call a connector."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How far callers are touched, the least first."""

    SAFE = "SAFE"
    """Whoever calls today needs nothing."""
    SOURCE_BREAKING = "SOURCE_BREAKING"
    """Code or a stub must change, but what is sent today still works."""
    WIRE_BREAKING = "WIRE_BREAKING"
    """A call that worked does not any more, or its answer is not what was promised."""

    @property
    def rank(self) -> int:
        """Its place in the order: 0, 1 or 2."""
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in one of the two documents."""

    pointer: str
    """A JSON pointer (RFC 6901); empty where `field` says it."""
    line: int = 0
    """From 1; 0 where it is not known."""
    column: int = 0
    file: str = ""
    """Of a document of several files."""
    field: str = ""
    """Of the version, where it is not the document that differs: `backend_variables[region]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that differs."""

    rule: str
    """A stable word in kebab-case, for example `operation-removed`."""
    verdict: Verdict
    message: str
    """One sentence."""
    action: str = ""
    """The id in the old document, or in the new one where it is new; empty: of no single action."""
    old: Place | None = None
    """None where the old document has nothing of the kind."""
    new: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs between two documents, as plain values that can be kept."""

    verdict: Verdict = Verdict.SAFE
    """The worst of all findings, also of those that were left out."""
    actions: Mapping[str, Verdict] = field(default_factory=dict)
    """The verdicts of the actions that differ, by id; the others are the same."""
    findings: tuple[Finding, ...] = ()
    """By action, the worst first."""
    omitted: int = 0
    """Findings beyond the limit, which were counted and not kept."""
    step: str = ""
    """Which part of the version grows: `major`, `minor`, `patch`; empty: nothing differs."""
    suggested: str = ""
    """The next version of the API; empty where the old one says no number that can grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A Difference as a version keeps it: against whom, how bad, and all of it packed."""

    against: str
    """The id of the version that served most calls when this one was created."""
    verdict: Verdict
    suggested_id: str = ""
    """The next id after that one; empty where it is no number."""
    packed: bytes
    """The Difference, as `facade.catalog.verdicts` packs it: few ever look at it."""
