"""Two tenants whose connectors have the same names: nothing of a call of one is the other's."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.doors import PLAIN, refusal
from tests.fakes import HttpBackend
from tests.tenants import SPEC, Tenant, two_tenants
from tests.token_servers import TokenServer

NAME = "connectors/things/versions/live/actions/listThings"
CALL = {"name": NAME, "parametersJson": "{}"}
CACHED = {**PLAIN, "cache": {"ttl": "60s"}}


def said(text: str) -> bytes:
    head = b"HTTP/1.1 200 Said\r\nContent-Type: application/json\r\nCache-Control: max-age=60\r\n"
    body = json.dumps([{"id": text}]).encode()
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@dataclass(frozen=True, kw_only=True)
class Side:
    """A tenant, and the backend that it alone has."""

    tenant: Tenant
    backend: HttpBackend

    async def call(self, **more: Any) -> str:
        """The id of the thing that a call answers."""
        answer = await self.tenant.asks("ExecuteAction", {**CALL, **more})
        return str(json.loads(answer.json)[0]["id"])

    async def publish(self, **fields: Any) -> None:
        """Publishes the connector."""
        given = {"policy": PLAIN, **fields}
        await self.tenant.publish("things", self.backend.origin, **given)


@pytest.fixture
async def sides(tmp_path: Path) -> AsyncIterator[tuple[Side, Side]]:
    async with (
        HttpBackend(said("shop")) as first,
        HttpBackend(said("bank")) as second,
        two_tenants(tmp_path) as (shop, bank),
    ):
        yield Side(tenant=shop, backend=first), Side(tenant=bank, backend=second)


async def test_i01_the_same_call_of_two_tenants_is_made_for_each_and_remembered_for_each(
    sides: tuple[Side, Side],
) -> None:
    for each in sides:
        await each.publish(policy=CACHED)
    for _ in range(4):  # the later ones are given again unread
        for each in sides:
            assert await each.call() == each.tenant.name
    assert [len(each.backend.requests) for each in sides] == [1, 1]


async def test_i01_i14_where_both_have_one_backend_each_asks_it_for_itself(
    sides: tuple[Side, Side],
) -> None:
    shop, bank = sides
    for each in sides:
        await each.tenant.publish("things", shop.backend.origin, policy=CACHED)
    for _ in range(3):
        assert [await each.call() for each in sides] == ["shop", "shop"]
    assert [len(each.backend.requests) for each in (shop, bank)] == [2, 0]


async def test_i01_over_http_and_through_the_mirror_each_has_its_own(
    sides: tuple[Side, Side],
) -> None:
    for each in sides:
        await each.publish(policy=CACHED)
    for _ in range(2):
        for each in sides:
            tenant = each.tenant
            response = await tenant.fetches("ExecuteAction", {"name": NAME})
            assert response.json()["data"]["json"] == [{"id": tenant.name}]
            path = "/connectors/things/versions/live/things"
            mirrored = await tenant.faces.http.get(path, headers=dict(tenant.shown))
            assert mirrored.json() == [{"id": tenant.name}]
    nobodys = await sides[0].tenant.faces.http.get("/connectors/things/versions/live/things")
    assert nobodys.status_code == 404


async def test_i01_the_limits_of_one_do_not_count_the_calls_of_the_other(
    sides: tuple[Side, Side],
) -> None:
    limits = [{"scope": "LIMIT_SCOPE_CONNECTOR", "calls": 1, "period": "60s"}]
    for each in sides:
        await each.publish(policy={**PLAIN, "limits": limits})
        assert await each.call() == each.tenant.name
    told = await refusal(sides[0].call())
    assert told.info.reason == "QUOTA_EXCEEDED"


async def test_i01_a_request_id_of_one_is_not_taken_by_the_other(sides: tuple[Side, Side]) -> None:
    for each in sides:
        await each.publish()
    for _ in range(2):
        for each in sides:
            assert await each.call(requestId="once") == each.tenant.name
    assert [len(each.backend.requests) for each in sides] == [1, 1]


def signed_by(scheme: dict[str, Any]) -> dict[str, Any]:
    """The document, its calls signed by a scheme."""
    schemes = {"components": {"securitySchemes": {"auth": scheme}}}
    return {**SPEC, **schemes, "security": [{"auth": []}]}


def signed(backend: HttpBackend) -> list[str]:
    """What signed each request that a backend got."""
    heads = [request.decode().lower().split("\r\n") for request in backend.requests]
    return [line for head in heads for line in head if line.startswith("authorization")]


async def test_i01_a_secret_is_that_of_the_tenant_of_the_version(sides: tuple[Side, Side]) -> None:
    document = signed_by({"type": "http", "scheme": "bearer"})
    for each in sides:
        value = f"of-{each.tenant.name}"
        secret = {"secretId": "token", "secret": {"value": value}}
        await each.tenant.asks("CreateSecret", secret)
        credential = {"scheme": "auth", "bearer": {"tokenSecret": "secret:token"}}
        await each.publish(document=document, credentials=[credential])
    for _ in range(2):
        for each in sides:
            await each.call()
    for each in sides:
        assert signed(each.backend) == [f"authorization: bearer of-{each.tenant.name}"] * 2


async def test_i01_a_secret_of_the_operators_is_no_tenants_but_by_its_name(
    tmp_path: Path,
) -> None:
    document = signed_by({"type": "http", "scheme": "bearer"})
    environ = {"PORTICO_SECRET_SHOP__KEY": "of-shop", "PORTICO_SECRET_KEY": "of-all"}
    async with HttpBackend(said("shop")) as backend, two_tenants(tmp_path, environ) as (shop, bank):
        for each in (shop, bank):
            side = Side(tenant=each, backend=backend)
            credential = {
                "scheme": "auth",
                "bearer": {"tokenSecret": "env:PORTICO_SECRET_SHOP__KEY"},
            }
            await side.publish(document=document, credentials=[credential])
        assert await Side(tenant=shop, backend=backend).call() == "shop"
        told = await refusal(bank.asks("ExecuteAction", CALL))
        assert (told.code, told.info.reason) == ("FAILED_PRECONDITION", "CONNECTION_INCOMPLETE")
    assert signed(backend) == ["authorization: bearer of-shop"]


async def test_i01_tokens_are_asked_for_by_each_though_the_client_is_the_same(
    sides: tuple[Side, Side],
) -> None:
    async with TokenServer() as server:
        flow = {"clientCredentials": {"tokenUrl": server.uri, "scopes": {}}}
        document = signed_by({"type": "oauth2", "flows": flow})
        for each in sides:
            secret = {"secretId": "client", "secret": {"value": "s3cret-word"}}
            await each.tenant.asks("CreateSecret", secret)
            oauth = {
                "grant": "GRANT_CLIENT_CREDENTIALS",
                "clientId": "me",
                "clientSecret": "secret:client",
            }
            credential = {"scheme": "auth", "oauth2": oauth}
            await each.publish(document=document, credentials=[credential])
        for _ in range(2):
            for each in sides:
                await each.call()
        assert [signed(each.backend) for each in sides] == [
            ["authorization: bearer t1"] * 2,
            ["authorization: bearer t2"] * 2,
        ]


async def test_traces_and_the_audit_are_each_tenants_own(sides: tuple[Side, Side]) -> None:
    for each in sides:
        await each.publish()
        await each.call()
        tenant = each.tenant
        entries = (await tenant.asks("ListAuditEntries", {})).audit_entries
        assert (entries[0].caller, entries[0].target) == ("key:admin", "connectors/things")
        assert entries[0].after
        traces = (await tenant.asks("ListTraces", {})).traces
        called = [trace for trace in traces if trace.action]
        assert len(called) == 1
        told = await tenant.asks("GetTrace", {"name": called[0].name})
        assert told.spans[0].attributes["portico.tenant"] == tenant.name
    for one, other in (sides, sides[::-1]):
        traces = (await one.tenant.asks("ListTraces", {})).traces
        name = next(trace.name for trace in traces if trace.action)
        told = await refusal(other.tenant.asks("GetTrace", {"name": name}))
        assert told.info.reason == "TRACE_NOT_FOUND"


async def test_one_trace_of_two_tenants_is_told_to_each_as_far_as_it_is_its_own(
    sides: tuple[Side, Side],
) -> None:
    trace = "c" * 32
    for each in sides:
        shown = {"traceparent": f"00-{trace}-{'1' * 16}-01", **dict(each.tenant.shown)}
        await each.tenant.faces.http.get("/v1/connectors", headers=shown)
    for each in sides:
        told = await each.tenant.asks("GetTrace", {"name": f"traces/{trace}"})
        assert [span.attributes["portico.tenant"] for span in told.spans] == [each.tenant.name]


async def test_lines_of_the_log_say_who_called_and_whose_call_it_was(
    sides: tuple[Side, Side], caplog: pytest.LogCaptureFixture
) -> None:
    shop = sides[0].tenant
    caplog.set_level("INFO", logger="portico.access")
    await shop.asks("ListConnectors", {})
    await shop.fetches("ListConnectors", {})
    await shop.faces.http.get("/v1/connectors")
    lines = [vars(record).get("rpc") or vars(record).get("http") for record in caplog.records]
    said_of = [(line.get("tenant"), line.get("caller")) for line in lines if line is not None]
    assert said_of == [("shop", "key:admin"), ("shop", "key:admin"), (None, None)]
    ends = [each.getMessage().endswith(" tenant=shop caller=key:admin") for each in caplog.records]
    assert ends == [True, True, False]
