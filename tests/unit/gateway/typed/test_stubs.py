"""Python stubs of a typed service: modules in a package of their own, or a refusal that helps."""

import pytest

from facade.catalog.artifacts import third_party
from facade.errors.service import FormatUnavailable
from facade.spec.typed.naming import file_of
from facade.spec.typed.proto import proto_text
from gateway.typed.stubs import stubs
from tests.typed import PETS


async def test_stubs_import_each_other_from_their_own_package() -> None:
    package = "connectors.google.import"
    file = file_of(package)
    modules = await stubs(file, {**third_party(), file: proto_text(PETS, package).encode()})
    assert list(modules) == [
        f"google_grpc/import_/google_pb2{end}" for end in (".py", ".pyi", "_grpc.py")
    ]
    text = b"\n".join(modules.values())
    assert b"from google_grpc.import_ import google_pb2 as" in text
    assert b"'google_grpc.import_.google_pb2'" in text
    assert b"from connectors" not in text
    for path, content in modules.items():
        compile(content, path, "exec")


async def test_without_a_compiler_there_are_none() -> None:
    with pytest.raises(FormatUnavailable, match="grpcio-tools"):
        await stubs("a/v1/a.proto", {}, compiler="no_such_compiler")
