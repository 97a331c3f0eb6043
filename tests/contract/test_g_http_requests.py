"""Requests of one's own through a connection, and connections to facades: G-12, G-24, by id."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.engines.choice import Name
from gateway.v1.connection_pb2 import SuspendConnectionRequest
from gateway.v1.credential_pb2 import Credential
from gateway.v1.policy_pb2 import Limit
from gateway.v1.version_pb2 import Indirect
from tests.connections import DOCUMENT, VARIABLES, Shop, a_shop, key
from tests.doors import refusal
from tests.facades import Facade, key_file
from tests.fakes import HttpBackend, answer

NAME = "connections/berlin"


@pytest.fixture
async def shop(tmp_path: Path, engine: Name) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path, engine) as opened:
        yield opened


def host_of(origin: str) -> str:
    return urlsplit(origin).netloc


async def allowing(shop: Shop, *hosts: str) -> None:
    await shop.create(allowed_hosts=hosts, credentials=[key("berlin")])


async def test_g24_headers_and_body_go_and_come_as_they_are_and_the_credential_signs(
    shop: Shop,
) -> None:
    await allowing(shop, host_of(shop.backend.origin))
    shop.backend._respond = answer(b"\x00\xff", headers=(("x-b", "1"), ("x-a", "2"), ("x-b", "3")))
    told = await shop.send(
        f"{shop.backend.origin}/raw/?q=%2F&q=2",
        headers=(("X-Z", "1"), ("X-A", "2"), ("X-Z", "3")),
        method="PUT",
        body=b"\x01\xfe",
    )
    head, _, body = shop.backend.requests[-1].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "PUT /raw/?q=%2F&q=2 HTTP/1.1"
    assert [each for each in lines if each[:2] == "X-"] == ["X-Z: 1", "X-A: 2", "X-Z: 3"]
    assert "x-key: berlin-key" in lines
    assert body == b"\x01\xfe"
    assert (told.status_code, told.body) == (200, b"\x00\xff")
    own = [(each.name, each.value) for each in told.headers if each.name.startswith("x-")]
    assert own == [("x-b", "1"), ("x-a", "2"), ("x-b", "3")]


@pytest.mark.parametrize("status", [302, 404, 429, 500, 503])
async def test_g24_whatever_the_status_the_method_has_succeeded(shop: Shop, status: int) -> None:
    await allowing(shop, host_of(shop.backend.origin))
    fields = (("location", "/elsewhere"),)
    shop.backend._respond = answer(b"no", status=status, headers=fields)
    told = await shop.send(f"{shop.backend.origin}/raw", method="POST")
    assert (told.status_code, told.body) == (status, b"no")
    assert len(shop.backend.requests) == 1


async def test_g24_a_host_that_is_not_allowed_is_not_called(shop: Shop) -> None:
    await shop.create()
    for url in (f"{shop.backend.origin}/raw", "https://example.com/"):
        told = await refusal(shop.send(url))
        assert (told.code, told.info.reason) == ("PERMISSION_DENIED", "EGRESS_DENIED")
    assert not shop.backend.requests


async def test_g24_another_server_than_the_version_s_gets_no_credential(shop: Shop) -> None:
    async with HttpBackend() as other:
        await allowing(shop, host_of(other.origin))
        await shop.send(f"{other.origin}/raw")
        said = other.requests[0].decode().lower()
    assert "x-key" not in said
    assert "berlin-key" not in said


async def test_g24_an_allowed_address_that_is_not_public_is_still_refused(shop: Shop) -> None:
    await allowing(shop, "169.254.169.254")
    told = await refusal(shop.send("http://169.254.169.254/latest"))
    assert (told.code, told.info.reason) == ("PERMISSION_DENIED", "EGRESS_DENIED")


async def test_g24_everything_that_is_wrong_with_a_request_is_told_at_once(shop: Shop) -> None:
    await allowing(shop, host_of(shop.backend.origin))
    told = await refusal(
        shop.send(
            f"{shop.backend.origin}/raw#x",
            headers=(("host", "a"), ("x y", "1"), ("x", "a\nb")),
            method="CONNECT",
        )
    )
    assert told.fields == [
        "method",
        "url",
        "headers[0].name",
        "headers[1].name",
        "headers[2].value",
    ]
    for url in ("/raw", "ftp://a.test/", "http://u:p@a.test/", f"{shop.backend.origin}/a/../b"):
        assert (await refusal(shop.send(url))).fields == ["url"]
    assert not shop.backend.requests


async def test_g24_the_limits_of_the_connection_count_it(shop: Shop) -> None:
    limit = Limit(calls=1)
    limit.period.FromSeconds(60)
    await shop.create(allowed_hosts=[host_of(shop.backend.origin)], limits=[limit])
    await shop.send(f"{shop.backend.origin}/raw")
    told = await refusal(shop.send(f"{shop.backend.origin}/raw"))
    assert told.info.reason == "QUOTA_EXCEEDED"
    assert len(shop.backend.requests) == 1


async def test_g24_a_suspended_connection_sends_nothing(shop: Shop) -> None:
    await allowing(shop, host_of(shop.backend.origin))
    await shop.connections.SuspendConnection(SuspendConnectionRequest(name=NAME))
    told = await refusal(shop.send(f"{shop.backend.origin}/raw"))
    assert told.info.reason == "CONNECTION_SUSPENDED"
    assert not shop.backend.requests


async def test_g12_through_a_facade_the_connection_s_values_and_credential_go_along(
    tmp_path: Path, engine: Name
) -> None:
    async with (
        Facade() as facade,
        a_shop(
            tmp_path,
            engine,
            settings={"hop_key": key_file(tmp_path)},
            direct=None,
            indirect=Indirect(facade_uri=facade.origin),
            credentials=[],
        ) as shop,
    ):
        await shop.create(variables={"x-region": "us"}, credentials=[key("berlin")])
        await shop.call()
        said = facade.requests[-1].decode().lower()
    assert "x-region: us" in said
    assert "x-key: berlin-key" in said


async def test_g12_what_signs_for_the_facade_and_for_the_backend_stand_apart(
    tmp_path: Path, engine: Name
) -> None:
    signing = Credential(bearer=Credential.Bearer(token_secret="env:PORTICO_SECRET_SHOP"))
    document = {
        **DOCUMENT,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    async with (
        Facade() as facade,
        a_shop(
            tmp_path,
            engine,
            json.loads(json.dumps(document)),
            direct=None,
            indirect=Indirect(facade_uri=facade.origin, facade_credential=signing),
            credentials=[],
            backend_variables=VARIABLES,
        ) as shop,
    ):
        both = [{"scheme": "key", "bearer": {"token_secret": "env:PORTICO_SECRET_BERLIN"}}]
        told = await refusal(shop.create(credentials=both))
    assert told.fields == ["connection.credentials[0]"]
