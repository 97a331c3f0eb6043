"""Payments: calls with a request_id, and a backend that counts how often each is made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec import structs

from facade.errors.fault import Fault
from facade.model.action import Action
from facade.model.call import Argument, Attempt, Call, Exchange, Outcome, Plan, Reply
from facade.model.names import ActionName
from facade.policy.once import Once
from facade.sealing import Seal
from facade.stores.calls import SqlCalls
from facade.stores.ledger import SqlLedger
from tests.databases import Database
from tests.fakes import a_plan

SEAL = Seal([b"k" * 32])
NAME = ActionName("shop", "live", "pay")


def a_call(amount: int = 5, request_id: str = "r1", **fields: Any) -> Call:
    arguments = {"amount": Argument(value=amount, text=str(amount))}
    return structs.replace(Call(name=NAME, arguments=arguments, request_id=request_id), **fields)


def plan(method: str = "POST", **fields: Any) -> Plan:
    action = Action(id="pay", method=method, path="/", pointer="")
    return a_plan("http://x", **{"action": action, "timeout": 1.0} | fields)


def paid(number: int) -> Outcome:
    reply = Reply(status=201, headers=(("a", "b"), ("a", "c")), body=b"\x00\xff" * 10)
    exchange = Exchange(
        method="POST",
        uri="http://x/pay",
        request_headers=(("h", "v"),),
        request_body=b"{}",
        reply=reply,
        attempts=(Attempt(status=0, seconds=0.5, reason="BACKEND_TIMEOUT"),),
        age=1.5,
    )
    return Outcome(
        json=b'{"number": %d}' % number,
        exchange=exchange,
        headers={"ratelimit": "x"},
    )


@dataclass
class Backend:
    """Counts the calls that are made, and ends each as it is told."""

    ends: Callable[[], Awaitable[object]] | Fault | None = None
    calls: list[Plan] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, given: Plan) -> Outcome:
        self.calls.append(given)
        self.called.set()
        number = len(self.calls)
        if isinstance(self.ends, Fault):
            raise self.ends
        if self.ends is not None:
            await self.ends()
        return paid(number)


class Clock:
    """A clock that is set by hand; whoever sleeps by it lets the others go on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0.002)


def a_once(ledger: SqlLedger, clock: Clock, seal: Seal = SEAL) -> Once:
    return Once(SqlCalls(ledger), seal, clock, clock.sleep)


def rows(database: Database, columns: str = "count(*)") -> list[Any]:
    return database.query(f"select {columns} from calls")  # noqa: S608 - a test's own


async def ends(call: Awaitable[Outcome]) -> Outcome:
    return await call


async def fails(call: Awaitable[object]) -> Fault:
    with pytest.raises(Fault) as failure:
        await call
    return failure.value
