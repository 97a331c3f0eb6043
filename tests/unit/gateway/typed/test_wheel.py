"""Wheels of Python stubs: what pip reads of them, and bytes that depend on nothing else."""

import csv
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from io import BytesIO, StringIO

import pytest

from facade.model.names import VersionName
from gateway.typed.stubs import packages
from gateway.typed.wheel import wheel

MODULES = {
    "pet_shop_grpc/v1/pet_shop_pb2.py": b"# Protobuf Python Version: 7.35.1\n",
    "pet_shop_grpc/v1/pet_shop_pb2_grpc.py": b"GRPC_GENERATED_VERSION = '1.85.1'\n",
    "pet_shop_grpc/v1/pet_shop_pb2.pyi": b"# google/api/annotations.proto\n",
}
NAME = VersionName("pet-shop", "v1")


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_says_what_it_is_and_what_it_needs() -> None:
    file_name, data = wheel(NAME, "pet_shop.v1", MODULES)
    files = opened(data)
    assert file_name == "pet_shop_grpc-1-py3-none-any.whl"
    said = files["pet_shop_grpc-1.dist-info/METADATA"].decode().splitlines()
    assert said[1:3] == ["Name: pet-shop-grpc", "Version: 1"]
    assert [line.partition(": ")[2] for line in said if line.startswith("Requires-Dist")] == [
        "protobuf>=7.35.1,<9",
        "grpcio>=1.85.1",
        "googleapis-common-protos>=1.56",
    ]
    assert b"Tag: py3-none-any\n" in files["pet_shop_grpc-1.dist-info/WHEEL"]
    packages_ = {"pet_shop_grpc/__init__.py", "pet_shop_grpc/v1/__init__.py"}
    assert files.keys() >= {*MODULES, *packages_, "pet_shop_grpc/py.typed"}


def test_the_record_is_last_and_has_every_file() -> None:
    files = opened(wheel(NAME, "pet_shop.v1", MODULES)[1])
    record = "pet_shop_grpc-1.dist-info/RECORD"
    assert list(files) == [*sorted(files.keys() - {record}), record]
    rows = {path: row for path, *row in csv.reader(StringIO(files[record].decode()))}
    assert rows.keys() == files.keys()
    assert rows.pop(record) == ["", ""]
    for path, (digest, size) in rows.items():
        hashed = urlsafe_b64encode(sha256(files[path]).digest()).decode().rstrip("=")
        assert (digest, int(size)) == (f"sha256={hashed}", len(files[path]))


def test_the_order_of_the_modules_makes_no_other_wheel() -> None:
    backwards = dict(reversed(MODULES.items()))
    assert wheel(NAME, "pet_shop.v1", MODULES) == wheel(NAME, "pet_shop.v1", backwards)


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("v1", "1"),
        ("v2-1", "2.1"),
        ("v2026-01-05", "2026.1.5"),
        ("live", "0+live"),
        ("v1beta2", "0+v1beta2"),
        ("next-07", "0+next.7"),
    ],
)
def test_a_versions_id_is_a_release_for_pip(version: str, release: str) -> None:
    file_name, _ = wheel(VersionName("pet-shop", version), "pet_shop.v1", MODULES)
    assert file_name == f"pet_shop_grpc-{release}-py3-none-any.whl"


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("calendar/v1/calendar.proto", "calendar_grpc.v1"),
        ("connectors/google/v1/google.proto", "google_grpc.v1"),
        ("pets/import/pets.proto", "pets_grpc.import_"),
    ],
)
def test_stubs_have_a_package_that_nothing_else_has(file: str, own: str) -> None:
    assert packages(file)[1] == own
