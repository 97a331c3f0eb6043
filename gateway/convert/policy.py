"""Policies, serializations and networks, as messages and back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from facade.errors.fault import Code, Violation
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
from facade.model.version import Network, Serialization
from gateway.convert.mirror import NANOSECONDS, fill, read, seconds_of
from gateway.v1 import policy_pb2 as pb
from gateway.v1 import version_pb2

Count = TypeVar("Count", Limit, Concurrency)

_CODES = {each.value: each for each in Code}

_PARTS = (("retry", Retry), ("cache", Caching))
"""What a version and an action may both say."""


def policy_to(policy: Policy) -> pb.Policy:
    """A policy as a message; parts that are as always stay unset."""
    message = pb.Policy()
    fill(message, policy)
    for name, kind in (*_PARTS, ("breaker", Breaker)):
        if (part := getattr(policy, name)) != kind():
            fill(getattr(message, name), part)
            getattr(message, name).SetInParent()
    message.breaker.disabled = not policy.breaker.enabled
    if policy.breaker == Breaker():
        message.ClearField("breaker")
    message.error_rules.extend(_rule_to(each) for each in policy.error_rules)
    message.limits.extend(limit_to(each) for each in policy.limits)
    for each in policy.concurrency:
        fill(message.concurrency.add(), each)
    for name, own in policy.actions.items():
        _put_action(message.actions[name], own)
    return message


def policy_from(message: pb.Policy, field: str, problems: list[Violation]) -> Policy:
    """A policy, what it cannot say added to the problems by its field below `field`."""
    found = read(message, Policy, field, problems)
    breaker = read(message.breaker, Breaker, f"{field}.breaker", problems)
    return replace(
        found,
        retry=read(message.retry, Retry, f"{field}.retry", problems),
        cache=read(message.cache, Caching, f"{field}.cache", problems),
        breaker=replace(breaker, enabled=not message.breaker.disabled),
        error_rules=tuple(_rules(message.error_rules, f"{field}.error_rules", problems)),
        limits=_counts(message.limits, Limit, f"{field}.limits", problems),
        concurrency=tuple(
            read(
                each, Concurrency, f"{field}.concurrency[{number}]", problems, {"calls": each.calls}
            )
            for number, each in enumerate(message.concurrency)
        ),
        actions={
            name: _action(own, f"{field}.actions[{name}]", problems)
            for name, own in message.actions.items()
        },
    )


def network_to(network: Network) -> version_pb2.Network | None:
    """A network as a message; None where it is the usual one."""
    if network == Network():
        return None
    message = version_pb2.Network()
    fill(message, network)
    return message


def network_from(message: version_pb2.Network, field: str, problems: list[Violation]) -> Network:
    """A network."""
    return read(message, Network, field, problems)


def _put_action(message: pb.ActionPolicy, own: ActionPolicy) -> None:
    if own.timeout is not None:
        message.timeout.FromNanoseconds(round(own.timeout * NANOSECONDS))
    for name, _ in _PARTS:
        if (part := getattr(own, name)) is not None:
            fill(getattr(message, name), part)
            getattr(message, name).SetInParent()
    if own.limits is not None:
        message.limits.SetInParent()
        message.limits.limits.extend(limit_to(each) for each in own.limits)
    message.cost = own.cost or 0


def _action(message: pb.ActionPolicy, field: str, problems: list[Violation]) -> ActionPolicy:
    timeout = retry = cache = limits = None
    if message.HasField("timeout"):
        timeout = seconds_of(message.timeout)
    if message.HasField("retry"):
        retry = read(message.retry, Retry, f"{field}.retry", problems)
    if message.HasField("cache"):
        cache = read(message.cache, Caching, f"{field}.cache", problems)
    if message.HasField("limits"):
        limits = _counts(message.limits.limits, Limit, f"{field}.limits.limits", problems)
    return ActionPolicy(
        timeout=timeout, retry=retry, cache=cache, limits=limits, cost=message.cost or None
    )


def limit_to(limit: Limit) -> pb.Limit:
    """A limit as a message."""
    message = pb.Limit()
    fill(message, limit)
    return message


def limits_from(
    messages: Iterable[pb.Limit], field: str, problems: list[Violation]
) -> tuple[Limit, ...]:
    """Limits, what they cannot say added to the problems by its field below `field`."""
    return _counts(messages, Limit, field, problems)


def _counts(
    messages: Iterable[pb.Limit | pb.Concurrency],
    kind: type[Count],
    field: str,
    problems: list[Violation],
) -> tuple[Count, ...]:
    return tuple(
        read(each, kind, f"{field}[{number}]", problems, {"calls": each.calls})
        for number, each in enumerate(messages)
    )


def _rule_to(rule: ErrorRule) -> pb.ErrorRule:
    return pb.ErrorRule(
        http_status=rule.status,
        pointer=rule.pointer,
        equals=rule.equals,
        code=int(rule.code),
        message_pointer=rule.message_pointer,
    )


def _rules(
    messages: Iterable[pb.ErrorRule], field: str, problems: list[Violation]
) -> Iterator[ErrorRule]:
    for number, message in enumerate(messages):
        code = _CODES.get(message.code)
        if code is None:
            problems.append(unknown(f"{field}[{number}].code", message.code))
        yield ErrorRule(
            status=message.http_status,
            pointer=message.pointer,
            equals=message.equals,
            code=Code.UNKNOWN if code is None else code,
            message_pointer=message.message_pointer,
        )


def serialization_to(serialization: Serialization) -> version_pb2.Serialization | None:
    """A serialization as a message; None where it is the default."""
    if serialization == Serialization():
        return None
    message = version_pb2.Serialization()
    fill(message, serialization)
    return message


def serialization_from(
    message: version_pb2.Serialization, field: str, problems: list[Violation]
) -> Serialization:
    """A serialization, what it cannot say added to the problems by its field below `field`."""
    return read(message, Serialization, field, problems)


def unknown(field: str, number: int) -> Violation:
    """Says that an enum has no such number."""
    return Violation(field=field, description=f"{number} is none of its values")
