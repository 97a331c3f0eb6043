"""Triggers over both databases: the lease and its fence, messages, items, and tenants apart."""

import asyncio
from datetime import UTC, datetime, timedelta

from msgspec import structs

from facade.model.access import ANYONE
from facade.model.definition import Webhook
from facade.model.trigger import TriggerRecord
from facade.sealing import Seal
from facade.stores.ledger import SqlLedger
from facade.stores.trigger_endpoints import SqlEndpoints
from facade.stores.triggers import ITEMS, MESSAGES, SqlTriggers, Written
from facade.triggers.endpoints import Endpoints
from tests.triggers import BEGIN, KEY, a_flow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=15)
UID = a_flow(Webhook()).uid
RECORD = TriggerRecord(tenant="shop", flow_uid=UID, flow="orders", kind="poll")


async def test_o08_of_several_at_once_one_has_the_lease_and_the_last_alone_writes(
    ledger: SqlLedger,
) -> None:
    store = SqlTriggers(ledger)
    takes = (store.take(f"holder-{number}", NOW, NOW + LEASE) for number in range(8))
    tokens = await asyncio.gather(*takes)
    assert sorted(tokens, key=str) == [1, *[None] * 7]
    assert not await store.is_free(NOW)
    assert await store.is_free(NOW + LEASE)
    new = await store.take("another", NOW + LEASE, NOW + 2 * LEASE)
    assert new == 2
    assert await store.put(RECORD, 1) is Written.FENCED
    assert await store.put(RECORD, 2) is Written.DONE
    assert await store.put(RECORD, 2) is Written.STALE
    await store.release("another", NOW)
    assert await store.is_free(NOW)


async def test_k03_of_two_that_keep_a_message_one_is_the_first(ledger: SqlLedger) -> None:
    store = SqlTriggers(ledger)
    both = (store.keep_message("shop", UID, "m1", "flows/a/runs/b", NOW) for _ in range(2))
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert await store.message("shop", UID, "m1") == "flows/a/runs/b"
    assert await store.message("bank", UID, "m1") is None
    assert await store.last_message("shop", UID) == ("flows/a/runs/b", NOW)
    later = NOW + MESSAGES
    assert await store.keep_message("shop", UID, "m2", "", later)
    assert await store.message("shop", UID, "m1") is None


async def test_p5_items_are_remembered_with_the_record_and_the_oldest_forgotten(
    ledger: SqlLedger,
) -> None:
    store = SqlTriggers(ledger)
    token = await store.take("holder", NOW, NOW + LEASE)
    old = [f"{number:040x}" for number in range(ITEMS)]
    assert await store.put(RECORD, token, old, NOW) is Written.DONE
    new = [old[0], "f" * 40, "e" * 40]
    second = structs.replace(RECORD, revision=1)
    assert await store.put(second, token, new, NOW + LEASE) is Written.DONE
    seen = await store.seen("shop", UID, [*old[:4], *new])
    assert {*new} <= seen
    assert len(await store.seen("shop", UID, [*old, *new])) in {ITEMS, ITEMS + 1}
    assert await store.seen("bank", UID, new) == frozenset()
    assert [each.flow for each in await store.every()] == ["orders"]
    assert await store.find("bank", UID) is None
    kept = structs.replace(RECORD, revision=2)
    assert token is not None
    assert await store.drop(kept, token) is Written.DONE
    assert await store.every() == ()


async def test_k05_secrets_are_rotated_and_those_of_before_end(ledger: SqlLedger) -> None:
    endpoints = Endpoints(SqlEndpoints(ledger), Seal([KEY]), BEGIN.timestamp)
    flow = a_flow(Webhook(), tenant="shop")
    made = await asyncio.gather(*(endpoints.of(flow) for _ in range(3)))
    assert len({each.id for each in made}) == 1
    texts = [await endpoints.rotate(flow, 60, ANYONE) for _ in range(6)]
    assert len(set(texts)) == 6
    found = await endpoints.find(made[0].id)
    assert found is not None
    assert len(endpoints.keys(found)) == 4
    assert await endpoints.secret(flow) == texts[-1]
    strange = Endpoints(SqlEndpoints(ledger), Seal([b"o" * 32]), BEGIN.timestamp)
    unread = await strange.find(made[0].id)
    assert unread is not None
    assert unread.secrets == ()
