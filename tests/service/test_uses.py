"""Who calls which version: counted in memory, written by day, told over both databases."""

from datetime import UTC, datetime

import pytest

from facade.errors.service import StoreUnavailable
from facade.model.names import VersionName
from facade.stores.ledger import SqlLedger
from facade.stores.uses import Uses

V1, V2 = VersionName("pets", "v1"), VersionName("pets", "v2")
THEIRS = VersionName("pets", "v1", "other")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


async def test_calls_are_counted_by_version_caller_and_day(ledger: SqlLedger) -> None:
    clock = Clock()
    async with Uses(ledger, clock) as uses, Uses(ledger, clock) as elsewhere:
        for _ in range(3):
            uses.count((V1, "billing"))
        elsewhere.count((V1, "billing"))
        elsewhere.count((V1, ""))
        uses.count((V2, "billing"))
        await elsewhere.write()
        clock.now += 86_400
        uses.count((V1, "billing"))
        await uses.write()
        found = {each.caller: dict(each.days) for each in await elsewhere.of(V1)}
    assert found == {"billing": {"2026-03-02": 4, "2026-03-01": 1}, "": {"2026-03-01": 1}}


async def test_another_tenants_calls_are_not_there(ledger: SqlLedger) -> None:
    async with Uses(ledger) as uses:
        uses.count((THEIRS, "spy"))
        assert await uses.of(V1) == ()
        assert [each.caller for each in await uses.of(THEIRS)] == ["spy"]


async def test_days_are_forgotten_after_ninety(ledger: SqlLedger) -> None:
    clock = Clock()
    async with Uses(ledger, clock) as uses:
        uses.count((V1, "old"))
        await uses.write()
        clock.now += 91 * 86_400
        uses.count((V1, "new"))
        assert [each.caller for each in await uses.of(V1)] == ["new"]


async def test_what_could_not_be_written_is_kept(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = Uses(ledger)
    uses.count((V1, "billing"))

    def gone(**_given: object) -> object:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as away:
        away.setattr(ledger, "transaction", gone)
        with pytest.raises(StoreUnavailable):
            await uses.write()
    assert [each.calls for each in await uses.of(V1)] == [1]
