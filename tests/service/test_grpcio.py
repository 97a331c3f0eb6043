"""gRPC's own server beneath its asyncio layer: what it needs of the installed one, and its end."""

import asyncio
import runpy
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import grpc
import pytest
from grpc._cython import cygrpc
from grpc_health.v1.health import SERVICE_NAME
from h2.events import DataReceived
from h2.settings import SettingCodes

from facade.http2.session import Machine
from facade.telemetry.logs import open_logs
from gateway.engines import core
from gateway.engines.beside import of_health, of_reflection
from gateway.health import Health
from gateway.interceptors.base import Refusal, Rpc
from gateway.reflection import METHOD, V1, Reflection
from tests.carriers import ACT, a_carrier, served
from tests.fakes import Described
from tests.gateways import failure

LARGE = 2**21

PIECE = 2**14

HEAD = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", ACT.encode()),
    (b":authority", b"test"),
    (b"content-type", b"application/grpc"),
    (b"te", b"trailers"),
)


async def let_in(_rpc: Rpc) -> None:
    """Lets everybody see what there is."""


class Caller:
    """Who calls once, and says after every few bytes of the answer that there is room for more.

    The metadata goes out as it stands, which no client of gRPC lets through.
    """

    def __init__(self, address: str, *fields: tuple[bytes, bytes]) -> None:
        self._address = address
        self._head = (*HEAD, *fields)
        self._machine = Machine()
        self.heard = 0
        """Bytes of the answer."""

    async def call(self) -> None:
        """Calls, and hears until nothing more comes."""
        loop, machine = asyncio.get_running_loop(), self._machine
        host, _, port = self._address.rpartition(":")
        with socket.socket() as there:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
            there.setblocking(False)  # noqa: FBT003 - the standard library's own
            await loop.sock_connect(there, (host, int(port)))
            machine.initiate_connection()
            machine.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 2 * LARGE})
            machine.increment_flow_control_window(2 * LARGE)
            machine.send_headers(1, self._head)
            machine.send_data(1, bytes(5), end_stream=True)
            await loop.sock_sendall(there, machine.data_to_send())
            while piece := await loop.sock_recv(there, PIECE):
                self._hear(piece)
                with suppress(ConnectionError):  # what has arrived may be read all the same
                    await loop.sock_sendall(there, machine.data_to_send())

    def _hear(self, piece: bytes) -> None:
        for event in self._machine.receive_data(piece):
            if isinstance(event, DataReceived):
                self.heard += len(event.data or b"")
        if self.heard < LARGE:
            self._machine.increment_flow_control_window(1)


async def test_a_large_answer_arrives_whole_though_its_caller_speaks_while_the_server_ends() -> (
    None
):
    """A word that the server has not read when it closes has the kernel reset the connection."""
    going = asyncio.Event()

    async def act(_: bytes, __: Rpc) -> bytes:
        going.set()
        await asyncio.sleep(0.1)
        return bytes(LARGE)

    async with a_carrier("grpcio", served(act)) as (engine, address), asyncio.timeout(5):
        caller = Caller(address)
        async with asyncio.TaskGroup() as group:
            group.create_task(caller.call())
            await going.wait()
            group.create_task(engine.stop(5))
    assert caller.heard == LARGE + 5


@pytest.mark.parametrize("lacking", ["CompletionQueue", "SendStatusFromServerOperation"])
def test_another_grpcio_ends_the_start_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    monkeypatch.delattr(cygrpc, lacking)
    with pytest.raises(ImportError, match=f"{grpc.__version__}.*pip install 'grpcio>=1.85,<1.86'"):
        runpy.run_path(core.__file__)


@pytest.mark.parametrize(
    "method", [f"{SERVICE_NAME}/Check", f"{SERVICE_NAME}/Watch", f"{V1}/{METHOD}"]
)
async def test_what_is_no_request_of_health_or_reflection_is_the_fault_of_who_sends_it(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    beside = (*of_health(Health(())), *of_reflection(Reflection(tuple, Described()), let_in))
    async with (
        a_carrier("grpcio", *beside) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        call: Any = channel.unary_unary(f"/{method}")
        error = await failure(call(b"\x0a\x01\xff"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert not caplog.records


async def test_a_bug_at_the_door_ends_the_call_and_does_not_keep_the_server() -> None:
    def door(*_: object) -> Refusal | None:
        raise ZeroDivisionError

    async def act(request: bytes, _: Rpc) -> bytes:
        return request

    async with asyncio.timeout(5):
        async with (
            a_carrier("grpcio", replace(served(act), door=door)) as (_, address),
            grpc.aio.insecure_channel(address) as channel,
        ):
            call: Any = channel.unary_unary(ACT)
            error = await failure(call(b""))
    assert error.code() is grpc.StatusCode.INTERNAL


async def test_metadata_that_is_no_text_is_not_told_in_the_log() -> None:
    """In a process of its own, since the log is of the whole process."""
    telling = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.service.test_grpcio"), stderr=asyncio.subprocess.PIPE
    )
    _, told = await telling.communicate()
    assert telling.returncode == 0
    assert b"secret" not in told


async def called_with_what_is_no_text() -> None:
    """Answers a call whose metadata is no UTF-8."""
    asked = asyncio.Event()

    async def act(_: bytes, rpc: Rpc) -> bytes:
        asked.set()
        return str(dict(rpc.context.invocation_metadata())["x-key"]).encode("latin-1")

    async with a_carrier("grpcio", served(act)) as (engine, address), asyncio.timeout(5):
        caller = Caller(address, (b"x-key", b"secret\xff"))
        async with asyncio.TaskGroup() as group:
            group.create_task(caller.call())
            await asked.wait()
            group.create_task(engine.stop(5))
    assert caller.heard == len(b"secret\xff") + 5


if __name__ == "__main__":
    open_logs("text", "info")
    asyncio.run(called_with_what_is_no_text())
