"""What is wrong with a policy, by field; pure."""

import math
from collections.abc import Iterator
from dataclasses import replace

from facade.errors.fault import Code, Violation
from facade.model.field_names import TOKEN, is_reserved
from facade.model.policy import (
    ActionPolicy,
    Breaker,
    CacheMode,
    Caching,
    Concurrency,
    ErrorRule,
    Limit,
    Policy,
    Retry,
)

MAX_TIMEOUT = 300.0
DAY = 86_400.0
YEAR = 366 * DAY
LARGEST = 1_000_000_000
"""Of counts."""
MAX_ATTEMPTS = 10
MAX_BYTES = 64 * 2**20
MAX_LIMITS = 16
MAX_ACTIONS = 1000


def check_policy(policy: Policy, field: str) -> Iterator[Violation]:
    """Everything that forbids a policy."""
    yield from _lasts(policy.timeout, MAX_TIMEOUT, f"{field}.timeout", above=True)
    for number, status in enumerate(policy.success_statuses):
        yield from _within(status, 100, 599, f"{field}.success_statuses[{number}]")
    for number, rule in enumerate(policy.error_rules):
        yield from _check_rule(rule, f"{field}.error_rules[{number}]")
    yield from _check_retry(policy.retry, f"{field}.retry")
    yield from _check_breaker(policy.breaker, f"{field}.breaker")
    yield from _check_cache(policy.cache, f"{field}.cache")
    yield from check_limits(policy.limits, policy.cost, f"{field}.limits")
    for number, count in enumerate(policy.concurrency):
        yield from _check_count(count, f"{field}.concurrency[{number}]")
    yield from _within(policy.server_concurrency, 1, LARGEST, f"{field}.server_concurrency")
    yield from _within(policy.cost, 1, LARGEST, f"{field}.cost")
    if len(policy.actions) > MAX_ACTIONS:
        yield Violation(field=f"{field}.actions", description=f"at most {MAX_ACTIONS} actions")
    for name, own in policy.actions.items():
        yield from _check_action(own, policy.of(name), f"{field}.actions[{name}]")


def _check_action(own: ActionPolicy, whole: Policy, field: str) -> Iterator[Violation]:
    if own.timeout is not None:
        yield from _lasts(own.timeout, MAX_TIMEOUT, f"{field}.timeout", above=True)
    if own.retry is not None:
        yield from _check_retry(own.retry, f"{field}.retry")
    if own.cache is not None:
        yield from _check_cache(own.cache, f"{field}.cache")
    if own.limits is not None:
        yield from check_limits(own.limits, whole.cost, f"{field}.limits.limits")
    if own.cost is not None:
        most = min((each.burst or each.calls for each in whole.limits), default=LARGEST)
        yield from _within(own.cost, 1, most, f"{field}.cost")


def _check_retry(retry: Retry, field: str) -> Iterator[Violation]:
    yield from _within(retry.max_attempts, 1, MAX_ATTEMPTS, f"{field}.max_attempts")
    yield from _lasts(retry.initial_backoff, MAX_TIMEOUT, f"{field}.initial_backoff")
    yield from _lasts(retry.max_backoff, MAX_TIMEOUT, f"{field}.max_backoff")
    for number, status in enumerate(retry.statuses):
        yield from _within(status, 400, 599, f"{field}.statuses[{number}]")
    name = retry.idempotency_header
    if name and (not TOKEN.fullmatch(name) or is_reserved(name)):
        yield Violation(
            field=f"{field}.idempotency_header",
            description="must be a header that neither the gateway nor a credential sets",
        )


def _check_breaker(breaker: Breaker, field: str) -> Iterator[Violation]:
    yield from _within(breaker.consecutive_failures, 1, LARGEST, f"{field}.consecutive_failures")
    yield from _within(breaker.failure_ratio, 0.0, 1.0, f"{field}.failure_ratio", above=True)
    yield from _within(breaker.minimum_calls, 1, LARGEST, f"{field}.minimum_calls")
    for name in ("window", "open_time", "max_open_time"):
        yield from _lasts(getattr(breaker, name), DAY, f"{field}.{name}", above=True)


def _check_cache(cache: Caching, field: str) -> Iterator[Violation]:
    for name in ("ttl", "negative_ttl", "stale_while_revalidate", "stale_if_error"):
        yield from _lasts(getattr(cache, name), DAY, f"{field}.{name}")
    yield from _within(cache.max_bytes, 1, MAX_BYTES, f"{field}.max_bytes")
    if cache.mode is CacheMode.OVERRIDE and not (cache.ttl or cache.negative_ttl):
        yield Violation(field=f"{field}.ttl", description="is required for the mode `override`")


def check_limits(limits: tuple[Limit, ...], cost: int, field: str) -> Iterator[Violation]:
    """Everything that is wrong with limits, for calls of a cost."""
    if len(limits) > MAX_LIMITS:
        yield Violation(field=field, description=f"at most {MAX_LIMITS} limits")
    for number, limit in enumerate(limits):
        place = f"{field}[{number}]"
        yield from _check_count(limit, place)
        if not 0.001 <= limit.period <= 31 * DAY:
            yield Violation(
                field=f"{place}.period", description="at least 1 ms and at most 31 days"
            )
        yield from _within(limit.burst, 0, LARGEST, f"{place}.burst")
        burst = limit.burst or limit.calls
        if burst < cost:
            yield Violation(
                field=place, description=f"less at once than the cost of a call, {cost}"
            )
        if limit.calls > 0 and burst * limit.period / limit.calls > YEAR:
            yield Violation(
                field=place, description="a burst may take at most 366 days to come back"
            )


def _check_count(count: Limit | Concurrency, field: str) -> Iterator[Violation]:
    yield from _within(count.calls, 1, LARGEST, f"{field}.calls")


def _check_rule(rule: ErrorRule, field: str) -> Iterator[Violation]:
    if rule.status and not 100 <= rule.status <= 599:
        yield Violation(field=f"{field}.http_status", description="from 100 to 599, or 0")
    if rule.code is Code.OK:
        yield Violation(field=f"{field}.code", description="the code of an error is required")
    for name, pointer in (("pointer", rule.pointer), ("message_pointer", rule.message_pointer)):
        if pointer and not pointer.startswith("/"):
            yield Violation(field=f"{field}.{name}", description="a JSON pointer begins with `/`")


def _lasts(seconds: float, most: float, field: str, *, above: bool = False) -> Iterator[Violation]:
    """The same of a time."""
    for each in _within(seconds, 0.0, most, field, above=above):
        yield replace(each, description=f"{each.description} s")


def _within(
    value: float, least: float, most: float, field: str, *, above: bool = False
) -> Iterator[Violation]:
    """Says so where a number is none, or beyond its bounds; `above`: the least is excluded."""
    if math.isfinite(value) and least <= value <= most and not (above and value == least):
        return
    bound = f"more than {least:g}" if above else f"at least {least:g}"
    yield Violation(field=field, description=f"{bound} and at most {most:.12g}")
