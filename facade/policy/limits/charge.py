"""Charge: which limits apply to a call, under which keys, and what it costs."""

import re
from collections.abc import Callable

import msgspec

from facade.model.call import Plan
from facade.model.policy import Concurrency, Limit, Scope
from facade.policy.limits.fields import Told
from facade.policy.limits.gcra import SECOND, Rate, Step
from facade.policy.limits.script import arguments

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

OPERATORS = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)(ms|s|m|h)")

SHOWN = 16
"""Characters of an id that a fault shows."""

EVERYWHERE = ", over all connectors"
"""What an operator's limit counts."""

Name = Callable[..., str]
"""Gives a name that tells nothing of the parts which it names."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, for those whom one call counts with."""

    key: str
    subject: str
    """Whom it speaks of, for people: `connector:shop`."""
    description: str
    rate: Rate


class Room(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So many at once, for those whom one call counts with."""

    key: str
    subject: str
    places: int


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What one call takes of which limits."""

    rules: tuple[Rule, ...]
    rooms: tuple[Room, ...]
    cost: int
    keys: tuple[str, ...]
    rates: tuple[Rate, ...]
    steps: tuple[Step, ...]
    arguments: tuple[str, ...]
    """Of the script."""
    told: Told
    """The header fields."""
    at_once: tuple[int, ...]
    """What one that is admitted waits for each of the limits: nothing."""


def parse_limit(text: str) -> tuple[Limit, ...]:
    """Parses the operator's limit of each tenant: `1000/1s`; none where the text is empty.

    Raises ValueError for any other text.
    """
    if not text:
        return ()
    found = OPERATORS.fullmatch(text)
    if found is None:
        raise ValueError("a limit is CALLS/TIME, such as 1000/1s")
    calls, time, unit = found.groups()
    return (Limit(scope=Scope.TENANT, calls=int(calls), period=int(time) * UNITS[unit]),)


def charge_of(plan: Plan, operators: tuple[Limit, ...], name: Name) -> Charge:
    """What a call is charged: by the operator's limits, and by those of its policy.

    The keys of one call stand in one slot of a cluster. That is the connector's own, unless a
    limit of the operator's counts the calls to all of them.
    """
    served = plan.version.name
    connector = f"{served.tenant}/{served.connector}" if served.tenant else served.connector
    tag = name("limits", "" if operators else connector)[:12]

    def keyed(*parts: str) -> str:
        return f"{{{tag}}}{name(*parts)[:24]}"

    rules = [
        _rule(limit, plan, keyed("operator", plan.caller.tenant, *_figures(limit)), EVERYWHERE)
        for limit in operators
    ]
    rules += [
        _rule(limit, plan, keyed("limit", connector, *_parts(limit, plan), *_figures(limit)))
        for limit in dict.fromkeys(plan.policy.limits)
    ]
    rooms = [
        Room(
            key=keyed("room", connector, *_parts(each, plan), str(each.calls)),
            subject=_subject(each, plan),
            places=each.calls,
        )
        for each in plan.policy.concurrency
    ]
    rates = tuple(rule.rate for rule in rules)
    cost = plan.policy.cost
    return Charge(
        rules=tuple(rules),
        rooms=tuple(rooms),
        cost=cost,
        keys=tuple(rule.key for rule in rules),
        rates=rates,
        steps=tuple(rule.rate.step(rule.key, cost) for rule in rules),
        arguments=arguments(rates, cost),
        at_once=(0,) * len(rules),
        told=Told(_names([rule.subject.partition(":")[0] for rule in rules]), rates),
    )


def _rule(limit: Limit, plan: Plan, key: str, where: str = "") -> Rule:
    burst = limit.burst or limit.calls
    calls = "1 call" if limit.calls == 1 else f"{limit.calls} calls"
    at_once = f", {burst} at once" if limit.burst else ""
    return Rule(
        key=key,
        subject=_subject(limit, plan),
        description=f"{calls} in {limit.period:g} s{at_once}{where}",
        rate=Rate(calls=limit.calls, period=round(limit.period * SECOND), burst=burst),
    )


def _figures(limit: Limit) -> tuple[str, ...]:
    return str(limit.calls), str(limit.period), str(limit.burst)


def _parts(limit: Limit | Concurrency, plan: Plan) -> tuple[str, ...]:
    """Whom the calls of a scope are counted by, within the connector."""
    caller = plan.caller
    match limit.scope:
        case Scope.CONNECTOR:
            whom: tuple[str, ...] = ()
        case Scope.ACTION:
            whom = (plan.action.id,)
        case Scope.TENANT:
            whom = (caller.tenant,)
        case Scope.CONNECTION:
            whom = (caller.tenant, caller.connection)
        case Scope.SUBJECT:
            whom = (caller.tenant, caller.connection, caller.subject)
    return limit.scope, *whom


def _subject(limit: Limit | Concurrency, plan: Plan) -> str:
    ids = {
        Scope.CONNECTOR: plan.version.name.connector,
        Scope.ACTION: plan.action.id,
        Scope.TENANT: plan.caller.tenant,
        Scope.CONNECTION: plan.caller.connection,
        Scope.SUBJECT: plan.caller.subject,
    }
    whom = ids[limit.scope]
    shown = whom if len(whom) <= SHOWN else f"{whom[:SHOWN]}…"
    return f"{limit.scope}:{shown}" if shown else str(limit.scope)


def _names(scopes: list[str]) -> tuple[str, ...]:
    """A name for each rule: its scope, with a number where there are more of it."""
    return tuple(
        f"{scope}-{scopes[:place].count(scope) + 1}" if scope in scopes[:place] else scope
        for place, scope in enumerate(scopes)
    )
