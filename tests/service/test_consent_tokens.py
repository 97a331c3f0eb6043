"""Tokens that come of consents, at a real authorization server that rotates refresh tokens."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facade.errors.caller import TokenRefused
from facade.errors.connections import AuthorizationRequired
from facade.errors.fault import Fault
from facade.errors.service import StoreUnavailable, TokenUnavailable
from facade.model.call import Caller, Plan
from facade.model.credential import Grant
from facade.model.version import Version
from facade.policy.credentials.consents import LEASE, POLL
from facade.policy.credentials.credentials import Credentials
from facade.policy.credentials.token import Token
from facade.stores.alone import Alone
from facade.stores.opening import open_shared
from facade.stores.shared import Shared
from facade.transport import Transport
from tests.authorization_servers import CLIENT, LIFE, SECRET, Authority, Given, an_authority
from tests.fakes import FakeGrants
from tests.servers import RedisServer
from tests.signers import a_signer
from tests.token_servers import Clock, a_client, needing, tokens

ALICE = Caller(connection="homes", subject="alice")


class Disk(FakeGrants):
    """Grants that may fail to be kept."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    async def keep(self, key: str, sealed: bytes) -> None:
        if self.full:
            raise StoreUnavailable("the disk is full")
        await super().keep(key, sealed)


class Processes:
    """Processes on one ledger, and what they are told of consents that end."""

    def __init__(self, authority: Authority, transport: Transport, stack: AsyncExitStack) -> None:
        self.authority = authority
        self.clock = Clock()
        self.disk = Disk()
        self.lapses: list[str] = []
        self._transport = transport
        self._stack = stack

    async def start(self, shared: Shared | None = None) -> Credentials:
        """One more process."""
        signer = await self._stack.enter_async_context(
            a_signer({"SECRET": SECRET}, self._transport, shared or Alone(), self.clock, self.disk)
        )
        signer._tokens.consents.lapsed = self._lapsed
        return signer

    async def begin(self, signer: Credentials, consent: str = "c1", refresh: str = "r0") -> None:
        """Has somebody consent."""
        now = self.clock()
        self.authority.given.append(Given("alice", "read", "a0", refresh))
        first = Token(text="a0", made=now, expires=now + LIFE, refresh=refresh)
        await signer._tokens.consents.begin(consent, first)

    def plan(self, consent: str = "c1", **fields: Any) -> Plan:
        """A call that such a token signs."""
        kind = a_client(
            f"{self.authority.origin}/token",
            grant=Grant.AUTHORIZATION_CODE,
            client_id=CLIENT,
            consent=consent,
        )
        return needing(kind, caller=ALICE, **fields)

    async def _lapsed(self, _version: Version, _caller: Caller, consent: str) -> Fault:
        self.lapses.append(consent)
        return AuthorizationRequired("consent first")


@asynccontextmanager
async def processes(transport: Transport, **fields: Any) -> AsyncIterator[Processes]:
    async with AsyncExitStack() as stack:
        authority = stack.enter_context(an_authority(**fields))
        yield Processes(authority, transport, stack)


async def test_a_consents_first_token_is_used_until_it_is_due(transport: Transport) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        assert set(await tokens(signer, several.plan(), 20)) == {"a0"}
        assert not several.authority.asked


async def test_l08_500_callers_renew_a_token_once(transport: Transport) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        several.clock.now += LIFE + 1
        assert len(set(await tokens(signer, several.plan(), 500))) == 1
        assert several.authority.grants() == ["refresh_token"]
        assert "scope" not in several.authority.asked[0]


async def test_l08_two_processes_that_share_a_store_renew_a_token_once(
    transport: Transport, redis_server: RedisServer
) -> None:
    redis_server.flush()
    async with (
        processes(transport) as several,
        open_shared(redis_server.url) as one,
        open_shared(redis_server.url) as other,
    ):
        first, second = await several.start(one), await several.start(other)
        await several.begin(first)
        several.clock.now += LIFE + 1
        plan = several.plan()
        found = await asyncio.gather(tokens(first, plan, 250), tokens(second, plan, 250))
        assert len({each for some in found for each in some}) == 1
        assert several.authority.grants() == ["refresh_token"]


async def test_l09_each_refresh_token_is_kept_before_it_is_used_and_found_after_a_restart(
    transport: Transport,
) -> None:
    async with processes(transport) as several:
        await several.begin(await several.start())
        for _ in range(3):
            several.clock.now += LIFE + 1
            restarted = await several.start()
            await tokens(restarted, several.plan())
        assert len({each["refresh_token"] for each in several.authority.asked}) == 3
        assert not several.lapses


async def test_l09_a_crash_between_use_and_save_locks_nobody_out_where_the_server_bears_with_it(
    transport: Transport,
) -> None:
    async with processes(transport, grace=True) as several:
        first = await several.start()
        await several.begin(first)
        several.clock.now += LIFE + 1
        several.disk.full = True
        (lost,) = await tokens(first, several.plan())
        several.disk.full = False
        (found,) = await tokens(await several.start(), several.plan())
        assert found != lost
        assert [each["refresh_token"] for each in several.authority.asked] == ["r0", "r0"]
        assert not several.lapses


async def test_l09_a_token_that_cannot_be_kept_still_renews_the_next_one(
    transport: Transport,
) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        several.disk.full = True
        for _ in range(2):
            several.clock.now += LIFE + 1
            await tokens(signer, several.plan())
        assert not several.lapses


async def test_a_process_without_a_shared_store_takes_what_another_kept(
    transport: Transport,
) -> None:
    async with processes(transport) as several:
        first, second = await several.start(), await several.start()
        await several.begin(first)
        assert await tokens(second, several.plan()) == ["a0"]
        several.clock.now += LIFE + 1
        renewed = await tokens(first, several.plan())
        assert await tokens(second, several.plan()) == renewed
        assert several.authority.grants() == ["refresh_token"]


async def test_l08_two_processes_without_a_shared_store_renew_a_token_once(
    transport: Transport,
) -> None:
    async with processes(transport) as several:
        first, second = await several.start(), await several.start()
        await several.begin(first)
        several.clock.now += LIFE + 1
        plan = several.plan()
        found = await asyncio.gather(tokens(first, plan, 50), tokens(second, plan, 50))
        assert len({each for some in found for each in some}) == 1
        assert several.authority.grants() == ["refresh_token"]
        assert not several.lapses
        assert not several.disk.leases


async def test_l09_who_died_while_it_renewed_is_waited_for_until_its_lease_is_over(
    transport: Transport,
) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        key = hashlib.sha256(b"renewal:c1").hexdigest()
        several.clock.now += LIFE + 1
        now = datetime.fromtimestamp(several.clock(), UTC)
        assert await several.disk.take(key, b"dead", now, now + timedelta(seconds=LEASE))
        waiting = asyncio.create_task(tokens(signer, several.plan()))
        await asyncio.sleep(2 * POLL)
        assert not several.authority.asked
        several.clock.now += LEASE
        assert await waiting
        assert several.authority.grants() == ["refresh_token"]


async def test_a_consent_that_was_taken_back_is_told_once_and_not_asked_again(
    transport: Transport,
) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        several.authority.revoke()
        several.clock.now += LIFE + 1
        for _ in range(2):
            with pytest.raises(AuthorizationRequired):
                await tokens(signer, several.plan(), 20)
        assert several.lapses == ["c1"]
        assert several.authority.grants() == ["refresh_token"]


async def test_a_server_that_is_down_ends_no_consent(transport: Transport) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        several.authority.down = True
        several.clock.now += LIFE + 1
        with pytest.raises(TokenUnavailable):
            await tokens(signer, several.plan())
        several.authority.down = False
        several.clock.now += 2
        await tokens(signer, several.plan())
        assert not several.lapses


async def test_a_client_that_is_refused_ends_no_consent(transport: Transport) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        await several.begin(signer)
        several.clock.now += LIFE + 1
        plan = needing(
            a_client(
                f"{several.authority.origin}/token",
                grant=Grant.AUTHORIZATION_CODE,
                client_id="unknown",
                consent="c1",
            ),
            caller=ALICE,
        )
        with pytest.raises(TokenRefused):
            await tokens(signer, plan)
        assert not several.lapses


async def test_where_nobody_consented_nothing_is_asked(transport: Transport) -> None:
    async with processes(transport) as several:
        signer = await several.start()
        with pytest.raises(AuthorizationRequired):
            await tokens(signer, several.plan(""))
        assert (several.lapses, several.authority.asked) == ([""], [])
