"""`portico demo`, as a process: what it prints can be typed as it is printed."""

import asyncio
import json
import shlex
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import grpc.aio
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict, Parse

from facade.demo import petstore
from facade.flows.templates import TEMPLATES
from gateway.v1 import flow_pb2
from gateway.v1.flow_pb2_grpc import FlowServiceStub
from gateway.v1.gateway_pb2 import ExecuteActionRequest, ListActionsRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.run_pb2 import Run
from tests.demos import Demo, a_demo
from tests.processes import PORTICO, Finished, environ
from tests.typed_calls import TypedCaller

FIRST = petstore.FIRST_ID
USUAL = 50051

TRIGGERS = {
    "pull": {"item": {"id": 7, "name": "Rex"}},
    "push": {"body": {"name": "Rex"}},
    "bidirectional": {"body": {"id": FIRST, "name": "Rex"}},
    "event": {"event": {"source": "flows/pets/runs/1", "time": "2030-01-01T00:00:00Z"}},
}
"""What triggers the templates that need something of it."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with a_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


async def typed(line: str) -> Finished:
    """What stands behind `portico`, as a shell takes it."""
    process = await asyncio.create_subprocess_exec(
        *(*PORTICO, *shlex.split(line)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ(),
    )
    out, err = await process.communicate()
    return Finished(process.returncode or 0, out, err.decode())


def contents(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def test_every_printed_command_succeeds_as_it_is_printed(demo: Demo) -> None:
    done = {line: await typed(line) for line in demo.commands}

    assert len(done) == 10
    for line, command in done.items():
        assert command.status == (1 if "/fail" in line else 0), (line, command)
    by_verb = {line.split()[0]: each for line, each in done.items()}
    assert "petstore-indirect@v1/getPetById" in by_verb["trace"].text
    assert "rpc GetPetById(GetPetByIdRequest) returns (Pet)" in by_verb["export"].text
    by_action = {line.split("/")[-1].split()[0]: each for line, each in done.items()}
    assert f'{{"id": {FIRST}, ' in by_action["getPetById"].text
    assert [each["name"] for each in by_action["findByStatus"].data][:3] == ["Rex", "Tom", "Tweety"]
    assert by_action["addPet"].data["name"] == "Bella"
    assert by_action["getInventory"].data["sold"] == 1
    assert len(by_action["listPets"].text.splitlines()) == 4  # two pages, with the pet just added
    assert "error UNAVAILABLE as you asked" in by_action["fail"].err
    assert "retry: after 2 s" in by_action["fail"].err


async def test_what_grpcurl_is_told_to_send_is_answered(demo: Demo) -> None:
    typed_call, listing, call = demo.bodies()
    async with grpc.aio.insecure_channel(demo.address) as channel:
        stub = GatewayServiceStub(channel)
        actions = await stub.ListActions(Parse(listing, ListActionsRequest()))
        answer = await stub.ExecuteAction(Parse(call, ExecuteActionRequest()))
        caller = TypedCaller(channel=channel)
        told = await caller.call("petstore.live.PetstoreService/GetPetById", json.loads(typed_call))

    assert told.data["id"] == str(FIRST)
    assert len(actions.actions) == 13
    assert f'"id": {FIRST},' in MessageToDict(answer)["json"]


@pytest.mark.parametrize("name", TEMPLATES)
async def test_every_template_of_a_flow_runs_against_the_demo(demo: Demo, name: str) -> None:
    trigger = json.dumps(TRIGGERS.get(name, {}))
    request = flow_pb2.TestFlowRequest(source=TEMPLATES[name].text, trigger=trigger)
    async with grpc.aio.insecure_channel(demo.address) as channel:
        run = await FlowServiceStub(channel).TestFlow(request)
    assert {step.id: step.error.message for step in run.steps if step.HasField("error")} == {}
    assert run.state == Run.STATE_SUCCEEDED, run.error


async def test_the_grpcurl_lines_name_the_address_and_the_methods(demo: Demo) -> None:
    lines = [line for line in demo.text.splitlines() if "grpcurl" in line and "With" not in line]

    assert len(lines) == 5
    assert all(f" {demo.address}" in line for line in lines)
    assert "describe petstore.live.PetstoreService\n" in demo.text
    assert "    petstore.live.PetstoreService/GetPetById\n" in demo.text
    assert "gateway.v1.GatewayService/ListActions" in demo.text
    assert "gateway.v1.GatewayService/ExecuteAction" in demo.text


async def test_ctrl_c_ends_it_cleanly_and_leaves_nothing(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        (kept,) = contents(tmp_path)
        assert kept.startswith("portico-demo-")

        demo.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(5):
            rest, _ = await demo.process.communicate()

    assert (demo.process.returncode, rest) == (0, b"")
    assert contents(tmp_path) == []


async def test_a_taken_port_leads_to_another_and_a_backend_of_ones_own_is_shown(
    tmp_path: Path,
) -> None:
    runner, uri = await petstore.start("k")
    document = tmp_path / "My Shop.json"
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "Mine", "version": "1"},
        "paths": {
            "/pet/{petId}": {
                "get": {
                    "operationId": "one",
                    "parameters": [
                        {
                            "name": "petId",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "integer", "examples": [FIRST]},
                        }
                    ],
                }
            },
            "/pet": {"get": {"operationId": "all"}},
        },
    }
    document.write_text(json.dumps(tree), encoding="utf-8")
    with closing(socket.socket()) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", USUAL))
            holder.listen()
        except OSError:
            pass  # somebody else holds it, which does as well
        async with a_demo(tmp_path, "--spec", str(document), "--backend", uri) as demo:
            done = {line.split(" -s ")[0]: await typed(line) for line in demo.commands}
    await runner.cleanup()

    assert f"note port {USUAL} is taken, so another one is used\n" in demo.text
    assert not demo.address.endswith(f":{USUAL}")
    assert all(each.status == 0 for each in done.values()), done
    assert "    my_shop.live.MyShopService/" in demo.text
    assert done[f"call my-shop/one petId={FIRST}"].data["id"] == FIRST
    assert len(done["call my-shop/all"].data) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file or directory"),
        ("openapi: [\n", "line "),
    ],
    ids=["absent", "broken"],
)
async def test_a_document_that_cannot_be_read_is_told_and_gives_2(
    tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "api.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    done = await typed(f"demo --spec {shlex.quote(str(file))}")

    assert (done.status, done.out) == (2, b"")
    assert said in done.err
    assert done.err.startswith("error ")
