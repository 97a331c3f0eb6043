"""Calls with a request_id happen once, whoever makes them again and when."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from facade.errors.backend import BackendNotFound, BackendTimeout, BackendUnreachable
from facade.errors.caller import RequestIdReused
from facade.errors.fault import Code, Details, Effect, Fault, Quota, Resource, Violation
from facade.errors.service import CallInProgress
from facade.model.call import Argument, Caller, Outcome, Plan, Upload
from facade.model.credential import Credential, Grant, OAuth2, Passthrough
from facade.model.names import ActionName
from facade.model.version import Version
from facade.policy.once import Once, fingerprint_of
from facade.stores.calls import SqlCalls
from facade.stores.ledger import SqlLedger, open_ledger
from tests.databases import Database
from tests.fakes import a_version
from tests.payments import SEAL, Backend, Clock, a_call, a_once, ends, fails, paid, plan, rows


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def once(ledger: SqlLedger, clock: Clock) -> Once:
    return a_once(ledger, clock)


async def test_b24_a_repeat_is_told_what_the_first_call_came_to(once: Once) -> None:
    backend = Backend()
    first = await once.outcome(a_call(), plan(), backend)
    assert first == paid(1)
    assert await once.outcome(a_call(), plan(), backend) == first
    assert len(backend.calls) == 1


async def test_a_call_without_a_request_id_leaves_nothing_behind(
    once: Once, database: Database
) -> None:
    backend = Backend()
    for _ in range(2):
        await once.outcome(a_call(request_id=""), plan(), backend)
    assert (len(backend.calls), rows(database)) == (2, [(0,)])


async def test_b24_a_large_answer_is_kept_whole_and_sealed(once: Once, database: Database) -> None:
    body = bytes(range(256)) * 16384
    large = Outcome(body=body, content_type="a/b", exchange=paid(1).exchange)

    async def backend(_given: Plan) -> Outcome:
        return large

    await once.outcome(a_call(), plan(), backend)
    assert await once.outcome(a_call(), plan(), backend) == large
    [(answer,)] = rows(database, "answer")
    assert body[:64] not in answer
    assert len(answer) < len(body) / 10


FAULT = BackendNotFound(
    "no such account",
    code=Code.FAILED_PRECONDITION,
    effect=Effect.EXECUTED,
    details=Details(
        violations=(Violation(field="f", description="d"),),
        resource=Resource(type="t", name="n", suggestions=("s",)),
        retry_after=2.5,
        facts={"httpStatus": "404"},
        quotas=(Quota(subject="s", description="d"),),
        headers={"a": "b"},
        excerpt="said",
    ),
)


@pytest.mark.parametrize("fault", [FAULT, BackendTimeout("late")])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_b24_a_repeat_is_told_the_same_failure_and_nothing_runs_again(
    once: Once, fault: Fault, method: str
) -> None:
    backend, told = Backend(fault), []
    for _ in range(3):
        with pytest.raises(Fault) as failure:
            await once.outcome(a_call(), plan(method), backend)
        told.append(failure.value)
    assert len(backend.calls) == 1
    assert told[0] is fault
    for each in told[1:]:
        assert type(each) is type(fault)
        assert (each.message, each.status, each.effect, each.details) == (
            fault.message,
            fault.status,
            fault.effect,
            fault.details,
        )


async def test_a_call_of_which_nothing_reached_the_backend_is_tried_again(
    once: Once, database: Database
) -> None:
    backend = Backend(BackendUnreachable("no"))
    with pytest.raises(BackendUnreachable):
        await once.outcome(a_call(), plan(), backend)
    assert rows(database) == [(0,)]
    backend.ends = None
    assert await once.outcome(a_call(), plan(), backend) == paid(2)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 6},
        {"name": ActionName("shop", "live", "refund")},
        {"upload": Upload(content_type="a/b", data=b"1")},
        {"content_type": "a/b"},
        {"accept": "a/b"},
        {"caller": Caller(subject="bob")},
        {"caller_name": "key:other"},
    ],
)
async def test_b22_another_call_with_the_same_request_id_is_refused(
    once: Once, other: dict[str, Any]
) -> None:
    backend = Backend()
    first = await once.outcome(a_call(), plan(), backend)
    with pytest.raises(RequestIdReused) as refusal:
        await once.outcome(a_call(**other), plan(), backend)
    assert [each.field for each in refusal.value.details.violations] == ["request_id"]
    assert await once.outcome(a_call(), plan(), backend) == first
    assert len(backend.calls) == 1


PASSED = Passthrough(metadata="authorization", header="Authorization")
EXCHANGED = OAuth2(grant=Grant.TOKEN_EXCHANGE, subject_metadata="authorization")


@pytest.mark.parametrize(
    "version",
    [
        a_version(passthrough=(PASSED,)),
        a_version(credentials=(Credential(scheme="s", kind=EXCHANGED),)),
    ],
)
async def test_what_one_user_was_told_is_not_told_to_another_with_a_credential_of_its_own(
    once: Once, version: Version
) -> None:
    alice, bob = (
        plan(version=version, metadata={"authorization": name, "traceparent": name})
        for name in ("alice", "bob")
    )
    backend = Backend()
    first = await once.outcome(a_call(), alice, backend)
    assert isinstance(await fails(once.outcome(a_call(), bob, backend)), RequestIdReused)
    again = structs.replace(alice, metadata={**alice.metadata, "traceparent": "another"})
    assert await once.outcome(a_call(), again, backend) == first
    assert len(backend.calls) == 1


def test_the_same_call_written_otherwise_is_the_same_call() -> None:
    values = {"b": 1, "a": {"y": [1], "x": 2**70}}
    names = list(values)
    texts = [structs.replace(a_call(), arguments={}), structs.replace(a_call(), arguments={})]
    for order, target in ((names, 0), (names[::-1], 1)):
        given = {name: Argument(value=values[name], text=" " * target) for name in order}
        texts[target] = structs.replace(a_call(), arguments=given)
    assert fingerprint_of(texts[0]) == fingerprint_of(texts[1])
    one = structs.replace(a_call(), arguments={"a": Argument(value=1, text="1")})
    text = structs.replace(a_call(), arguments={"a": Argument(value="1", text='"1"')})
    assert fingerprint_of(one) != fingerprint_of(text)


async def test_tenants_connections_and_connectors_have_request_ids_of_their_own(
    once: Once,
) -> None:
    backend = Backend()
    for caller in (Caller(), Caller(tenant="t"), Caller(connection="t")):
        await once.outcome(a_call(), plan(caller=caller), backend)
    assert len(backend.calls) == 3


async def test_b23_of_calls_at_once_in_several_processes_one_is_made_and_all_are_told(
    database: Database,
) -> None:
    ledgers = [await open_ledger(database.url) for _ in range(2)]
    backend = Backend(lambda: asyncio.sleep(0.05))
    found = await asyncio.gather(
        *(
            Once(SqlCalls(ledger), SEAL).outcome(a_call(), plan(timeout=5.0), backend)
            for ledger in ledgers * 4
        )
    )
    assert found == [paid(1)] * 8
    assert len(backend.calls) == 1
    for ledger in ledgers:
        await ledger.close()


async def test_b23_who_cannot_wait_for_the_first_call_is_told_that_it_is_under_way(
    once: Once, clock: Clock
) -> None:
    ended = asyncio.Event()
    backend = Backend(ended.wait)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(ends(once.outcome(a_call(), plan(timeout=60.0), backend)))
        await backend.called.wait()
        began = clock.now
        with pytest.raises(CallInProgress) as refusal:
            await once.outcome(a_call(), plan(timeout=0.5), backend)
        assert refusal.value.details.retry_after == 1.0
        assert clock.now - began <= 0.5
        ended.set()
    assert first.result() == paid(1)


async def test_who_waits_for_a_call_that_did_nothing_makes_it_with_the_time_that_is_left(
    once: Once,
) -> None:
    async def refuse() -> None:
        await asyncio.sleep(0.05)
        if len(backend.calls) == 1:
            raise BackendUnreachable("no")

    backend = Backend(refuse)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(fails(once.outcome(a_call(), plan(timeout=60.0), backend)))
        await backend.called.wait()
        second = await once.outcome(a_call(), plan(timeout=60.0), backend)
    assert isinstance(first.result(), BackendUnreachable)
    assert second == paid(2)
    assert 0 < backend.calls[1].timeout < 60.0
