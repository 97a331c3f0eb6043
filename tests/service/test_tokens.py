"""Tokens, asked for at real servers."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from facade.egress import Egress
from facade.errors.caller import ConnectionIncomplete, EgressDenied, TokenRefused
from facade.errors.fault import Code, Effect, Fault
from facade.errors.service import DeadlineExceeded, TokenUnavailable
from facade.model.action import Flow, SecurityScheme
from facade.model.call import Caller, Plan
from facade.model.credential import Grant, OAuth2
from facade.network.tls import system_trust
from facade.policy.credentials.credentials import Credentials
from facade.sealing import Seal
from facade.stores.grants import SqlGrants
from facade.stores.ledger import SqlLedger
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import HttpBackend, RawBackend, answer, hold, read_request
from tests.signers import a_signer
from tests.token_servers import (
    OAUTH,
    REFRESHING,
    SECRETS,
    Clock,
    Rotating,
    TokenServer,
    a_client,
    needing,
    said,
    token_in,
    tokens,
)


async def fault_of(signer: Credentials, plan: Plan) -> Fault:
    with pytest.raises(Fault) as refusal:
        await signer.sign(plan)
    assert refusal.value.effect is Effect.NOT_EXECUTED
    assert "s3cret" not in refusal.value.message + str(refusal.value.details)
    return refusal.value


async def settled(condition: Callable[[], bool]) -> None:
    """Waits until what goes on beside the calls has come to an end."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError


async def test_l08_500_calls_at_once_ask_for_one_token(transport: Transport) -> None:
    async with TokenServer() as server, a_signer(SECRETS, transport) as signer:
        plan = needing(a_client(server.uri))
        assert set(await tokens(signer, plan, 500)) == {"t1"}
        assert set(await tokens(signer, plan, 500)) == {"t1"}
        assert server.forms == [{"grant_type": "client_credentials", "scope": "read"}]
        assert b"authorization: Basic bWU6czNjcmV0" in server.requests[0]


async def test_i02_other_callers_scopes_and_secrets_have_tokens_of_their_own(
    transport: Transport,
) -> None:
    environ = dict(SECRETS)
    async with TokenServer() as server, a_signer(environ, transport) as signer:
        kind = a_client(server.uri)
        plans = [
            needing(kind),
            needing(kind, caller=Caller(tenant="a")),
            needing(kind, caller=Caller(tenant="a", connection="c")),
            needing(kind, SecurityScheme(name="oauth", type="oauth2", scopes=("write",))),
            needing(a_client(server.uri, scopes=("own",))),
        ]
        assert [(await tokens(signer, plan))[0] for plan in plans] == ["t1", "t2", "t3", "t4", "t5"]
        environ["SECRET"] = "rotated"
        assert await tokens(signer, plans[0]) == ["t6"]


async def test_l08_a_token_is_renewed_beside_the_calls_at_80_percent_of_its_life(
    transport: Transport,
) -> None:
    clock = Clock()
    async with TokenServer() as server, a_signer(SECRETS, transport, clock=clock) as signer:
        plan = needing(a_client(server.uri))
        assert await tokens(signer, plan) == ["t1"]
        clock.now += 79
        assert await tokens(signer, plan) == ["t1"]
        assert len(server.forms) == 1
        clock.now += 2
        assert set(await tokens(signer, plan, 100)) == {"t1"}
        await settled(lambda: not signer._tokens._flights)
        assert await tokens(signer, plan) == ["t2"]
        assert len(server.forms) == 2


async def test_l08_a_server_that_fails_is_asked_once_a_second_and_a_token_used_to_its_end(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    async with TokenServer() as server, a_signer(SECRETS, transport, clock=clock) as signer:
        plan = needing(a_client(server.uri))
        assert await tokens(signer, plan) == ["t1"]
        server.said = lambda _: said({"error": "s3cret"}, 500)
        clock.now += 90
        with caplog.at_level(logging.WARNING):
            assert set(await tokens(signer, plan, 50)) == {"t1"}
            await settled(lambda: bool(caplog.records))
        assert [each.getMessage() for each in caplog.records] == [
            "connectors/shop/versions/v1: a token is not renewed: TOKEN_REFUSED"
        ]
        assert set(await tokens(signer, plan, 50)) == {"t1"}
        assert len(server.forms) == 2
        clock.now += 11
        for asked in (3, 3):
            fault = await fault_of(signer, plan)
            assert isinstance(fault, TokenRefused)
            assert fault.status is Code.FAILED_PRECONDITION
            assert len(server.forms) == asked
        server.said = None
        clock.now += 1
        assert await tokens(signer, plan) == ["t4"]


async def test_each_call_has_a_fault_of_its_own(transport: Transport) -> None:
    async with (
        TokenServer(lambda _: said({"error": "invalid_client"}, 401)) as server,
        a_signer(SECRETS, transport) as signer,
    ):
        plan = needing(a_client(server.uri))
        faults = await asyncio.gather(*(fault_of(signer, plan) for _ in range(50)))
        assert len(server.forms) == 1
        assert len({id(each) for each in faults}) == 50
        assert {each.message for each in faults} == {
            "the authorization server gave no token: invalid_client"
        }


@pytest.mark.parametrize(
    ("status", "kind"),
    [(503, TokenUnavailable), (429, TokenUnavailable), (302, TokenRefused)],
)
async def test_l08_a_server_that_cannot_answer_now_says_so(
    transport: Transport, status: int, kind: type[Fault]
) -> None:
    async with (
        HttpBackend(answer(status=status)) as server,
        a_signer(SECRETS, transport) as signer,
    ):
        assert type(await fault_of(signer, needing(a_client(server.origin)))) is kind


async def test_a_server_that_is_not_there_is_unreachable_and_nothing_was_executed(
    transport: Transport,
) -> None:
    async with RawBackend(hold) as gone:
        uri = gone.origin
    async with a_signer(SECRETS, transport) as signer:
        assert isinstance(await fault_of(signer, needing(a_client(uri))), TokenUnavailable)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:{port}/t", "http://localhost:{port}/t"])
async def test_e20_the_egress_policy_holds_for_token_urls_and_descriptions(uri: str) -> None:
    guarded = Transport(Wire(Egress((), loopback=False), system_trust()))
    async with TokenServer() as server, a_signer(SECRETS, guarded) as signer:
        there = uri.format(port=server.port)
        for kind in (a_client(there), a_client("", issuer=there)):
            assert isinstance(await fault_of(signer, needing(kind)), EgressDenied)
        assert server.connections == 0
    await guarded.close()


async def test_i13_each_call_waits_for_a_token_no_longer_than_its_own_deadline(
    transport: Transport,
) -> None:
    go_on = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await go_on.wait()
        writer.write(said({"access_token": "t1"}))

    async with RawBackend(slow) as server, a_signer(SECRETS, transport) as signer:
        kind = a_client(server.origin)
        patient = asyncio.create_task(signer.sign(needing(kind)))
        await asyncio.sleep(0)
        patient_too = asyncio.create_task(signer.sign(needing(kind)))
        fault = await fault_of(signer, needing(kind, timeout=0.02))
        assert isinstance(fault, DeadlineExceeded)
        patient.cancel()
        go_on.set()
        assert token_in((await patient_too).plan) == "t1"
        assert server.connections == 1


async def test_a_token_that_is_not_accepted_is_renewed_once_for_all_calls(
    transport: Transport,
) -> None:
    clock = Clock()
    async with TokenServer() as server, a_signer(SECRETS, transport, clock=clock) as signer:
        plan = needing(a_client(server.uri))
        signed = [await signer.sign(plan) for _ in range(20)]
        assert all(await asyncio.gather(*(signer.renew(each, None) for each in signed)))
        assert set(await tokens(signer, plan, 20)) == {"t2"}
        assert await signer.renew(signed[0], None)
        assert await tokens(signer, plan) == ["t2"]
        again = await signer.sign(plan)
        assert not await signer.renew(again, None), "a new token is refused just as well"
        assert await tokens(signer, plan) == ["t2"]
        clock.now += 1
        assert await signer.renew(again, None)
        assert await tokens(signer, plan) == ["t3"]


async def test_e14_a_relative_endpoint_is_that_of_each_backend(transport: Transport) -> None:
    async with TokenServer() as one, TokenServer() as other, a_signer(SECRETS, transport) as signer:
        for server in (one, other, one, other):
            plan = structs.replace(needing(a_client("/token")), origin=server.origin)
            assert await tokens(signer, plan) == ["t1"]
        assert (len(one.forms), len(other.forms)) == (1, 1)


async def test_m20_a_clock_that_is_set_back_keeps_no_token_away(transport: Transport) -> None:
    clock = Clock()
    async with TokenServer() as server, a_signer(SECRETS, transport, clock=clock) as signer:
        plan = needing(a_client(server.uri))
        server.said = lambda _: said({"error": "invalid_client"}, 401)
        await fault_of(signer, plan)
        server.said = None
        clock.now -= 3600
        assert await tokens(signer, plan) == ["t2"]
        assert await signer.renew(await signer.sign(plan), None)
        assert await tokens(signer, plan) == ["t3"]
        clock.now -= 3600
        assert await signer.renew(await signer.sign(plan), None)
        assert await tokens(signer, plan) == ["t4"]


async def test_l09_a_refresh_token_that_changes_is_followed(transport: Transport) -> None:
    clock = Clock()
    async with TokenServer() as server, a_signer(SECRETS, transport, clock=clock) as signer:
        server.said = Rotating(server)
        plan = needing(a_client(server.uri, **REFRESHING))
        for number in (1, 2):
            assert await tokens(signer, plan) == [f"t{number}"]
            clock.now += 100
        assert await signer.renew(await signer.sign(plan), None)
        assert await tokens(signer, plan) == ["t4"]
        used = [form["refresh_token"] for form in server.forms]
        assert used == ["r0", "r1", "r2", "r3"]
        assert "scope" not in server.forms[0]


async def test_l09_the_old_refresh_token_is_tried_where_the_new_one_does_not_hold(
    transport: Transport,
) -> None:
    clock = Clock()
    async with TokenServer() as server, a_signer(SECRETS, transport, clock=clock) as signer:
        server.said = rotating = Rotating(server)
        plan = needing(a_client(server.uri, **REFRESHING))
        assert await tokens(signer, plan) == ["t1"]
        rotating.valid = "r0"
        clock.now += 100
        assert await tokens(signer, plan) == ["t3"]
        rotating.valid = "none"
        clock.now += 100
        assert (await fault_of(signer, plan)).message.endswith("invalid_grant")


async def test_l09_a_new_process_knows_the_last_refresh_token_from_the_ledger(
    transport: Transport, ledger: SqlLedger
) -> None:
    async with TokenServer() as server:
        server.said = Rotating(server)
        plan = needing(a_client(server.uri, **REFRESHING))
        for number in (1, 2):
            async with a_signer(SECRETS, transport, grants=SqlGrants(ledger)) as signer:
                assert await tokens(signer, plan) == [f"t{number}"]
        assert [form["refresh_token"] for form in server.forms] == ["r0", "r1"]


async def test_l07_a_kept_refresh_token_outlives_the_key_but_not_the_secret_it_began_with(
    transport: Transport, ledger: SqlLedger
) -> None:
    old, new = b"o" * 32, b"n" * 32
    grants = SqlGrants(ledger)
    async with TokenServer() as server:
        server.said = Rotating(server)
        plan = needing(a_client(server.uri, **REFRESHING))
        for ring in ([old], [new, old], [new, old]):
            async with a_signer(SECRETS, transport, grants=grants, seal=Seal(ring)) as signer:
                await tokens(signer, plan)
        again = {**SECRETS, "REFRESH": "another"}
        async with a_signer(again, transport, grants=grants, seal=Seal([new])) as signer:
            await fault_of(signer, plan)
        used = [form["refresh_token"] for form in server.forms]
        assert used == ["r0", "r1", "r2", "another"]


async def test_a_callers_own_token_is_exchanged_for_one_of_its_own(transport: Transport) -> None:
    kind: dict[str, Any] = {"grant": Grant.TOKEN_EXCHANGE, "subject_metadata": "x-user"}
    async with TokenServer() as server, a_signer(SECRETS, transport) as signer:
        plans = [
            needing(a_client(server.uri, **kind), metadata={"x-user": user})
            for user in ("ann", "bob", "ann")
        ]
        assert [(await tokens(signer, plan))[0] for plan in plans] == ["t1", "t2", "t1"]
        assert [form["subject_token"] for form in server.forms] == ["ann", "bob"]


DISCOVERED = SecurityScheme(name="oauth", type="openIdConnect")


@pytest.mark.parametrize("by_document", [True, False])
async def test_a_provider_says_itself_where_tokens_are_given(
    transport: Transport, *, by_document: bool
) -> None:
    async with TokenServer() as server, HttpBackend() as provider:
        described = {"issuer": f"{provider.origin}/r", "token_endpoint": server.uri}
        provider._respond = said(described)
        uri = f"{provider.origin}/r/.well-known/openid-configuration"
        scheme = SecurityScheme(name="oauth", type="openIdConnect", discovery_uri=uri)
        kind = a_client("", issuer="" if by_document else f"{provider.origin}/r")
        async with a_signer(SECRETS, transport) as signer:
            for tenant in ("a", "b"):
                used = scheme if by_document else DISCOVERED
                await signer.sign(needing(kind, used, caller=Caller(tenant=tenant)))
        (asked,) = provider.requests
        assert asked.startswith(b"GET /r/.well-known/openid-configuration ")
        assert b"s3cret" not in asked
        assert len(server.forms) == 2


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"issuer": "https://evil.example", "token_endpoint": "https://evil.example/t"}, "another"),
        ({"token_endpoint": "https://evil.example/t"}, "another issuer"),
        ({"issuer": "{origin}"}, "no token endpoint"),
        ([], "not there"),
    ],
)
async def test_h18_a_description_of_somebody_else_is_not_believed(
    transport: Transport, described: Any, words: str
) -> None:
    async with HttpBackend() as provider, a_signer(SECRETS, transport) as signer:
        if isinstance(described, dict) and described.get("issuer") == "{origin}":
            described = described | {"issuer": provider.origin}
        provider._respond = said(described)
        fault = await fault_of(signer, needing(a_client("", issuer=provider.origin)))
        assert isinstance(fault, TokenRefused)
        assert words in fault.message


async def test_where_nobody_says_where_tokens_are_given_that_is_what_is_missing(
    transport: Transport,
) -> None:
    async with a_signer(SECRETS, transport) as signer:
        fault = await fault_of(signer, needing(a_client("")))
        assert isinstance(fault, ConnectionIncomplete)
        assert fault.details.violations[0].field == "credentials.oauth2.token_uri"


async def test_a_documents_relative_address_is_one_of_its_server(transport: Transport) -> None:
    flow = Flow(name="clientCredentials", token_uri="/token")
    scheme = SecurityScheme(name="oauth", type="oauth2", flows=(flow,))
    async with TokenServer() as server, a_signer(SECRETS, transport) as signer:
        plan = structs.replace(needing(a_client(""), scheme), origin=server.origin)
        assert await tokens(signer, plan) == ["t1"]


async def test_the_password_grant_sends_what_it_must(transport: Transport) -> None:
    fields: dict[str, Any] = {
        "grant": Grant.PASSWORD,
        "username": "u",
        "password": "env:PASSWORD",
        "scopes": ("a",),
    }
    kind: OAuth2
    async with TokenServer() as server, a_signer(SECRETS, transport) as signer:
        kind = a_client(server.uri, **fields)
        assert await tokens(signer, needing(kind, OAUTH)) == ["t1"]
        assert server.forms == [
            {"grant_type": "password", "scope": "a", "username": "u", "password": "pässword"}
        ]


async def test_tokens_that_came_and_that_did_not_are_counted(transport: Transport) -> None:
    async with TokenServer() as server, a_signer(SECRETS, transport) as signer:
        await tokens(signer, needing(a_client(server.uri)), 3)
        server.said = lambda _: said({"error": "invalid_client"}, 401)
        await fault_of(signer, needing(a_client(server.uri, scopes=("other",))))
        assert signer._tokens.results() == {("fetched",): 1, ("failed",): 1}
