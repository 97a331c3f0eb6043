import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc_testing
import pytest

from facade.errors.backend import BackendNotFound
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation
from facade.model.call import Call, Outcome
from gateway.client import CallError, Client
from gateway.v1 import gateway_pb2
from gateway.v1.action_pb2 import Action
from gateway.v1.gateway_pb2 import ExecuteActionResponse, ListActionsResponse
from tests.gateways import NOTHING, Engine, Gateway, a_gateway

T = TypeVar("T")

SERVICE = gateway_pb2.DESCRIPTOR.services_by_name["GatewayService"]
EXECUTE, LIST = (SERVICE.methods_by_name[name] for name in ("ExecuteAction", "ListActions"))


async def act(call: Call) -> Outcome:
    match call.name.action:
        case "echo":
            text = ",".join(f'"{key}":{each.text}' for key, each in call.arguments.items())
            return Outcome(json=f"{{{text}}}".encode(), exchange=NOTHING)
        case "file":
            return Outcome(body=b"\0\xff", content_type="image/png", exchange=NOTHING)
        case "nothing":
            return Outcome(exchange=NOTHING)
        case "big":
            return Outcome(json=b'"' + b"x" * (6 * 2**20) + b'"', exchange=NOTHING)
        case "slow":
            await asyncio.sleep(20)
        case "wrong":
            violation = Violation(field="/petId", description="is no integer")
            raise InvalidParameters("no", details=Details(violations=(violation,)))
    raise BackendNotFound("no such thing", details=Details(facts={"httpStatus": "404"}))


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path, Engine(act)) as served:
        yield served


async def using(gateway: Gateway, use: Callable[[Client], T]) -> T:
    def session() -> T:
        with Client(gateway.address) as client:
            return use(client)

    return await asyncio.to_thread(session)


async def test_an_action_is_called_like_a_function(gateway: Gateway) -> None:
    answer = await using(
        gateway, lambda client: client.execute("pets/echo", petId=2**60 + 1, name="Ü", tags=[1.5])
    )
    assert answer == {"petId": 2**60 + 1, "name": "Ü", "tags": [1.5]}
    assert str(gateway.engine.calls[0].name) == "connectors/pets/versions/live/actions/echo"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("connectors/pets/versions/v1/actions/file", b"\0\xff"),
        ("pets/nothing", None),
        ("pets/big", "x" * (6 * 2**20)),
    ],
)
async def test_an_answer_is_what_it_is(gateway: Gateway, name: str, answer: Any) -> None:
    assert await using(gateway, lambda client: client.execute(name)) == answer


async def test_a_failure_says_what_the_gateway_says(gateway: Gateway) -> None:
    with pytest.raises(CallError) as raised:
        await using(gateway, lambda client: client.execute("pets/wrong", petId="x"))
    error = raised.value
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "INVALID_PARAMETERS")
    assert error.violations == {"/petId": "is no integer"}
    with pytest.raises(CallError) as raised:
        await using(gateway, lambda client: client.execute("pets/other"))
    assert raised.value.metadata["httpStatus"] == "404"
    assert str(raised.value) == "NOT_FOUND BACKEND_NOT_FOUND: no such thing"
    with pytest.raises(CallError) as raised:
        await using(gateway, lambda client: list(client.list_actions("nobody")))
    assert raised.value.reason == "CONNECTOR_NOT_FOUND"


async def test_a_gateway_that_is_not_there_is_a_failure_without_a_reason() -> None:
    def ask() -> None:
        Client("127.0.0.1:1", timeout=5).execute("a/b")

    with pytest.raises(CallError) as raised:
        await asyncio.to_thread(ask)
    assert (raised.value.code, raised.value.reason) == ("UNAVAILABLE", "")


@pytest.mark.parametrize("value", [float("nan"), Decimal(1)])
def test_what_is_no_json_is_not_sent(value: Any) -> None:
    channel = grpc_testing.channel([SERVICE], grpc_testing.strict_fake_time(0))
    with pytest.raises((ValueError, TypeError)):
        Client(channel=channel).execute("a/b", n=value)


class Rpc:
    """A call of the client on a fake channel, answered by the test."""

    def __init__(self, use: Callable[[Client], Any]) -> None:
        self.channel = grpc_testing.channel([SERVICE], grpc_testing.strict_fake_time(0))
        client = Client(channel=self.channel)
        self.done = asyncio.ensure_future(asyncio.to_thread(use, client))

    async def answer(self, method: Any, response: Any) -> Any:
        _, request, rpc = await asyncio.to_thread(self.channel.take_unary_unary, method)
        rpc.terminate(response, (), grpc.StatusCode.OK, "")
        return request


async def test_a_list_is_every_page_of_it() -> None:
    rpc = Rpc(lambda client: [each.name for each in client.list_actions("pets", "safe = true")])
    first = await rpc.answer(
        LIST, ListActionsResponse(actions=[Action(name="a")], next_page_token="t")
    )
    second = await rpc.answer(LIST, ListActionsResponse(actions=[Action(name="b")]))
    assert await rpc.done == ["a", "b"]
    assert (first.parent, first.filter) == ("connectors/pets/versions/live", "safe = true")
    assert (first.page_token, second.page_token) == ("", "t")
    assert second.filter == first.filter


async def test_a_call_ends_with_its_timeout(gateway: Gateway) -> None:
    def ask() -> None:
        Client(gateway.address, timeout=0.3).execute("pets/slow")

    with pytest.raises(CallError) as raised:
        await asyncio.wait_for(asyncio.to_thread(ask), 5)
    assert raised.value.code == "DEADLINE_EXCEEDED"


async def test_digits_of_the_answer_are_pythons() -> None:
    rpc = Rpc(lambda client: client.execute("pets/echo"))
    await rpc.answer(EXECUTE, ExecuteActionResponse(json="9007199254740993"))
    assert await rpc.done == 9007199254740993
