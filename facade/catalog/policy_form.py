"""Policies as a connector file writes them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from facade.catalog.form import Form, Seconds, noun_of, seconds_of
from facade.errors.fault import Code
from facade.model.policy import (
    ActionPolicy,
    Breaker,
    Caching,
    Concurrency,
    ErrorRule,
    Limit,
    Policy,
    Retry,
)

CodeName = Literal[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "UNAUTHENTICATED",
]
Status = Annotated[int, Meta(ge=100, le=599)]
ScopeName = Literal["connector", "tenant", "connection", "subject", "action"]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]

TIMES = frozenset(
    {
        "initial_backoff",
        "max_backoff",
        "window",
        "open_time",
        "max_open_time",
        "ttl",
        "negative_ttl",
        "stale_while_revalidate",
        "stale_if_error",
        "period",
    }
)
"""The fields that hold times."""


class ErrorRuleForm(Form, kw_only=True):
    """How one kind of failure is named; the first that matches counts."""

    status: Annotated[Status | UnsetType, Meta(description="The HTTP status; any if absent.")] = (
        UNSET
    )
    pointer: Annotated[str, Meta(description="A JSON pointer into the body.")] = ""
    equals: Annotated[str, Meta(description="The value there; any if absent.")] = ""
    code: Annotated[CodeName, Meta(description="The code that callers see.")]
    message_pointer: Annotated[
        str, Meta(description="A JSON pointer to the message that callers see.")
    ] = ""


class RetryForm(Form):
    """When a failed try is followed by another."""

    max_attempts: Annotated[
        int | UnsetType, Meta(description="The first one included; 3 if absent, 1: no repeats.")
    ] = UNSET
    initial_backoff: Annotated[
        Seconds | UnsetType, Meta(description="The longest first pause; 50ms if absent.")
    ] = UNSET
    max_backoff: Annotated[
        Seconds | UnsetType, Meta(description="The longest pause; 2s if absent.")
    ] = UNSET
    statuses: Annotated[
        list[Status] | UnsetType,
        Meta(description="Repeated for idempotent calls; 408, 425, 429, 502, 503, 504 if absent."),
    ] = UNSET
    idempotency_header: Annotated[
        str | UnsetType,
        Meta(description="By which the backend knows a repeat, such as `Idempotency-Key`."),
    ] = UNSET


class BreakerForm(Form):
    """When a server is left alone."""

    enabled: bool | UnsetType = UNSET
    consecutive_failures: Annotated[int | UnsetType, Meta(description="5 if absent.")] = UNSET
    failure_ratio: Annotated[float | UnsetType, Meta(description="0.5 if absent.")] = UNSET
    minimum_calls: Annotated[
        int | UnsetType, Meta(description="For the ratio to count; 20 if absent.")
    ] = UNSET
    window: Annotated[
        Seconds | UnsetType, Meta(description="In which the ratio is taken; 10s if absent.")
    ] = UNSET
    open_time: Annotated[
        Seconds | UnsetType, Meta(description="Until the first probe, doubled; 1s if absent.")
    ] = UNSET
    max_open_time: Annotated[Seconds | UnsetType, Meta(description="30s if absent.")] = UNSET


class CacheForm(Form):
    """How answers of GET and HEAD are remembered."""

    mode: Annotated[
        Literal["headers", "override", "off"] | UnsetType,
        Meta(description="What decides: the backend's headers, or `ttl` whatever they say."),
    ] = UNSET
    ttl: Annotated[
        Seconds | UnsetType, Meta(description="Where the headers say nothing, or do not count.")
    ] = UNSET
    negative_ttl: Annotated[
        Seconds | UnsetType, Meta(description="The same of 404, 405, 410, 414 and 501.")
    ] = UNSET
    heuristic: Annotated[
        bool | UnsetType, Meta(description="A tenth of the time since Last-Modified, else.")
    ] = UNSET
    stale_while_revalidate: Annotated[
        Seconds | UnsetType, Meta(description="Given past its time while a new one is fetched.")
    ] = UNSET
    stale_if_error: Annotated[
        Seconds | UnsetType, Meta(description="Given past its time while the backend fails.")
    ] = UNSET
    key_without: Annotated[
        list[str] | UnsetType,
        Meta(description="Query parameters by which answers do not differ."),
    ] = UNSET
    shared: Annotated[
        bool | UnsetType, Meta(description="One answer for all end users and credentials.")
    ] = UNSET
    max_bytes: Annotated[int | UnsetType, Meta(description="1 MiB if absent.")] = UNSET


class LimitForm(Form, kw_only=True):
    """So many calls in a time."""

    scope: Annotated[ScopeName, Meta(description="What is counted by itself.")] = "connector"
    calls: Count
    period: Annotated[Seconds | UnsetType, Meta(description="1s if absent.")] = UNSET
    burst: Annotated[
        Count | UnsetType, Meta(description="At once after a rest; `calls` if absent.")
    ] = UNSET


class ConcurrencyForm(Form, kw_only=True):
    """So many calls at once, in each process."""

    scope: Annotated[ScopeName, Meta(description="What is counted by itself.")] = "connector"
    calls: Count


class ActionPolicyForm(Form):
    """What one action has otherwise than its version."""

    timeout: Seconds | UnsetType = UNSET
    retry: RetryForm | UnsetType = UNSET
    cache: CacheForm | UnsetType = UNSET
    limits: list[LimitForm] | UnsetType = UNSET
    cost: Annotated[Count | UnsetType, Meta(description="How many calls one call counts for.")] = (
        UNSET
    )


class PolicyForm(Form):
    """How calls are limited, remembered, repeated and judged."""

    timeout: Annotated[
        Seconds, Meta(description="How long a whole call may take, at most 300s.")
    ] = "10s"
    success_statuses: Annotated[
        list[Status], Meta(description="The statuses that count as success; 200 to 299 if absent.")
    ] = msgspec.field(default_factory=list)
    error_rules: list[ErrorRuleForm] = msgspec.field(default_factory=list)
    response_validation: Annotated[
        Literal["off", "warn", "enforce"],
        Meta(description="What becomes of an answer that its declared schema does not allow."),
    ] = "warn"
    retry: RetryForm = msgspec.field(default_factory=RetryForm)
    breaker: BreakerForm = msgspec.field(default_factory=BreakerForm)
    cache: CacheForm = msgspec.field(default_factory=CacheForm)
    limits: Annotated[list[LimitForm], Meta(description="All that apply must admit a call.")] = (
        msgspec.field(default_factory=list)
    )
    concurrency: list[ConcurrencyForm] = msgspec.field(default_factory=list)
    server_concurrency: Annotated[
        Count | UnsetType, Meta(description="Calls at once to one server; 64 if absent.")
    ] = UNSET
    cost: Annotated[
        Count | UnsetType, Meta(description="How many calls one call counts for; 1 if absent.")
    ] = UNSET
    actions: Annotated[
        dict[str, ActionPolicyForm],
        Meta(description="What single actions have otherwise, by action id."),
    ] = msgspec.field(default_factory=dict)


def policy_of(form: PolicyForm) -> Policy:
    """The policy that an object stands for."""
    return noun_of(
        form,
        Policy,
        frozenset({"timeout"}),
        error_rules=tuple(_rule(each) for each in form.error_rules),
        retry=noun_of(form.retry, Retry, TIMES),
        breaker=noun_of(form.breaker, Breaker, TIMES),
        cache=noun_of(form.cache, Caching, TIMES),
        limits=_limits(form.limits),
        concurrency=tuple(noun_of(each, Concurrency, TIMES) for each in form.concurrency),
        actions={name: _action(each) for name, each in form.actions.items()},
    )


def _action(form: ActionPolicyForm) -> ActionPolicy:
    given: dict[str, Any] = {}
    if isinstance(form.timeout, str):
        given["timeout"] = seconds_of(form.timeout)
    if isinstance(form.retry, RetryForm):
        given["retry"] = noun_of(form.retry, Retry, TIMES)
    if isinstance(form.cache, CacheForm):
        given["cache"] = noun_of(form.cache, Caching, TIMES)
    if isinstance(form.limits, list):
        given["limits"] = _limits(form.limits)
    if isinstance(form.cost, int):
        given["cost"] = form.cost
    return ActionPolicy(**given)


def _limits(listed: list[LimitForm]) -> tuple[Limit, ...]:
    return tuple(noun_of(each, Limit, TIMES) for each in listed)


def _rule(form: ErrorRuleForm) -> ErrorRule:
    return ErrorRule(
        status=form.status if isinstance(form.status, int) else 0,
        pointer=form.pointer,
        equals=form.equals,
        code=Code[form.code],
        message_pointer=form.message_pointer,
    )
