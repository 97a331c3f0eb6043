"""The module of a typed service: a folder that brings along what it needs."""

import zipfile
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from msgspec import structs

from facade.catalog.artifacts import third_party
from facade.model.typed import TypedService
from facade.spec.typed.module import module
from facade.spec.typed.proto import proto_text
from tests.typed import PACKAGE, PETS


def opened(service: TypedService, package: str) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(module(service, package, third_party()))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_module_has_the_text_and_the_files_that_it_imports() -> None:
    files = opened(PETS, PACKAGE)
    assert list(files) == [
        "README.md",
        "buf.yaml",
        "proto/petstore/v1/petstore.proto",
        "third_party/google/api/annotations.proto",
        "third_party/google/api/http.proto",
    ]
    assert files["proto/petstore/v1/petstore.proto"] == proto_text(PETS, PACKAGE)
    assert "petstore.v1.PetstoreService/GetPet" in files["README.md"]


def test_what_imports_nothing_of_googles_brings_nothing() -> None:
    methods = tuple(structs.replace(each, http=None) for each in PETS.methods)
    files = opened(structs.replace(PETS, methods=methods), "petstore.live")
    assert list(files) == ["README.md", "buf.yaml", "proto/petstore/live/petstore.proto"]
    assert "third_party" not in files["buf.yaml"]


def test_a_service_without_methods_is_a_module_too() -> None:
    empty = TypedService(name="NoService")
    assert "service NoService {}\n" in opened(empty, "no.v1")["proto/no/v1/no.proto"]


def test_googles_files_are_those_that_are_installed() -> None:
    spec = find_spec("google.api")
    folder = next(iter((spec and spec.submodule_search_locations) or ()))
    files = third_party()
    assert files
    for path, content in files.items():
        assert content == (Path(folder).parents[1] / path).read_bytes()
