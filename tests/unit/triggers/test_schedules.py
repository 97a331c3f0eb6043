"""O08: each tick starts one run over all replicas, whatever happens to them; in virtual time."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from facade.errors.caller import InvalidRequest
from facade.errors.service import StoreUnavailable
from facade.model.definition import CatchUp, Schedule
from facade.model.flow import FlowState
from facade.model.trigger import TriggerRecord, TriggerState
from facade.stores.triggers import SqlTriggers, Written
from facade.triggers.leadership import LEASE
from tests.triggers import BEGIN, House, a_flow, a_flow_version, a_house

EVERY_MINUTE = Schedule(cron="* * * * *")
UID = a_flow(EVERY_MINUTE).uid


def at(*minutes: int) -> list[str]:
    """Ticks, by the minutes behind the beginning."""
    times = (BEGIN + timedelta(minutes=each) for each in minutes)
    return [each.isoformat().replace("+00:00", "Z") for each in times]


async def record_of(house: House) -> TriggerRecord:
    found = await SqlTriggers(house.ledger).find("", UID)
    assert found is not None
    return found


async def test_o08_two_replicas_start_each_tick_once(tmp_path: Path) -> None:
    async with a_house(tmp_path, a_flow(EVERY_MINUTE)) as house:
        await house.pass_by(300, await house.replica(), await house.replica(), step=5)
        assert house.runs.ids == at(1, 2, 3, 4, 5)
        assert house.runs.asked == 5
        values = next(iter(house.runs.started.values()))
        assert values == {"kind": "SCHEDULE", "id": at(1)[0], "time": at(1)[0]}


async def test_o08_another_replica_takes_over_from_one_that_dies(tmp_path: Path) -> None:
    async with a_house(tmp_path, a_flow(EVERY_MINUTE)) as house:
        first, second = await house.replica(), await house.replica()
        await house.pass_by(70, first, second)
        await house.pass_by(60, second)
        assert house.runs.ids == at(1, 2)


async def test_o08_one_that_slept_through_its_lease_writes_nothing_any_more(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        store, now = SqlTriggers(house.ledger), BEGIN
        old = await store.take("first", now, now + LEASE)
        new = await store.take("second", now + LEASE, now + 2 * LEASE)
        assert old is not None
        assert new == old + 1
        record = TriggerRecord(flow_uid=UID, flow="orders", kind="schedule")
        assert await store.put(record, old) is Written.FENCED
        assert await store.put(record, new) is Written.DONE
        assert await store.put(record, new) is Written.STALE
        assert await store.put(structs.replace(record, revision=1), new) is Written.DONE


@pytest.mark.parametrize(
    ("catch_up", "minutes"),
    [(CatchUp.SKIP, [1, 12]), (CatchUp.LAST, [1, 11, 12]), (CatchUp.ALL, [*range(1, 13)])],
)
async def test_o08_what_was_missed_while_nothing_ran_is_caught_up_as_the_flow_says(
    tmp_path: Path, catch_up: CatchUp, minutes: list[int]
) -> None:
    async with a_house(tmp_path, a_flow(Schedule(cron="* * * * *", catch_up=catch_up))) as house:
        await house.pass_by(60, await house.replica(), step=10)
        house.clock.advance(640)  # until 11:40
        await house.pass_by(20, await house.replica(), step=10)
        assert house.runs.ids == at(*minutes)


async def test_o08_a_tick_whose_run_cannot_be_started_now_is_started_later(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, a_flow(EVERY_MINUTE)) as house:
        replica = await house.replica()
        await house.pass_by(10, replica, step=5)
        house.runs.fails = StoreUnavailable("the database does not answer")
        await house.pass_by(60, replica, step=5)
        failing = await record_of(house)
        assert failing.state is TriggerState.ERROR
        assert failing.last_error.startswith("STORE_UNAVAILABLE: ")
        house.runs.fails = None
        await house.pass_by(60, replica, step=5)
        assert house.runs.ids == at(1, 2)
        assert (await record_of(house)).state is TriggerState.ACTIVE


async def test_a_tick_whose_run_can_never_start_is_told_and_passed_over(tmp_path: Path) -> None:
    async with a_house(tmp_path, a_flow(EVERY_MINUTE)) as house:
        replica = await house.replica()
        house.runs.fails = InvalidRequest("input: tag is required")
        await house.pass_by(90, replica, step=10)
        assert (await record_of(house)).last_error == "INVALID_REQUEST: input: tag is required"
        house.runs.fails = None
        await house.pass_by(60, replica, step=10)
        assert house.runs.ids == at(2)


async def test_a_flow_that_is_suspended_misses_its_ticks(tmp_path: Path) -> None:
    flow = a_flow(Schedule(cron="* * * * *", catch_up=CatchUp.ALL))
    async with a_house(tmp_path, flow) as house:
        replica = await house.replica()
        await house.pass_by(60, replica, step=10)
        rests = house.flows.put(flow, state=FlowState.SUSPENDED)
        await replica.changed(flow, rests)
        await house.pass_by(150, replica, step=10)
        assert (await record_of(house)).next_time is None
        house.flows.put(flow, update_time=house.clock.now)
        await house.pass_by(60, replica, step=10)
        assert house.runs.ids == at(1, 4)


async def test_a_flow_that_rests_while_nobody_looks_has_missed_its_ticks_too(
    tmp_path: Path,
) -> None:
    flow = a_flow(Schedule(cron="* * * * *", catch_up=CatchUp.ALL))
    async with a_house(tmp_path, flow) as house:
        replica = await house.replica()
        await house.pass_by(60, replica, step=10)
        await replica.changed(flow, house.flows.put(flow, state=FlowState.SUSPENDED))
        house.clock.advance(150)
        house.flows.put(flow, update_time=house.clock.now)
        await house.pass_by(60, replica, step=10)
        assert house.runs.ids == at(1, 4)


async def test_another_version_has_its_own_ticks_from_its_publication_on(tmp_path: Path) -> None:
    flow = a_flow(EVERY_MINUTE)
    async with a_house(tmp_path, flow) as house:
        replica = await house.replica()
        await house.pass_by(60, replica, step=10)
        hourly = a_flow_version(flow.name, "v2", Schedule(cron="0 * * * *"))
        versions = (*flow.versions, hourly)
        house.flows.put(flow, versions=versions, published="v2", update_time=house.clock.now)
        await house.pass_by(3600, replica, step=60)
        assert house.runs.ids == at(1, 60)


async def test_a_flow_that_is_deleted_is_forgotten(tmp_path: Path) -> None:
    async with a_house(tmp_path, a_flow(EVERY_MINUTE)) as house:
        replica = await house.replica()
        await house.pass_by(10, replica, step=5)
        house.flows.kept.clear()
        await house.pass_by(10, replica, step=5)
        assert await SqlTriggers(house.ledger).every() == ()


async def test_without_published_flows_there_is_one_look_at_the_ledger_and_no_lease(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await house.pass_by(5, await house.replica())
        store = SqlTriggers(house.ledger)
        assert house.flows.asked == 5
        assert await store.take("another", BEGIN, BEGIN + LEASE) == 1


async def test_o08_a_day_goes_by_and_no_tick_is_lost(tmp_path: Path) -> None:
    """Berlin, the night of 2026-03-29: 23 hours, with two replicas that take turns."""
    flow = a_flow(Schedule(cron="15 * * * *", time_zone="Europe/Berlin"))
    async with a_house(tmp_path, flow) as house:
        house.clock.now = BEGIN.replace(day=28, hour=23)
        house.flows.put(flow, update_time=house.clock.now)
        pair = await house.replica(), await house.replica()
        for hour in range(23):
            await house.pass_by(3600, pair[hour % 2], step=300)
        assert len(house.runs.ids) == house.runs.asked == 23
