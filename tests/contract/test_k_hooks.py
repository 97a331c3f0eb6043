"""K01 to K08, I-1: messages to `/hooks/{id}` of a real HTTP face, byte by byte."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.types import Message, Scope

from facade.app import hooks
from facade.app.routing import App
from facade.errors.service import StoreUnavailable
from facade.model.definition import Webhook
from facade.parts import Parts
from facade.triggers.triggers import Triggers
from tests.triggers import House, a_flow, a_house, sign

FLOW = a_flow(Webhook())
BODY = b'{"kind": "paid"}'


@dataclass(frozen=True)
class TriggersAlone:
    """What the addresses stand on."""

    triggers: Triggers


@dataclass(frozen=True, kw_only=True)
class Door:
    """The addresses of one process, and a flow's."""

    house: House
    triggers: Triggers
    app: App
    http: httpx.AsyncClient
    url: str
    key: bytes

    def fields(self, body: bytes = BODY, id_: str = "m1", **more: str) -> dict[str, str]:
        """The header fields of a message that is signed now."""
        now = int(self.house.clock())
        return {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(self.key, id_, now, body),
        } | more

    async def send(self, body: bytes = BODY, **more: Any) -> httpx.Response:
        """Sends a message."""
        return await self.http.post(
            more.pop("url", self.url), content=body, headers=more.pop("headers", self.fields(body))
        )


@asynccontextmanager
async def a_door(folder: Path) -> AsyncIterator[Door]:
    async with a_house(folder, FLOW) as house:
        triggers = await house.replica()
        app = App(hooks.routes(cast("Parts", TriggersAlone(triggers)), patience=0.2))
        status = await triggers.management.get(FLOW.name)
        secret = await triggers.management.rotate(FLOW.name)
        key = base64.b64decode(secret.removeprefix("whsec_"))
        transport = httpx.ASGITransport(app=stated(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://p.test") as http:
            path = httpx.URL(status.url).path
            yield Door(house=house, triggers=triggers, app=app, http=http, url=path, key=key)


def stated(app: App) -> Any:
    """The application, with the state that a server gives each request."""

    async def called(scope: Scope, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})
        await app(scope, receive, send)

    return called


async def test_i1_a_signed_message_is_answered_202_with_its_run(tmp_path: Path) -> None:
    async with a_door(tmp_path) as door:
        answer = await door.send()
        assert answer.status_code == 202
        assert answer.json()["run"].startswith("flows/orders/runs/")
        assert door.house.runs.asked == 1


async def test_k03_a_repeat_is_answered_200_duplicate_and_a_store_that_is_down_503(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_door(tmp_path) as door:
        first, again = await door.send(), await door.send()
        assert again.status_code == 200
        assert again.json() == {"run": first.json()["run"], "state": "duplicate"}

        async def away(*_: object) -> str:
            raise StoreUnavailable("the database does not answer")

        monkeypatch.setattr(type(door.triggers.hooks._store), "message", away)
        down = await door.send(headers=door.fields(id_="m2"))
        assert down.status_code == 503
        assert door.house.runs.asked == 1


@pytest.mark.parametrize(
    "spoil",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-timestamp": str(2**64)},
        {"webhook-timestamp": "now"},
        {"webhook-id": "m2"},
    ],
)
async def test_k01_k02_what_is_not_signed_is_answered_401(
    tmp_path: Path, spoil: dict[str, str]
) -> None:
    async with a_door(tmp_path) as door:
        answer = await door.send(headers=door.fields() | spoil)
        assert answer.status_code == 401
        assert answer.json()["error"]["reason"] == "WEBHOOK_REFUSED"
        assert door.house.runs.asked == 0


async def test_k02_a_time_301_s_away_is_answered_401(tmp_path: Path) -> None:
    async with a_door(tmp_path) as door:
        signed = door.fields()
        door.house.clock.advance(301)
        assert (await door.send(headers=signed)).status_code == 401
        door.house.clock.advance(-602)
        assert (await door.send(headers=signed)).status_code == 401


async def test_k04_the_bytes_are_judged_before_they_are_read(tmp_path: Path) -> None:
    async with a_door(tmp_path) as door:
        signed = door.fields()
        for body in (BODY[:-1] + b" ", json.dumps(json.loads(BODY)).encode("utf-16"), b"{"):
            assert (await door.send(body, headers=signed)).status_code == 401
        assert (await door.send(b"{")).status_code == 400


async def test_k07_a_message_of_a_mebibyte_is_taken_and_one_byte_more_is_not(
    tmp_path: Path,
) -> None:
    async with a_door(tmp_path) as door:
        whole = json.dumps("x" * (hooks.LARGEST - 2)).encode()
        assert len(whole) == hooks.LARGEST
        assert (await door.send(whole)).status_code == 202
        assert (await door.send(whole + b" ")).status_code == 413


async def test_k07_a_body_without_an_end_is_answered_413_and_a_slow_one_408(
    tmp_path: Path,
) -> None:
    async with a_door(tmp_path) as door:

        async def endless() -> Message:
            return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

        async def slow() -> Message:
            await asyncio.sleep(60)
            raise AssertionError

        begun = time.monotonic()
        assert await door_status(door, endless) == 413
        assert await door_status(door, slow) == 408
        assert time.monotonic() - begun < 10
        assert hooks.PATIENCE == 10.0


async def door_status(door: Door, receive: Any) -> int:
    """What a request is answered whose body comes by that."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": door.url,
        "raw_path": door.url.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"transfer-encoding", b"chunked")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
    }
    await door.app(scope, receive, send)
    return statuses[0]


async def test_k08_an_address_that_is_not_there_is_answered_alike_whatever_is_sent(
    tmp_path: Path,
) -> None:
    async with a_door(tmp_path) as door:
        answers = [
            await door.send(url=f"/hooks/{id_}", headers=headers)
            for id_ in ("A" * 43, door.url[7:-1] + "_", "x")
            for headers in (door.fields(), {})
        ]
        assert {each.status_code for each in answers} == {404}
        assert len({each.text for each in answers}) == 1
