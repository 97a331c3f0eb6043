"""Fault: what every failure that a caller is told of is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import ClassVar

HELP = "docs/errors.md#"
"""Where the entry of a reason stands, in the project's documentation."""


class Code(IntEnum):
    """The canonical codes of google.rpc.Code, by their numbers."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class Domain(StrEnum):
    """Who says that something is wrong."""

    GATEWAY = "gateway"
    FACADE = "facade"
    BACKEND = "backend"


class Effect(StrEnum):
    """Whether the backend may have done what was asked: `outcome` in ErrorInfo.metadata."""

    NOT_EXECUTED = "NOT_EXECUTED"
    """Provably no byte of the request reached the backend, or it said that it ignored it."""
    UNKNOWN = "UNKNOWN"
    """It may have run."""
    EXECUTED = "EXECUTED"
    """The backend answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is wrong with one field of what the caller sent."""

    field: str
    """A field path of the request, or a JSON pointer into the arguments or the document."""
    description: str
    """What is wrong and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that a fault speaks of."""

    type: str
    name: str
    suggestions: tuple[str, ...] = ()
    """Up to three names that the caller may have meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One limit that a call met."""

    subject: str
    """What is counted: `connector:shop`, `subject:alice`."""
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a fault carries beside its message."""

    violations: tuple[Violation, ...] = ()
    resource: Resource | None = None
    retry_after: float | None = None
    """Seconds after which a retry may succeed."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """ErrorInfo.metadata: connector, version, action, httpStatus, attempts, traceId."""
    quotas: tuple[Quota, ...] = ()
    """The limits that were reached."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What a face says before the answer: `ratelimit`, `ratelimit-policy`."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds that others had the call, by who: `facade`, `backend`."""
    excerpt: str = ""
    """At most 1 KiB of what the backend said, secrets masked."""


def hint_of(suggestions: Sequence[str]) -> str:
    """How a message ends that names what the caller may have meant; empty for nothing."""
    return f"; did you mean `{suggestions[0]}`?" if suggestions else ""


class Fault(Exception):
    """A failure that the caller is told of, with one canonical code and one reason."""

    code: ClassVar[Code]
    reason: str
    domain: Domain = Domain.GATEWAY
    effect: Effect = Effect.NOT_EXECUTED
    cause: ClassVar[str]
    """When it happens, for docs/errors.md."""
    remedy: ClassVar[str]
    """What the caller can do, for docs/errors.md."""
    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later without a change."""
    hold: float = 0.0
    """Seconds after which its caller is told."""
    relayed: bool = False
    """Whether a facade told it, whose own policies have dealt with it already."""

    def __init__(
        self,
        message: str,
        *,
        details: Details | None = None,
        code: Code | None = None,
        effect: Effect | None = None,
    ) -> None:
        """Takes one line for the caller; `code` and `effect` replace the class's own."""
        super().__init__(message)
        self.message = message
        self.details = details or Details()
        self.status = code if code is not None else self.code
        if effect is not None:
            self.effect = effect

    def narrow(self, may_see: Callable[[str], bool]) -> None:
        """Leaves of the names that the caller may have meant those that it may see."""
        resource = self.details.resource
        if resource is None or not resource.suggestions:
            return
        kept = tuple(each for each in resource.suggestions if may_see(each))
        hint = hint_of(resource.suggestions)
        if self.message.endswith(hint):
            self.message = self.message.removesuffix(hint) + hint_of(kept)
            self.args = (self.message,)
        self.details = replace(self.details, resource=replace(resource, suggestions=kept))

    def add(
        self,
        facts: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        timings: Mapping[str, float] | None = None,
    ) -> None:
        """Says more of the call that failed; what the fault said itself stands."""
        self.details = replace(
            self.details,
            facts={**facts, **self.details.facts},
            headers={**(headers or {}), **self.details.headers},
            timings=timings or self.details.timings,
        )
