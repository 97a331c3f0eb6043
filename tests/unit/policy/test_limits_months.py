"""A limit of a month knows no calendar: neither its ends nor a time zone gives calls away."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from facade.errors.service import QuotaExceeded
from facade.model.call import Plan
from facade.model.policy import Limit, Policy
from facade.policy.limits.admission import Limits
from facade.sealing import Seal
from facade.stores.alone import Alone
from tests.fakes import FakeClock, a_plan

SEAL = Seal([b"k" * 32])
MONTH = Limit(calls=100, period=31 * 86_400.0)
"""The longest that there is."""
APART = timedelta(seconds=MONTH.period / MONTH.calls)
"""A call of a steady rate comes so long after the one before."""
OFTEN = timedelta(hours=1)
"""A call is offered so long after the one before."""
BEGIN = datetime(2027, 12, 20, tzinfo=UTC)
"""Before a year with a 29th of February."""

ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Kiritimati",  # fourteen hours before UTC: its months begin a day earlier
)


@pytest.fixture(params=ZONES)
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process has this time zone, as an operator's machine may."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def months() -> tuple[Limits, FakeClock, Plan]:
    clock = FakeClock(BEGIN)
    given = a_plan("https://x.test", policy=Policy(limits=(MONTH,)))
    return Limits(Alone(), SEAL, clock=clock), clock, given


async def refused_for(limits: Limits, given: Plan) -> float:
    """Seconds after which a call may come again; 0: it was admitted."""
    try:
        async with limits.admitted(given, 0.0):
            return 0.0
    except QuotaExceeded as refused:
        return refused.details.retry_after or -1.0


@pytest.mark.usefixtures("_zone")
async def test_j09_over_more_than_a_year_each_call_is_counted_once_and_no_month_begins_anew() -> (
    None
):
    limits, clock, given = months()
    taken: list[datetime] = []
    end = BEGIN + timedelta(days=31 * 13)
    while clock.now < end:
        while not await refused_for(limits, given):
            taken.append(clock.now)
        clock.advance(OFTEN.total_seconds())
    later = taken[MONTH.calls :]
    assert taken[: MONTH.calls] == [BEGIN] * MONTH.calls
    pauses = [after - before for before, after in pairwise(later)]
    assert all(abs(pause - APART) <= OFTEN for pause in pauses)
    assert len(later) == (end - BEGIN) / APART - 1


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    "turn",
    [
        datetime(2028, 1, 1, tzinfo=UTC),
        datetime(2028, 2, 29, tzinfo=UTC),
        datetime(2028, 3, 1, tzinfo=UTC),
        datetime(2028, 3, 12, 7, tzinfo=UTC),  # New York's summer time begins
        datetime(2028, 3, 26, 1, tzinfo=UTC),  # Berlin's
        datetime(2028, 10, 29, 1, tzinfo=UTC),  # an hour of Berlin's comes twice
        datetime(2028, 12, 31, 10, tzinfo=UTC),  # Kiritimati's year begins
    ],
)
async def test_j09_who_has_used_up_a_month_waits_as_long_before_its_end_as_after_it(
    turn: datetime,
) -> None:
    limits, clock, given = months()
    clock.now = turn - timedelta(seconds=1)
    while not (before := await refused_for(limits, given)):
        pass
    clock.now = turn + timedelta(seconds=1)
    after = await refused_for(limits, given)
    assert (before, after) == (APART.total_seconds(), APART.total_seconds() - 2)
