"""Keys in a real ledger: kept as digests, followed by other processes, no more than their maker."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from facade.access.keys import LOOK, Keys
from facade.errors.access import CallerForbidden, KeyExists, KeyNotFound
from facade.errors.caller import InvalidRequest
from facade.model.access import Grant, Identity, Role
from facade.model.key import KeyName
from facade.stores.keys import SqlKeys
from facade.stores.schema import AUDIT, KEYS
from facade.stores.scope import EVERY_TENANT
from tests.callers import a_key, bearer
from tests.faces import both_faces
from tests.gateways import a_ledger

ADMIN = (Grant(role=Role.ADMIN),)
CI = KeyName("ci", "acme")


async def test_a_key_is_kept_as_a_digest_and_audited_with_its_maker(tmp_path: Path) -> None:
    by = Identity(tenant="acme", name="key:boss", grants=ADMIN)
    async with a_ledger(tmp_path) as ledger:
        keys = Keys(SqlKeys(ledger))
        _, text = await keys.create(CI, (Grant(role=Role.INVOKER),), by=by)
        found = keys.find(text)
        assert found is not None
        assert (found[0].tenant, found[0].name) == ("acme", "key:ci")
        await keys.revoke(CI, by=by)
        await keys.revoke(CI, by=by)
        assert keys.find(text) is None
        async with ledger.transaction(tenant=EVERY_TENANT) as connection:
            (row,) = (await connection.execute(select(KEYS))).all()
            noted = (await connection.execute(select(AUDIT).order_by(AUDIT.c.number))).all()
    assert text not in str(row)
    assert text.removeprefix("portico_ci_")[:43] not in str(row)
    told = [(each.method, each.target, each.tenant, each.caller) for each in noted]
    assert told == [
        ("create_key", "keys/ci", "acme", "key:boss"),
        ("revoke_key", "keys/ci", "acme", "key:boss"),
    ]


async def test_what_cannot_be_a_key_is_refused_with_all_that_is_wrong(tmp_path: Path) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    async with a_ledger(tmp_path) as ledger:
        keys = Keys(SqlKeys(ledger))
        with pytest.raises(InvalidRequest) as refused:
            await keys.create(KeyName("No"), (), notes="x" * 4097, expire_time=past)
        fields = [each.field for each in refused.value.details.violations]
        assert fields == ["key_id", "key.grants", "key.notes", "key.expire_time"]
        await keys.create(CI, ADMIN)
        with pytest.raises(KeyExists):
            await keys.create(CI, ADMIN)
        await keys.create(KeyName("ci", "other"), ADMIN)


async def test_nobody_gives_what_he_has_not_nor_sees_what_he_could_not_give(
    tmp_path: Path,
) -> None:
    limited = (Grant(role=Role.ADMIN, connectors=("pets-*",)),)
    by = Identity(tenant="acme", name="key:pets", grants=limited)
    async with a_ledger(tmp_path) as ledger:
        keys = Keys(SqlKeys(ledger))
        await keys.create(CI, ADMIN)
        with pytest.raises(CallerForbidden):
            await keys.create(KeyName("all", "acme"), ADMIN, by=by)
        mine = Grant(role=Role.INVOKER, connectors=("pets-a",))
        await keys.create(KeyName("mine", "acme"), (mine,), by=by)
        assert [each.name.key for each in keys.page(by, "", 10)] == ["mine"]
        for attempt in (keys.revoke, keys.delete):
            with pytest.raises(KeyNotFound):
                await attempt(CI, by=by)
            with pytest.raises(KeyNotFound):
                await attempt(KeyName("mine", "other"), by=by)


async def test_a_key_that_is_revoked_under_load_is_refused_elsewhere_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[str, Any] = {"callers": "known", "drain_delay": 0.0}
    async with both_faces(tmp_path, **known) as here, both_faces(tmp_path, **known) as there:
        text = await a_key(here.parts, "ci", Grant(role=Role.VIEWER))
        shown, keys = dict(bearer(text)), there.parts.access.keys
        await keys.refresh()
        look, looks = keys.refresh, list[bool]()

        async def looked() -> bool:
            moved = await look()
            looks.append(keys.find(text) is not None)
            return moved

        monkeypatch.setattr(keys, "refresh", looked)
        statuses: list[int] = []

        async def load() -> None:
            while 401 not in statuses:
                gone = False in looks
                answer = await there.http.get("/v1/connectors", headers=shown)
                assert answer.status_code == 401 or not gone
                statuses.append(answer.status_code)
                await asyncio.sleep(0.001)  # without a socket nothing else would have a turn

        async with asyncio.timeout(15), asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(load())
            await asyncio.sleep(0.05)
            await here.parts.access.keys.revoke(KeyName("ci"))
            before = len(looks)
        assert looks.index(False) <= before + 1  # one may have been under way
        assert 2 * LOOK < 1
        assert set(statuses) == {200, 401}
        assert (await there.http.get("/v1/whoami", headers=shown)).status_code == 401
