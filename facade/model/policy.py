"""Policy: how the calls of a version are limited, remembered, repeated and judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from facade.errors.fault import Code

AT_THE_HOP = 1.5
"""Seconds for which a facade that could not be reached is left alone, or tried last, at most: one
that was started again is called within two, and before the next one ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """How one kind of failure is named; the first that matches counts."""

    status: int = 0
    """The HTTP status; any if 0."""
    pointer: str = ""
    """A JSON pointer into the body; none if empty."""
    equals: str = ""
    """The value there; any if empty."""
    code: Code
    message_pointer: str = ""
    """A JSON pointer to the text that callers see."""


class ResponseValidation(StrEnum):
    """What becomes of an answer that its declared schema does not allow."""

    OFF = "off"
    """Nothing: it is not compared."""
    WARN = "warn"
    """It is delivered, and its exchange says what is wrong with it."""
    ENFORCE = "enforce"
    """It is a fault of the backend's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When a failed try is followed by another."""

    max_attempts: int = 3
    """The first one included; 1: no repeats."""
    initial_backoff: float = 0.05
    """Seconds before the second try at most; doubled each time, with full jitter."""
    max_backoff: float = 2.0
    """Seconds that no pause exceeds."""
    statuses: tuple[int, ...] = (408, 425, 429, 502, 503, 504)
    """Of the backend's, after which an idempotent call is repeated."""
    idempotency_header: str = ""
    """The header that tells the backend that two requests are one, such as `Idempotency-Key`:
    with it a call of any method may be repeated. Empty: the backend knows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When a server is left alone, and for how long. Transport errors, timeouts and 5xx count."""

    enabled: bool = True
    """False: no server is left alone, nor when it asks for it itself."""
    consecutive_failures: int = 5
    failure_ratio: float = 0.5
    """Of at least `minimum_calls` within `window`."""
    minimum_calls: int = 20
    window: float = 10.0
    """Seconds."""
    open_time: float = 1.0
    """Seconds until the first probe; doubled each time that the probe fails, while an outage is
    young to 3 s at most."""
    max_open_time: float = 30.0
    """Seconds that it is never longer."""

    def at_the_hop(self) -> "Breaker":
        """The same for a facade, which is soon started again: no longer than AT_THE_HOP.

        What `open_time` says is kept.
        """
        longest = max(self.open_time, AT_THE_HOP)
        return replace(self, max_open_time=min(self.max_open_time, longest))


class CacheMode(StrEnum):
    """What decides how long an answer may be used again."""

    HEADERS = "headers"
    """What the backend says (RFC 9111); `ttl` where it says nothing."""
    OVERRIDE = "override"
    """`ttl`, whatever the backend says."""
    OFF = "off"
    """Nothing is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caching:
    """How answers of safe actions are remembered. Times are in seconds."""

    mode: CacheMode = CacheMode.HEADERS
    ttl: float = 0.0
    """How long an answer is fresh where the backend does not say; 0: not at all."""
    negative_ttl: float = 0.0
    """The same of 404, 405, 410, 414 and 501."""
    heuristic: bool = False
    """A tenth of an answer's age since Last-Modified, where nothing else says (RFC 9111 4.2.2)."""
    stale_while_revalidate: float = 0.0
    """How long past freshness it is given while a new one is fetched (RFC 5861), at least."""
    stale_if_error: float = 0.0
    """How long past freshness it stands in for a failing backend (RFC 5861), at least."""
    key_without: tuple[str, ...] = ()
    """Query parameters by which answers do not differ."""
    shared: bool = False
    """One answer for all connections, end users and credentials of a tenant."""
    max_bytes: int = 2**20
    """Larger answers are not remembered."""


class Scope(StrEnum):
    """What is counted by itself."""

    TENANT = "tenant"
    """All calls of one tenant to the connector."""
    CONNECTOR = "connector"
    """All calls to the connector."""
    CONNECTION = "connection"
    SUBJECT = "subject"
    """Those of one end user."""
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many calls in a time (GCRA)."""

    scope: Scope = Scope.CONNECTOR
    calls: int
    period: float = 1.0
    """Seconds."""
    burst: int = 0
    """Calls at once after a rest; 0: as many as `calls`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """So many calls at once, in each process."""

    scope: Scope = Scope.CONNECTOR
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPolicy:
    """What one action has otherwise than its version; None: as the version."""

    timeout: float | None = None
    retry: Retry | None = None
    cache: Caching | None = None
    limits: tuple[Limit, ...] | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How calls are limited, remembered, repeated and judged."""

    timeout: float = 10.0
    """Seconds for a whole call; at most 300."""
    success_statuses: tuple[int, ...] = ()
    """200 to 299 if empty."""
    error_rules: tuple[ErrorRule, ...] = ()
    """A rule with the code UNAUTHENTICATED also has the credential renewed, once."""
    response_validation: ResponseValidation = ResponseValidation.WARN
    retry: Retry = field(default_factory=Retry)
    breaker: Breaker = field(default_factory=Breaker)
    cache: Caching = field(default_factory=Caching)
    limits: tuple[Limit, ...] = ()
    """All that apply must admit a call, or none is charged."""
    concurrency: tuple[Concurrency, ...] = ()
    server_concurrency: int = 64
    """Calls at once to one server, of one tenant and connection, in each process."""
    cost: int = 1
    """How many calls one call counts for."""
    actions: Mapping[str, ActionPolicy] = field(default_factory=dict)
    """By action id."""

    def of(self, action: str) -> "Policy":
        """The policy of one action."""
        own = self.actions.get(action)
        if own is None:
            return self
        return replace(
            self,
            timeout=self.timeout if own.timeout is None else own.timeout,
            retry=own.retry or self.retry,
            cache=own.cache or self.cache,
            limits=self.limits if own.limits is None else own.limits,
            cost=self.cost if own.cost is None else own.cost,
        )

    def at_the_hop(self) -> "Policy":
        """What is left to the side that calls a facade: judgement, time, a breaker, one repeat.

        Remembering, limiting and repeating are for the side that calls the backend.
        """
        return replace(
            self,
            retry=Retry(max_attempts=2, statuses=()),
            breaker=self.breaker.at_the_hop(),
            cache=Caching(mode=CacheMode.OFF),
            limits=(),
            concurrency=(),
            actions={},
        )


STANDARD = Policy()
"""That of a version that says nothing of it."""
