"""Calls through a facade, seen from the gateway's door: what is handed over, what comes back."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from facade.errors.backend import BackendUnreachable
from facade.errors.caller import ConnectorNotFound, InvalidParameters
from facade.errors.fault import Details, Fault, Quota, Violation
from facade.errors.hop import HopUntrusted
from facade.errors.service import BreakerOpen, Overloaded, QuotaExceeded
from facade.hop.fields import Handed
from facade.model.call import CacheStatus, CacheUse
from facade.transcode.check import STATUSES
from gateway.v1.credential_pb2 import Credential, Passthrough
from gateway.v1.gateway_pb2 import (
    CACHE_USE_ONLY,
    EXECUTION_VIEW_FULL,
    ExecuteActionRequest,
)
from gateway.v1.version_pb2 import Indirect
from tests.doors import Door, a_door, document, named
from tests.facades import KEY, Asked, Facade, faulty, key_file, marked, read
from tests.fakes import HttpBackend, answer

PATHS = {
    "/things/{id}": {
        "get": {
            "operationId": "get",
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "portico-tenant", "in": "header", "schema": {"type": "string"}},
            ],
            "responses": {"200": {"description": "d", "content": {"application/json": {}}}},
        }
    },
    "/things": {
        "post": {
            "operationId": "make",
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {},
        }
    },
}

ONE = {"id": "1"}


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    environ = {"CALLERS": "hunter2"}
    async with a_door(tmp_path, environ, hop_key=key_file(tmp_path)) as opened:
        yield opened


async def through(door: Door, facade: Facade | None = None, **fields: Any) -> None:
    """Publishes `shop` behind a facade."""
    given = ({"indirect": facade.indirect()} if facade else {}) | fields
    await door.publish("shop", document(PATHS), "", **given)


async def test_a_call_goes_to_the_facade_and_its_answer_comes_back(door: Door) -> None:
    body = marked({"a": 1.50}, headers=(("X-Own", "1"),), attempts=2, cache=CacheStatus.HIT, age=3)
    async with Facade(body) as facade:
        await through(door, facade)
        call = door.gateway.ExecuteAction(
            ExecuteActionRequest(
                name=named("shop/get"), parameters_json='{"id": "1"}', view=EXECUTION_VIEW_FULL
            )
        )
        told, answered = dict(await call.initial_metadata()), await call
        (asked,) = facade.asked
    assert answered.json == '{"a": 1.5}'
    assert (asked.method, asked.target) == ("GET", "/things/1")
    assert (told["x-cache"], told["age"]) == ("hit", "3")
    assert answered.exchange.response_headers["x-own"] == "1"
    assert not [each for each in answered.exchange.response_headers if each.startswith("portico")]


async def test_c08_what_the_call_needs_is_handed_over_and_time_as_a_duration(door: Door) -> None:
    async with Facade() as facade:
        await through(door, facade)
        await door.execute(
            "shop/get", ONE, 5.0, request_id="0" * 8 + "-1111-4111-8111-111111111111",
            cache_use=CACHE_USE_ONLY, max_wait={"seconds": 2},
        )  # fmt: skip
        (handed,) = facade.handed
    assert handed.timeout is not None
    assert 4.5 < handed.timeout <= 4.99
    assert handed == Handed(
        request_id="00000000-1111-4111-8111-111111111111",
        cache_use=CacheUse.ONLY,
        max_wait=2.0,
        timeout=handed.timeout,
        hops=1,
    )


async def test_a_request_id_is_the_facades_to_remember(door: Door) -> None:
    async with Facade() as facade:
        await through(door, facade)
        for _ in range(2):
            await door.execute(
                "shop/make", {"body": {}}, request_id="00000000-1111-4111-8111-111111111111"
            )
        assert [each.request_id[-4:] for each in facade.handed] == ["1111", "1111"]


async def test_c06_nothing_that_a_caller_says_is_handed_over(door: Door) -> None:
    async with Facade() as facade:
        await through(door, facade)
        request = ExecuteActionRequest(name=named("shop/get"), parameters_json='{"id": "1"}')
        forged = (("portico-tenant", "evil"), ("portico-signature", "x"), ("portico-cache", "only"))
        await door.gateway.ExecuteAction(request, metadata=forged)
        (asked,) = facade.asked
        assert (asked.handed.tenant, asked.handed.cache_use) == ("", CacheUse.POLICY)
        assert len(asked.header("portico-signature")) == 1
        refused = await door.refused("shop/get", {**ONE, "portico-tenant": "evil"})
    assert refused.info.reason == "INVALID_PARAMETERS"
    assert len(facade.requests) == 1


async def test_callers_sign_what_the_facade_calls_under_their_own_keys(door: Door) -> None:
    rules = [Passthrough(metadata="x-token", header="authorization", prefix="Bearer ")]
    signs = Credential(bearer=Credential.Bearer(token_secret="env:CALLERS"))
    async with Facade() as facade:
        await through(
            door, facade, passthrough=rules, indirect=facade.indirect(facade_credential=signs)
        )
        request = ExecuteActionRequest(name=named("shop/get"), parameters_json='{"id": "1"}')
        await door.gateway.ExecuteAction(request, metadata=(("x-token", "mine"), ("x-b", "no")))
        (asked,) = facade.asked
    assert asked.header("x-token") == ["mine"]
    assert asked.header("authorization") == ["Bearer hunter2"]
    assert asked.header("x-b") == []


@pytest.mark.parametrize("status", sorted({*STATUSES, 301, 418, 511}))
async def test_every_status_of_the_backend_is_told_as_without_a_facade(
    door: Door, status: int
) -> None:
    headers = (("Content-Type", "application/json"), ("Retry-After", "7"))
    said = b'{"error": {"code": "E1", "description": "no"}}'
    once = {"retry": {"max_attempts": 1}}
    async with HttpBackend(answer(said, status=status, headers=headers)) as backend:
        await door.publish("direct", document(PATHS), backend.origin, policy=once)
        direct = await door.refused("direct/get", ONE)
    async with Facade(marked(said, status, headers[1:])) as facade:
        await through(door, facade, policy=once)
        indirect = await door.refused("shop/get", ONE)
    assert indirect.said == direct.said
    assert (indirect.message, indirect.retry) == (direct.message, direct.retry)
    own = {"connector", "traceId"}
    facts = [
        {key: value for key, value in each.info.metadata.items() if key not in own}
        for each in (direct, indirect)
    ]
    assert facts[0] == facts[1]


@pytest.mark.parametrize("times", [1, 8])
async def test_c07_what_the_facade_tells_is_neither_repeated_nor_held_against_it(
    door: Door, times: int
) -> None:
    said = [
        marked({}, 503),
        marked({}, 429, (("Retry-After", "60"),)),
        faulty(BackendUnreachable("gone", details=Details(facts={"attempts": "3"}))),
        faulty(BreakerOpen("open", details=Details(retry_after=1.0))),
        faulty(Overloaded("full")),
    ]
    async with Facade() as facade:
        await through(door, facade)
        for each in said * times:
            facade._respond = each
            await door.refused("shop/get", ONE)
        assert len(facade.requests) == len(said) * times


FAULTS: list[tuple[Fault, str]] = [
    (
        InvalidParameters(
            "/id: is wrong",
            details=Details(violations=(Violation(field="/id", description="is wrong"),)),
        ),
        "facade",
    ),
    (
        QuotaExceeded(
            "too many",
            details=Details(
                retry_after=2.5,
                quotas=(Quota(subject="connector:shop", description="5 a minute"),),
                facts={"connector": "other", "version": "v7", "action": "z", "attempts": "0"},
                headers={"ratelimit": '"d";r=0;t=3'},
            ),
        ),
        "facade",
    ),
    (BackendUnreachable("gone", details=Details(facts={"attempts": "3"})), "backend"),
    (HopUntrusted("the hop's signature is that of another request"), "facade"),
]


@pytest.mark.parametrize(("fault", "domain"), FAULTS, ids=lambda each: getattr(each, "reason", ""))
async def test_what_the_facade_refuses_is_told_in_its_words(
    door: Door, fault: Fault, domain: str
) -> None:
    async with Facade(faulty(fault)) as facade:
        await through(door, facade)
        refused = await door.refused("shop/get", ONE)
    assert refused.said == (fault.code.name, fault.reason, domain, fault.effect.value)
    assert (refused.message, refused.retry) == (fault.message, fault.details.retry_after)
    assert refused.fields == [each.field for each in fault.details.violations]
    metadata = refused.info.metadata
    assert (metadata["connector"], metadata["version"]) == ("shop", "v1")
    assert metadata["action"] == "get"
    assert metadata["attempts"] == fault.details.facts.get("attempts", "0")


async def test_c04_a_facade_without_the_route_is_never_a_thing_that_is_not_there(
    door: Door,
) -> None:
    fault = ConnectorNotFound("no connector is called `shop`")
    async with Facade(faulty(fault)) as facade:
        await through(door, facade)
        refused = await door.refused("shop/get", ONE)
        assert len(facade.requests) == 1
    assert refused.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")
    assert refused.message.endswith("no route for the call: no connector is called `shop`")


@pytest.mark.parametrize(
    ("status", "outcome", "times"),
    [(404, "NOT_EXECUTED", 2), (405, "NOT_EXECUTED", 2), (200, "UNKNOWN", 1), (502, "UNKNOWN", 1)],
)
async def test_c04_an_answer_without_the_mark_is_nobodys(
    door: Door, status: int, outcome: str, times: int
) -> None:
    async with Facade(answer(b'{"error": "x"}', status=status)) as facade:
        await through(door, facade)
        refused = await door.refused("shop/get", ONE)
        assert len(facade.requests) == times
    assert refused.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", outcome)
    assert refused.info.metadata["httpStatus"] == str(status)


async def test_c05_what_another_release_adds_or_leaves_out_does_no_harm(door: Door) -> None:
    newer = marked({"a": 1}, headers=(("portico-colour", "blue"),))
    json_type = ("Content-Type", "application/json")
    older = answer(b'{"a": 1}', headers=(json_type, ("portico-origin", "backend")))
    async with Facade() as facade:
        await through(door, facade)
        for each in (newer, older):
            facade._respond = each
            answered = await door.execute("shop/get", ONE, view=EXECUTION_VIEW_FULL)
            assert answered.json == '{"a": 1}'
            assert "portico-colour" not in answered.exchange.response_headers


def refuses_strangers(asked: Asked) -> bytes:
    try:
        return marked({"tenant": asked.handed.tenant})
    except HopUntrusted as fault:
        return faulty(fault)


async def test_c06_who_has_another_key_is_not_believed(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        facade = await stack.enter_async_context(Facade(refuses_strangers))
        for name, key, code in (("a", KEY, ""), ("b", b"x" * 32, "HOP_UNTRUSTED")):
            folder = tmp_path / name
            folder.mkdir()
            door = await stack.enter_async_context(a_door(folder, hop_key=key_file(folder, key)))
            await through(door, facade)
            if not code:
                await door.execute("shop/get", ONE)
                continue
            refused = await door.refused("shop/get", ONE)
            assert refused.said == ("FAILED_PRECONDITION", code, "facade", "NOT_EXECUTED")
            assert "xxxx" not in refused.words


async def test_c06_without_a_key_of_its_own_the_hop_has_one_of_the_key_ring(
    tmp_path: Path,
) -> None:
    async with Facade() as facade, a_door(tmp_path) as door:
        await through(door, facade)
        await door.execute("shop/get", ONE)
        with pytest.raises(HopUntrusted):
            assert facade.handed


async def test_c09_a_facade_that_loses_the_trace_loses_nothing_else(door: Door) -> None:
    async with Facade(marked({}, headers=(("traceparent", "zz-broken"),))) as facade:
        await through(door, facade)
        answered = await door.execute("shop/get", ONE, view=EXECUTION_VIEW_FULL)
        (asked,) = facade.asked
    assert asked.header("traceparent")[0].split("-")[1] == answered.exchange.trace_id


async def test_a_third_partys_facade_is_told_nothing_and_known_by_its_mark(door: Door) -> None:
    marks = (("Content-Type", "application/json"), ("X-Facade", "1"))
    async with HttpBackend(answer(b'{"a": 1}', headers=marks)) as facade:
        await through(door, indirect=Indirect(facade_uri=facade.origin, mark="x-Facade"))
        assert (await door.execute("shop/get", ONE)).json == '{"a": 1}'
        assert not [name for name, _ in read(facade.requests[0]).headers if "portico" in name]
        facade._respond = answer(b"{}", status=404, headers=marks)
        refused = await door.refused("shop/get", ONE)
        assert refused.said == ("NOT_FOUND", "BACKEND_NOT_FOUND", "backend", "EXECUTED")
        facade._respond = answer(b"{}", status=404)
        refused = await door.refused("shop/get", ONE)
    assert refused.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")


async def test_a_facade_without_any_mark_is_believed_whatever_it_says(door: Door) -> None:
    async with HttpBackend(answer(b"{}", status=404)) as facade:
        await through(door, indirect=Indirect(facade_uri=facade.origin, mark="none"))
        refused = await door.refused("shop/get", ONE)
    assert refused.said == ("NOT_FOUND", "BACKEND_NOT_FOUND", "backend", "EXECUTED")
