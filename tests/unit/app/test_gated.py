"""The gate before the routes: what must pass it, and what passes by."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from facade.app.gated import Gated
from facade.app.identity import GATEWAY
from facade.errors.service import Overloaded, QuotaExceeded
from facade.model.access import Identity
from facade.policy.overload.gate import Gate
from facade.policy.overload.priority import Priority


class Slow:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.begun = 0

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        self.begun += 1
        await self.go_on.wait()


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def ignored(_message: Message) -> None:
    """Takes what is answered."""


def a_request(path: str, priority: str = "") -> Scope:
    fields = [(b"priority", priority.encode())] if priority else []
    return {"type": "http", "path": path, "headers": fields, "state": {}}


def a_gate() -> Gate:
    return Gate(1, chance=lambda least, _most: 0.0 if least < 0.5 else least)


@pytest.mark.parametrize("path", ["/v1/connectors", "/connectors/pets/versions/live/pets"])
async def test_a_call_that_finds_no_room_is_refused_and_one_that_is_done_gives_its_own(
    path: str,
) -> None:
    slow, gate = Slow(), a_gate()
    app = Gated(slow, gate)
    first = asyncio.ensure_future(app(a_request(path), nothing, ignored))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await app(a_request(path), nothing, ignored)
    slow.go_on.set()
    await first
    assert (slow.begun, gate.under_way) == (1, 0)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/nowhere"])
async def test_m06_probes_and_pages_pass_whatever_there_is_to_do(path: str) -> None:
    slow, gate = Slow(), a_gate()
    assert gate.take("", Priority.NORMAL)
    slow.go_on.set()
    await Gated(slow, gate)(a_request(path), nothing, ignored)
    assert slow.begun == 1


async def test_j12_a_browsers_urgency_counts_for_nothing_and_a_batch_is_refused_first() -> None:
    slow, gate = Slow(), Gate(10, chance=lambda least, _most: 0.0 if least < 0.5 else least)
    while gate.take("", Priority.NORMAL):
        pass
    app = Gated(slow, gate)
    with pytest.raises(Overloaded):
        await app(a_request("/v1/traces", "u=0"), nothing, ignored)
    gate.leave("")
    with pytest.raises(Overloaded):
        await app(a_request("/v1/traces", "u=7"), nothing, ignored)
    slow.go_on.set()
    await app(a_request("/v1/traces", "u=3"), nothing, ignored)


async def test_a_place_is_free_again_when_the_answer_begins_and_is_given_back_once() -> None:
    gate = a_gate()
    seen: list[int] = []

    async def streams(_scope: Scope, _receive: Receive, send: Send) -> None:
        seen.append(gate.under_way)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        seen.append(gate.under_way)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    await Gated(streams, gate)(a_request("/v1/connectors"), nothing, ignored)
    assert (seen, gate.under_way) == ([1, 0], 0)


async def refused(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise QuotaExceeded("used up")


@pytest.mark.parametrize(("name", "held"), [("key:ci", 1), (GATEWAY, 0)])
async def test_j15_what_a_limit_refuses_is_told_later_but_to_a_gateway_and_holds_no_place(
    name: str, held: int
) -> None:
    gate = Gate(1)
    request = a_request("/v1/connectors")
    request["state"]["identity"] = Identity(tenant="acme", name=name)
    told = asyncio.ensure_future(Gated(refused, gate)(request, nothing, ignored))
    await asyncio.sleep(0)
    assert (gate.under_way, told.done()) == (0, not held)
    with pytest.raises(QuotaExceeded):
        await told
