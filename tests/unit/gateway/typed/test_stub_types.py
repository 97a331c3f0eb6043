"""The types of stubs, as mypy takes them: each call by its request and its answer."""

import sys
from pathlib import Path

import pytest
from mypy import api

from facade.catalog.artifacts import third_party
from facade.spec.typed.naming import file_of
from facade.spec.typed.proto import proto_text
from gateway.typed.stub_types import stub_types
from gateway.typed.stubs import stubs
from tests.typed import PACKAGE, PETS

PREPARED = """
import grpc
from grpc import aio
from petstore_grpc.v1 import petstore_pb2 as pb
from petstore_grpc.v1 import petstore_pb2_grpc as stubs
"""

RIGHT = f"""{PREPARED}
def blocking(channel: grpc.Channel) -> list[pb.Pet]:
    shop = stubs.PetstoreServiceStub(channel)
    return [shop.GetPet(pb.GetPetRequest(), timeout=1), *shop.WatchPets(pb.WatchPetsRequest())]

async def waiting(channel: aio.Channel) -> list[pb.Pet]:
    shop = stubs.PetstoreServiceStub(channel)
    some = [each async for each in shop.WatchPets(pb.WatchPetsRequest())]
    return [await shop.GetPet(pb.GetPetRequest()), *some]

class Shop(stubs.PetstoreServiceServicer):
    def GetPet(self, request: pb.GetPetRequest, context: object) -> pb.Pet:
        return pb.Pet()

def serve(server: grpc.Server) -> None:
    stubs.add_PetstoreServiceServicer_to_server(Shop(), server)
"""
WRONG = f"""{PREPARED}
def blocking(channel: grpc.Channel) -> pb.Count:
    shop = stubs.PetstoreServiceStub(channel)
    shop.GetPet(pb.WatchPetsRequest())
    shop.NoSuch(pb.GetPetRequest())
    return shop.GetPet(pb.GetPetRequest())
"""


async def test_calls_are_checked_by_what_they_take_and_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(PACKAGE)
    modules = await stubs(file, {**third_party(), file: proto_text(PETS, PACKAGE).encode()})
    path, types = stub_types(PETS, file)
    texts = {**modules, path: types, "right.py": RIGHT.encode(), "wrong.py": WRONG.encode()}
    for name, content in texts.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nstrict = true\nmypy_path = {tmp_path}\ncache_dir = {tmp_path}/cache\n"
        "[mypy-petstore_grpc.*]\ndisallow_any_generics = false\n"
        "[mypy-google.*]\nignore_missing_imports = true\n"
    )
    options = ("--config-file", str(tmp_path / "mypy.ini"), "--hide-error-context")
    # mypy would raise it for every test that follows in this process
    monkeypatch.setattr(sys, "setrecursionlimit", lambda _: None)
    said, trouble, _ = api.run([*options, *(str(tmp_path / f"{n}.py") for n in ("right", "wrong"))])
    found = [line for line in said.splitlines() if "error:" in line]
    assert [line.rpartition("[")[2] for line in found] == [
        "arg-type]",
        "attr-defined]",
        "return-value]",
    ]
    assert all("wrong.py" in line for line in found)
    assert trouble == ""
