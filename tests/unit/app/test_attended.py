"""What is done for a client ends with the client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from facade.app.attended import Client, attended, taken
from facade.app.body import Body
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Effect
from facade.errors.service import DeadlineExceeded

GONE = {"type": "http.disconnect"}


def piece(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


def a_body(*messages: dict[str, Any], announced: str = "", limit: int = 8) -> Body:
    async def told() -> AsyncIterator[dict[str, Any]]:
        for each in messages:
            yield each
        await asyncio.Event().wait()

    fields = {"content-length": announced} if announced else {"transfer-encoding": "chunked"}
    return Body(told().__anext__, fields, limit)


async def never() -> Any:
    await asyncio.Event().wait()


async def test_what_the_work_gives_is_given() -> None:
    assert await attended(asyncio.sleep(0, "done"), Client()) == "done"


async def test_what_the_work_raises_is_raised() -> None:
    async def fails() -> None:
        raise InvalidRequest("no")

    with pytest.raises(InvalidRequest):
        await attended(fails(), Client())


async def test_work_is_cancelled_where_the_client_goes() -> None:
    client, ended = Client(), False

    async def work() -> None:
        nonlocal ended
        try:
            await never()
        finally:
            ended = True

    asyncio.get_running_loop().call_soon(client.leave)
    with pytest.raises(ClientDisconnect):
        await attended(work(), client)
    assert ended
    assert await asyncio.sleep(0, "not cancelled any more") == "not cancelled any more"


async def test_nothing_that_waits_is_done_for_a_client_that_has_gone() -> None:
    client = Client()
    client.leave()
    with pytest.raises(ClientDisconnect):
        await attended(never(), client)


async def test_a_client_that_goes_behind_the_work_ends_nothing_else() -> None:
    client = Client()
    assert await attended(asyncio.sleep(0, "done"), client) == "done"
    client.leave()
    assert await asyncio.sleep(0, "on") == "on"


async def test_who_cancels_the_whole_is_no_client_that_left() -> None:
    task = asyncio.ensure_future(attended(never(), Client()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_small_body_is_whole() -> None:
    assert await a_body(piece(b"ab", more=True), piece(b"cd")).whole() == b"abcd"


async def test_where_none_is_announced_there_is_none_to_wait_for() -> None:
    assert await Body(never, {}, 8).whole() == b""


async def test_a_large_body_is_not_but_all_of_it_comes() -> None:
    body = a_body(piece(b"12345", more=True), piece(b"6789", more=True), piece(b"0"))
    assert await body.whole() is None
    assert [each async for each in body.chunks()] == [b"12345", b"6789", b"0"]


async def test_an_announced_large_body_is_not_read_before_it_is_wanted() -> None:
    body = a_body(piece(b"123456789"), announced="9")
    assert await body.whole() is None
    assert [each async for each in body.chunks()] == [b"123456789"]


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    body = Body(never, {"content-length": "1"}, 8, patience=0.0)
    with pytest.raises(DeadlineExceeded):
        await body.whole()


async def test_a_client_that_leaves_in_its_body_is_gone() -> None:
    with pytest.raises(ClientDisconnect):
        await a_body(piece(b"1", more=True), GONE).whole()


async def test_a_body_that_is_given_up_never_looks_whole() -> None:
    body = a_body(piece(b"1", more=True), GONE, GONE, announced="9")
    assert await body.whole() is None

    async def all_of_it() -> list[bytes]:
        return [each async for each in body.chunks()]

    client = Client()
    asyncio.get_running_loop().call_soon(client.leave)
    with pytest.raises(ClientDisconnect):
        await attended(all_of_it(), client)


async def test_a_client_that_reads_nothing_is_not_waited_for() -> None:
    async def unread(_: Any) -> None:
        await never()

    with pytest.raises(DeadlineExceeded, match="0 s") as raised:
        await taken(unread, b"piece", 0.0)
    assert raised.value.effect is Effect.EXECUTED
