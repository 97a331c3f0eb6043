import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest
from grpc_status import rpc_status

from facade.errors.service import Internal, Overloaded
from facade.policy.overload.tarpit import Tarpit
from gateway.interceptors.base import Interceptor, Metadata, Refusal, Rpc, Sent
from gateway.interceptors.chain import Chain
from gateway.interceptors.faults import Faults


class Carried:
    """A context of which nothing is to be known."""

    def invocation_metadata(self) -> Metadata:
        return ()

    def time_remaining(self) -> float | None:
        return None

    def peer(self) -> str:
        return "unix:"

    def peer_names(self) -> tuple[str, ...]:
        return ()

    async def send_initial_metadata(self, initial_metadata: Metadata) -> None:
        raise NotImplementedError

    async def write(self, message: bytes) -> None:
        raise NotImplementedError


class Noted(Interceptor):
    """A ring that notes when it begins and ends."""

    def __init__(
        self,
        name: str,
        notes: list[str],
        *,
        fails: BaseException | None = None,
        waits: Awaitable[None] | None = None,
        says: BaseException | None = None,
    ) -> None:
        self._name = name
        self._notes = notes
        self._fails = fails
        self._waits = waits
        self._says = says

    def begin(self, _: Rpc) -> Awaitable[None] | None:
        if self._fails is not None:
            raise self._fails
        self._notes.append(f"+{self._name}")
        return self._waits

    def end(self, _: Rpc, error: BaseException | None) -> BaseException | None:
        self._notes.append(f"-{self._name} {type(error).__name__}")
        return self._says or error


async def echo(request: bytes, _: Rpc) -> bytes:
    return request


async def fail(_request: bytes, _rpc: Rpc) -> bytes:
    raise ZeroDivisionError


async def leave(_request: bytes, _rpc: Rpc) -> bytes:
    raise CancelledError


def rpc() -> Rpc:
    return Rpc(method="test.Service/Act", context=Carried())


async def ended(chain: Chain, call: Rpc | None = None, request: bytes = b"") -> Any:
    """What an RPC ends with."""
    end = chain.begin(request, call or rpc())
    return end if isinstance(end, bytes | Refusal) else await end


async def test_what_begins_before_the_method_ends_behind_it_the_other_way_round() -> None:
    notes: list[str] = []
    waits = asyncio.sleep(0)
    chain = Chain(echo, (Noted("a", notes), Noted("b", notes, waits=waits), Noted("c", notes)))
    assert await ended(chain, request=b"word") == b"word"
    assert notes == ["+a", "+b", "+c", "-c NoneType", "-b NoneType", "-a NoneType"]


async def test_what_has_not_begun_does_not_end() -> None:
    notes: list[str] = []
    full = Noted("b", notes, fails=Overloaded("full"))
    refusal = await ended(Chain(echo, (Noted("a", notes), full, Noted("c", notes))))
    assert notes == ["+a", "-a Overloaded"]
    assert refusal.code is grpc.StatusCode.UNAVAILABLE


class Ending(Interceptor):
    """A ring that has nothing to do before."""

    def __init__(self) -> None:
        self.ended: list[BaseException | None] = []

    def end(self, _: Rpc, error: BaseException | None) -> BaseException | None:
        self.ended.append(error)
        return error


async def test_a_ring_without_a_beginning_ends_where_those_before_it_have_begun() -> None:
    notes: list[str] = []
    ending = Ending()
    await ended(Chain(echo, (Noted("a", notes), ending)))
    assert ending.ended == [None]
    full = Noted("b", notes, fails=Overloaded("full"))
    await ended(Chain(echo, (ending, full)))
    assert isinstance(ending.ended[1], Overloaded)
    await ended(Chain(echo, (full, ending)))
    assert len(ending.ended) == 2


async def test_a_ring_may_put_another_error_in_the_place_of_one() -> None:
    notes: list[str] = []
    rings = (Noted("a", notes), Noted("b", notes, says=Internal("broken")))
    refusal = await ended(Chain(leave, rings))
    assert notes[-1] == "-a Internal"
    assert refusal.code is grpc.StatusCode.INTERNAL


class Started(Interceptor):
    """A ring that notes the task in which its RPC goes on."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[Any] | None] = []

    def start(self, _: Rpc) -> None:
        self.tasks.append(asyncio.current_task())

    def end(self, _: Rpc, error: BaseException | None) -> BaseException | None:
        return error


def known(request: bytes, _: Rpc) -> bytes | None:
    return request or None


async def test_what_is_known_is_answered_without_a_task_and_every_ring_ends() -> None:
    notes: list[str] = []
    started = Started()
    chain = Chain(fail, (Noted("a", notes), started, Noted("b", notes)), known)
    assert chain.begin(b"word", rpc()) == b"word"
    assert notes == ["+a", "+b", "-b NoneType", "-a NoneType"]
    assert started.tasks == []


async def test_what_is_refused_at_once_needs_no_task() -> None:
    refusal = Chain(echo, (Noted("a", [], fails=Overloaded("full")),), known).begin(b"word", rpc())
    assert isinstance(refusal, Refusal)
    assert refusal.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("waits", [False, True])
async def test_what_goes_on_is_told_so_in_its_task(*, waits: bool) -> None:
    started = Started()
    waiting = asyncio.sleep(0) if waits else None
    chain = Chain(echo, (started, Noted("a", [], waits=waiting)))
    going = asyncio.ensure_future(ended(chain, request=b"word"))
    assert await going == b"word"
    assert started.tasks == [going]


async def test_what_nobody_waits_for_any_more_is_not_begun_and_ends() -> None:
    notes: list[str] = []
    call = rpc()
    going = Chain(fail, (Noted("a", notes),)).begin(b"", call)
    call.gone = True
    assert not isinstance(going, bytes | Refusal)
    with pytest.raises(CancelledError):
        await going
    assert notes == ["+a", "-a CancelledError"]


async def test_a_cancellation_passes_through_every_ring() -> None:
    notes: list[str] = []
    with pytest.raises(CancelledError):
        await ended(Chain(leave, (Faults(Tarpit()), Noted("a", notes))))
    assert notes == ["+a", "-a CancelledError"]


async def test_a_bug_is_told_by_its_id_alone(caplog: pytest.LogCaptureFixture) -> None:
    refusal = await ended(Chain(fail, (Faults(Tarpit()),)))
    (record,) = caplog.records
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError
    assert record.__dict__["error_id"] in refusal.details
    assert rpc_status.GRPC_DETAILS_METADATA_KEY in dict(refusal.trailing_metadata)


async def test_empty_metadata_does_not_go_and_times_come_last() -> None:
    clock = iter([1.0, 1.25])
    call = rpc()
    call.metadata = {"x-trace-id": "ab", "age": ""}
    call.timings = {"backend": 0.125}
    await ended(Chain(echo, (Faults(Tarpit(), lambda: next(clock)),)), call)
    assert call.said() == (("x-trace-id", "ab"),)
    assert call.last == (("server-timing", "gateway;dur=250.0, backend;dur=125.0"),)


def test_what_a_caller_sent_is_text_by_key_and_repeats_are_joined() -> None:
    sent = Sent((("a", "1"), ("b-bin", b"\0"), ("a", "2"), ("c", "")))
    assert dict(sent) == {"a": "1, 2", "c": ""}
    assert sent.get("b-bin") is None
    assert len(sent) == 2
