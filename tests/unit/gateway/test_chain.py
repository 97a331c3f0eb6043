import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable
from typing import Any, NoReturn

import grpc
import pytest
from grpc_status import rpc_status

from facade.errors.service import Internal, Overloaded
from gateway.interceptors.base import Interceptor, Metadata, Rpc, Sent
from gateway.interceptors.chain import Chain
from gateway.interceptors.faults import Faults


class Aborted(Exception):
    """Passes through to the engine."""


class Carried:
    """A context that notes what it is told."""

    def __init__(self, *sent: tuple[str, str | bytes]) -> None:
        self.sent = sent
        self.before: Metadata = ()
        self.behind: Metadata = ()
        self.status: Any = None

    def invocation_metadata(self) -> Metadata:
        return self.sent

    def time_remaining(self) -> float | None:
        return None

    def peer(self) -> str:
        return "unix:"

    async def send_initial_metadata(self, initial_metadata: Metadata) -> None:
        self.before = initial_metadata

    def set_trailing_metadata(self, trailing_metadata: Metadata) -> None:
        self.behind = trailing_metadata

    async def write(self, message: bytes) -> None:
        raise NotImplementedError

    async def abort_with_status(self, status: grpc.Status) -> NoReturn:
        self.status = status
        raise Aborted


class Noted:
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


def rpc(context: Carried | None = None) -> Rpc:
    return Rpc(method="test.Service/Act", context=context or Carried())


async def test_what_begins_before_the_method_ends_behind_it_the_other_way_round() -> None:
    notes: list[str] = []
    waits = asyncio.sleep(0)
    chain = Chain(echo, (Noted("a", notes), Noted("b", notes, waits=waits), Noted("c", notes)))
    assert await chain(b"word", rpc()) == b"word"
    assert notes == ["+a", "+b", "+c", "-c NoneType", "-b NoneType", "-a NoneType"]


async def test_what_has_not_begun_does_not_end() -> None:
    notes: list[str] = []
    full = Noted("b", notes, fails=Overloaded("full"))
    context = Carried()
    with pytest.raises(Aborted):
        await Chain(echo, (Noted("a", notes), full, Noted("c", notes)))(b"", rpc(context))
    assert notes == ["+a", "-a Overloaded"]
    assert context.status.code is grpc.StatusCode.UNAVAILABLE


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
    await Chain(echo, (Noted("a", notes), ending))(b"", rpc())
    assert ending.ended == [None]
    full = Noted("b", notes, fails=Overloaded("full"))
    with pytest.raises(Aborted):
        await Chain(echo, (ending, full))(b"", rpc())
    assert isinstance(ending.ended[1], Overloaded)
    with pytest.raises(Aborted):
        await Chain(echo, (full, ending))(b"", rpc())
    assert len(ending.ended) == 2


async def test_a_ring_may_put_another_error_in_the_place_of_one() -> None:
    notes: list[str] = []
    context = Carried()
    rings = (Noted("a", notes), Noted("b", notes, says=Internal("broken")))
    with pytest.raises(Aborted):
        await Chain(leave, rings)(b"", rpc(context))
    assert notes[-1] == "-a Internal"
    assert context.status.code is grpc.StatusCode.INTERNAL


async def test_a_cancellation_passes_through_every_ring() -> None:
    notes: list[str] = []
    context = Carried()
    with pytest.raises(CancelledError):
        await Chain(leave, (Faults(), Noted("a", notes)))(b"", rpc(context))
    assert notes == ["+a", "-a CancelledError"]
    assert context.status is None


async def test_a_bug_is_told_by_its_id_alone(caplog: pytest.LogCaptureFixture) -> None:
    context = Carried()
    with pytest.raises(Aborted):
        await Chain(fail, (Faults(),))(b"", rpc(context))
    (record,) = caplog.records
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError
    assert record.__dict__["error_id"] in context.status.details
    assert rpc_status.GRPC_DETAILS_METADATA_KEY in dict(context.status.trailing_metadata)


async def test_empty_metadata_does_not_go_and_times_come_last() -> None:
    clock = iter([1.0, 1.25])
    context = Carried()
    call = rpc(context)
    call.metadata = {"x-trace-id": "ab", "age": ""}
    call.timings = {"backend": 0.125}
    await Chain(echo, (Faults(lambda: next(clock)),))(b"", call)
    assert context.before == (("x-trace-id", "ab"),)
    assert context.behind == (("server-timing", "gateway;dur=250.0, backend;dur=125.0"),)


def test_what_a_caller_sent_is_text_by_key_and_repeats_are_joined() -> None:
    sent = Sent((("a", "1"), ("b-bin", b"\0"), ("a", "2"), ("c", "")))
    assert dict(sent) == {"a": "1, 2", "c": ""}
    assert sent.get("b-bin") is None
    assert len(sent) == 2
