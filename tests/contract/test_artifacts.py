"""Artifacts of a version, at both faces: as files that the tools they are for take."""

import ast
import asyncio
import json
import os
import subprocess
import sys
import zipfile
from base64 import b64decode
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from gateway.v1 import artifact_pb2 as pb
from gateway.v1.artifact_pb2_grpc import ArtifactServiceStub
from gateway.v1.gateway_pb2 import ManageVersionsRequest, PromoteVersion, VersionChange
from tests.doors import document, refusal
from tests.faces import Faces, both_faces

pytestmark = pytest.mark.asyncio(loop_scope="module")

V1 = "connectors/pet-shop/versions/v1"
LIVE = "connectors/pet-shop/versions/live"
PACKAGE = "pet_shop.v1"
VENOM = 'One pet."""\nimport os; raise SystemExit("done")\n"""\\N{NO} \\x \\'

PET = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string", "description": VENOM}},
}
SPEC = document(
    {
        "/pets/{petId}": {
            "get": {
                "operationId": "getPet",
                "description": VENOM,
                "parameters": [
                    {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
                ],
                "responses": {
                    "200": {
                        "description": VENOM,
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}
                        },
                    }
                },
            }
        }
    },
    components={"schemas": {"Pet": PET}},
)
TRY = f"""
import sys
sys.path.insert(0, sys.argv[1])
from pet_shop_grpc.v1 import pet_shop_pb2 as pb, pet_shop_pb2_grpc as stubs
assert pb.__file__.startswith(sys.argv[1])
pet = pb.Pet(id=9007199254740993, name="Rex")
assert pb.Pet.FromString(pet.SerializeToString()).id == 9007199254740993
assert pet.DESCRIPTOR.full_name == "{PACKAGE}.Pet"
assert pb.Pet.__module__ == "pet_shop_grpc.v1.pet_shop_pb2"
print(sorted(vars(stubs.PetShopService)), stubs.PetShopServiceStub.__doc__)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path_factory.mktemp("artifacts")) as opened:
        await opened.door.publish("pet-shop", SPEC, "http://127.0.0.1:9")
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def artifacts(faces: Faces) -> Any:
    return ArtifactServiceStub(faces.door.channel)


async def exported(
    artifacts: Any, format_: pb.ArtifactFormat.ValueType, name: str = V1
) -> pb.ExportArtifactResponse:
    request = pb.ExportArtifactRequest(name=name, format=format_)
    made: pb.ExportArtifactResponse = await artifacts.ExportArtifact(request)
    return made


async def test_the_text_is_what_is_given_unless_something_else_is_asked_for(
    artifacts: Any,
) -> None:
    made = await exported(artifacts, pb.ARTIFACT_FORMAT_UNSPECIFIED)
    assert made == await exported(artifacts, pb.ARTIFACT_FORMAT_PROTO)
    assert (made.file_name, made.content_type) == ("pet-shop.proto", "text/plain; charset=utf-8")
    text = made.data.decode()
    assert f"package {PACKAGE};" in text
    assert "rpc GetPet(GetPetRequest) returns (Pet) {" in text


async def test_the_descriptors_are_whole_and_the_services_file_is_last(
    artifacts: Any,
) -> None:
    made = await artifacts.GetDescriptorSet(pb.GetDescriptorSetRequest(name=V1))
    files = FileDescriptorSet.FromString(made.descriptor_set).file
    pool = DescriptorPool()
    for file in files:
        pool.Add(file)
    assert files[-1].package == PACKAGE
    assert pool.FindMethodByName(f"{PACKAGE}.PetShopService.GetPet").output_type.name == "Pet"
    exported_ = await exported(artifacts, pb.ARTIFACT_FORMAT_DESCRIPTOR_SET)
    assert exported_.file_name == "pet-shop-v1.binpb"
    assert exported_.data == made.descriptor_set


async def test_the_package_is_that_of_the_name_which_is_asked_for(
    artifacts: Any,
) -> None:
    made = await exported(artifacts, pb.ARTIFACT_FORMAT_PROTO, LIVE)
    assert "package pet_shop.live;" in made.data.decode()
    wheel = await exported(artifacts, pb.ARTIFACT_FORMAT_PYTHON_WHEEL, LIVE)
    assert wheel.file_name == "pet_shop_grpc-0+live-py3-none-any.whl"


async def test_buf_takes_the_module_as_it_is(artifacts: Any, tmp_path: Path) -> None:
    made = await exported(artifacts, pb.ARTIFACT_FORMAT_BUF_MODULE)
    assert made.file_name == "pet-shop-v1.zip"
    (tmp_path / made.file_name).write_bytes(made.data)
    buf = Path(sys.executable).parent / "buf"
    for command in (("lint",), ("build", "-o", "built.binpb"), ("breaking", "--against", "x.zip")):
        (tmp_path / "x.zip").write_bytes(made.data)
        arguments = [buf, command[0], made.file_name, *command[1:]]
        done = await asyncio.to_thread(
            subprocess.run,
            arguments,
            cwd=tmp_path,
            env={"HOME": str(tmp_path)},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_pip_installs_the_wheel_and_python_imports_it(artifacts: Any, tmp_path: Path) -> None:
    made = await exported(artifacts, pb.ARTIFACT_FORMAT_PYTHON_WHEEL)
    assert made.file_name == "pet_shop_grpc-1-py3-none-any.whl"
    wheel, site = tmp_path / made.file_name, tmp_path / "site"
    wheel.write_bytes(made.data)
    options = ("--no-deps", "--no-index", "--no-input", "--quiet", "--disable-pip-version-check")
    for command in (
        ("-m", "pip", "install", *options, "--target", str(site), str(wheel)),
        ("-W", "error", "-c", TRY, str(site)),
    ):
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *command],
            cwd=tmp_path,
            env={**os.environ, "PIP_CONFIG_FILE": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "GetPet" in done.stdout


async def test_what_a_document_says_is_never_code_of_the_stubs(
    artifacts: Any,
) -> None:
    made = await exported(artifacts, pb.ARTIFACT_FORMAT_PYTHON_WHEEL)
    with zipfile.ZipFile(BytesIO(made.data)) as wheel:
        tree = ast.parse(wheel.read("pet_shop_grpc/v1/pet_shop_pb2_grpc.py"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported == {"grpc", "warnings"}
    said = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert any("raise SystemExit" in (each or "") for each in said)


async def test_the_same_version_gives_the_same_bytes(artifacts: Any) -> None:
    for format_ in pb.ArtifactFormat.values():
        assert await exported(artifacts, format_) == await exported(artifacts, format_)


async def test_of_several_that_are_live_it_is_that_which_serves_most_calls(
    faces: Faces, artifacts: Any
) -> None:
    for key, path in (("v1", "/a"), ("v2", "/b")):
        spec = document({path: {"get": {"operationId": path[1:] * 3, "responses": {}}}})
        await faces.door.publish_as(key, "halves", spec, "http://127.0.0.1:9")
    promote = PromoteVersion(
        name="connectors/halves/versions/v1", traffic_percent=60, allow_breaking=True
    )
    change = VersionChange(promote=promote)
    request = ManageVersionsRequest(parent="connectors/halves", changes=[change])
    await faces.door.gateway.ManageVersions(request)
    live = "connectors/halves/versions/live"
    for _ in range(10):
        made = await exported(artifacts, pb.ARTIFACT_FORMAT_PROTO, live)
        assert b"rpc Aaa(" in made.data
        told = await artifacts.GetDescriptorSet(pb.GetDescriptorSetRequest(name=live))
        assert b"Bbb" not in told.descriptor_set


async def test_the_http_face_gives_what_needs_no_protobuf_and_says_who_has_the_rest(
    faces: Faces, artifacts: Any
) -> None:
    for word in ("PROTO", "BUF_MODULE"):
        format_ = f"ARTIFACT_FORMAT_{word}"
        answer = await faces.http.get(f"/v1/{V1}:exportArtifact", params={"format": format_})
        made = await exported(artifacts, pb.ArtifactFormat.Value(format_))
        told = answer.json()["data"]
        assert (told["fileName"], told["contentType"]) == (made.file_name, made.content_type)
        assert b64decode(told["data"]) == made.data
    for path in (":getDescriptorSet", ":exportArtifact?format=ARTIFACT_FORMAT_PYTHON_WHEEL"):
        refused = await faces.http.get(f"/v1/{V1}{path}")
        assert refused.status_code == 501
        assert "FORMAT_UNAVAILABLE" in json.dumps(refused.json())


async def test_what_is_no_format_and_no_version_is_refused(
    artifacts: Any,
) -> None:
    wrong = pb.ExportArtifactRequest(name=V1, format=pb.ArtifactFormat.ValueType(99))
    refused = await refusal(artifacts.ExportArtifact(wrong))
    assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", ["format"])
    gone = pb.GetDescriptorSetRequest(name="connectors/pet-shop/versions/v9")
    assert (await refusal(artifacts.GetDescriptorSet(gone))).info.reason == "VERSION_NOT_FOUND"
