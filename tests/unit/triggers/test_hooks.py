"""Messages to the addresses of flows: signed, once, over replicas and restarts."""

import asyncio
import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from facade.errors.caller import InvalidRequest
from facade.errors.service import StoreUnavailable
from facade.errors.triggers import (
    TriggerMismatch,
    TriggerSuspended,
    WebhookNotFound,
    WebhookRefused,
)
from facade.model.access import Identity
from facade.model.definition import (
    Expression,
    Manual,
    Schedule,
    Webhook,
)
from facade.model.flow import Flow, FlowState
from facade.triggers.hooks import Received
from facade.triggers.triggers import Triggers
from tests.triggers import BEGIN, House, a_flow, a_house, sign

FLOW = a_flow(Webhook())
BODY = b'{"kind": "paid", "total": 12.50}'


async def address(triggers: Triggers, flow: Flow = FLOW) -> tuple[str, bytes]:
    """The id of a flow's address, and a new secret of it."""
    status = await triggers.management.get(flow.name)
    text = await triggers.management.rotate(flow.name)
    return status.url.removeprefix("https://portico.example/hooks/"), key_of(text)


def key_of(text: str) -> bytes:
    return base64.b64decode(text.removeprefix("whsec_"))


def fields(house: House, key: bytes, body: bytes = BODY, id_: str = "m1") -> dict[str, str]:
    """The header fields of a message of now."""
    time = int(house.clock())
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(time),
        "webhook-signature": sign(key, id_, time, body),
    }


async def send(house: House, triggers: Triggers, to: tuple[str, bytes], **more: Any) -> Received:
    """Sends a message, signed now."""
    body = more.pop("body", BODY)
    headers = fields(house, to[1], body, more.pop("id_", "m1")) | more
    return await triggers.hooks.receive(to[0], headers, body)


async def test_k03_a_message_that_comes_again_to_another_replica_starts_nothing(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, FLOW) as house:
        one, other = await house.replica(), await house.replica()
        to = await address(one)
        first, again = await send(house, one, to), await send(house, other, to)
        assert not first.is_duplicate
        assert again == Received(run=first.run, is_duplicate=True)
        assert house.runs.asked == 1
        house.clock.advance(600)
        late = await send(house, await house.replica(), to)
        assert late.is_duplicate


async def test_k03_of_two_at_once_one_is_the_first(tmp_path: Path) -> None:
    async with a_house(tmp_path, FLOW) as house:
        one, other = await house.replica(), await house.replica()
        to = await address(one)
        both = await asyncio.gather(send(house, one, to), send(house, other, to))
        assert sorted(each.is_duplicate for each in both) == [False, True]
        assert len({each.run for each in both}) == len(house.runs.started) == 1


async def test_k03_a_message_whose_run_could_not_start_may_come_again(tmp_path: Path) -> None:
    async with a_house(tmp_path, FLOW) as house:
        triggers = await house.replica()
        to = await address(triggers)
        house.runs.fails = StoreUnavailable("the database does not answer")
        with pytest.raises(StoreUnavailable):
            await send(house, triggers, to)
        house.runs.fails = None
        assert not (await send(house, triggers, to)).is_duplicate


async def test_k05_an_old_secret_is_believed_until_its_end(tmp_path: Path) -> None:
    async with a_house(tmp_path, FLOW) as house:
        triggers = await house.replica()
        id_, old = await address(triggers)
        new = key_of(await triggers.management.rotate(FLOW.name, overlap=3600))
        ends = (await triggers.management.get(FLOW.name)).secret_end_times
        assert ends == (None, BEGIN + timedelta(hours=1))
        assert (await send(house, triggers, (id_, old), id_="by-old")).run
        house.clock.advance(3600)
        with pytest.raises(WebhookRefused):
            await send(house, triggers, (id_, old), id_="too-late")
        assert (await send(house, triggers, (id_, new), id_="by-new")).run


async def test_k06_the_secret_of_another_tenant_is_refused_as_any_other(tmp_path: Path) -> None:
    theirs = a_flow(Webhook(), tenant="bank")
    async with a_house(tmp_path, FLOW, theirs) as house:
        triggers = await house.replica()
        ours, bank = await address(triggers), await address(triggers, theirs)
        told = []
        for key in (ours[1], b"x" * 32):
            with pytest.raises(WebhookRefused) as refused:
                await send(house, triggers, (bank[0], key))
            told.append((refused.value.message, refused.value.details))
        assert told[0] == told[1]
        assert (await send(house, triggers, bank)).run


async def test_k08_ids_are_random_and_what_is_not_there_is_told_in_the_same_words(
    tmp_path: Path,
) -> None:
    without = a_flow(Webhook(), flow="unpublished", published="", state=FlowState.DRAFT)
    timed = a_flow(Schedule(cron="* * * * *"), flow="timed")
    async with a_house(tmp_path, FLOW, without, timed) as house:
        triggers = await house.replica()
        to, draft = await address(triggers), await address(triggers, without)
        assert len(to[0]) == 43
        house.flows.kept.pop(FLOW.name)
        gone = (to[0], "A" * 43, "short", "../etc", "é" * 43, draft[0])
        told = set()
        for id_ in gone:
            with pytest.raises(WebhookNotFound) as missing:
                await send(house, triggers, (id_, to[1]))
            told.add((missing.value.message, str(missing.value.details)))
        assert len(told) == 1


async def test_an_address_without_a_secret_believes_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, FLOW) as house:
        triggers = await house.replica()
        status = await triggers.management.get(FLOW.name)
        assert status.secret_end_times == ()
        with pytest.raises(WebhookRefused):
            await send(house, triggers, (status.url.rpartition("/")[2], b"\0"))


async def test_the_body_is_json_or_text_and_credentials_are_not_shown(tmp_path: Path) -> None:
    async with a_house(tmp_path, FLOW) as house:
        triggers = await house.replica()
        to = await address(triggers)
        more = {"authorization": "Bearer x", "cookie": "a=b", "x-api-key": "k", "x-kind": "paid"}
        await send(house, triggers, to, **more)
        plain = {"content-type": "text/plain"}
        await send(house, triggers, to, body="hö".encode(), id_="m2", **plain)
        await send(house, triggers, to, body=b"", id_="m3")
        first, second, third = house.runs.started.values()
        assert first["body"] == {"kind": "paid", "total": 12.5}
        assert sorted(first["headers"]) == [
            "content-type",
            "webhook-id",
            "webhook-timestamp",
            "x-kind",
        ]
        assert (first["kind"], first["id"]) == ("WEBHOOK", "m1")
        assert (second["body"], third["body"]) == ("hö", None)
        for number, (body, kind) in enumerate(
            [
                (b"{", "application/json"),
                (b"\xff", "text/plain"),
                (b"[" * 5000, "application/b+json"),
            ]
        ):
            with pytest.raises(InvalidRequest) as refused:
                await send(
                    house, triggers, to, body=body, id_=f"bad{number}", **{"content-type": kind}
                )
            assert refused.value.message.startswith("body: must be JSON")


async def test_i1_what_the_filter_does_not_want_is_dropped_and_remembered(
    tmp_path: Path,
) -> None:
    flow = a_flow(Webhook(filter=Expression("body.kind == 'paid'")))
    async with a_house(tmp_path, flow) as house:
        triggers = await house.replica()
        to = await address(triggers, flow)
        assert await send(house, triggers, to, body=b'{"kind": "open"}') == Received()
        assert await send(house, triggers, to, body=b"[]", id_="m2") == Received()
        assert await send(house, triggers, to, body=b'{"kind": "open"}') == Received(
            is_duplicate=True
        )
        assert (await send(house, triggers, to, id_="m3")).run
        assert house.runs.asked == 1


async def test_a_flow_that_is_suspended_refuses_what_is_signed_and_takes_it_later(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, FLOW) as house:
        triggers = await house.replica()
        to = await address(triggers)
        house.flows.put(FLOW, state=FlowState.SUSPENDED)
        with pytest.raises(TriggerSuspended):
            await send(house, triggers, to)
        with pytest.raises(WebhookRefused):
            await send(house, triggers, (to[0], b"x" * 32))
        house.flows.put(FLOW)
        assert (await send(house, triggers, to)).run


async def test_secrets_lie_sealed_and_their_making_is_audited(tmp_path: Path) -> None:
    async with a_house(tmp_path, FLOW) as house:
        triggers = await house.replica()
        _, key = await address(triggers)
        by = Identity(tenant="", name="key:ci")
        text = await triggers.management.rotate(FLOW.name, overlap=0, by=by)
        async with house.ledger.transaction(tenant="*") as database:
            rows = (await database.execute(sql("SELECT * FROM trigger_endpoints"))).all()
            audit = (await database.execute(sql("SELECT * FROM audit"))).all()
        told = str(rows) + str(audit)
        assert key not in bytes(rows[0].sealed)
        assert text not in told
        assert [each.caller for each in audit] == ["anyone", "key:ci"]
        assert {each.method for each in audit} == {"rotate_webhook_secret"}
        assert len((await triggers.management.get(FLOW.name)).secret_end_times) == 1


async def test_only_webhooks_have_a_secret_and_only_what_ticks_is_fired(tmp_path: Path) -> None:
    manual, timed = (
        a_flow(Manual(), flow="manual"),
        a_flow(Schedule(cron="0 0 1 1 *"), flow="timed"),
    )
    async with a_house(tmp_path, FLOW, manual, timed) as house:
        management = (await house.replica()).management
        for flow in (manual, timed):
            with pytest.raises(TriggerMismatch):
                await management.rotate(flow.name)
        for flow in (manual, FLOW):
            with pytest.raises(TriggerMismatch):
                await management.fire(flow.name)
        run = await management.fire(timed.name)
        assert run.startswith("flows/timed/runs/")
        assert await management.fire(timed.name) != run
        with pytest.raises(InvalidRequest):
            await management.rotate(FLOW.name, overlap=-1)
