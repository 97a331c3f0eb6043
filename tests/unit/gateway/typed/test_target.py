import pytest
from hypothesis import given
from hypothesis.strategies import from_regex

from facade.model.names import ID, VersionName
from facade.spec.typed.naming import file_of, package_of
from gateway.typed.target import (
    is_service,
    service_name,
    target_of,
    version_of,
    version_of_file,
    version_of_symbol,
)


@pytest.mark.parametrize(
    ("path", "name", "method"),
    [
        ("/petstore.v1.PetstoreService/GetPet", ("petstore", "v1"), "GetPet"),
        ("/petstore.live.PetstoreService/GetPet", ("petstore", "live"), "GetPet"),
        ("/pet_store.v1_2.PetStoreService/GetPet", ("pet-store", "v1-2"), "GetPet"),
        ("/connectors.gateway.v1.GatewayService/Get", ("gateway", "v1"), "Get"),
        ("/connectors.v1.ConnectorsService/Get", ("connectors", "v1"), "Get"),
        ("/connectors.gateway.ConnectorsService/Get", ("connectors", "gateway"), "Get"),
    ],
)
def test_a_path_says_which_version_and_which_method_is_meant(
    path: str, name: tuple[str, str], method: str
) -> None:
    target = target_of(path, "acme")
    assert target is not None
    assert (target.version, target.method) == (VersionName(*name, "acme"), method)
    assert target.service == service_name(target.version)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/GetPet",
        "/petstore.v1/GetPet",
        "/petstore.v1.OtherService/GetPet",
        "/petstore.V1.PetstoreService/GetPet",
        "/petstore.PetstoreService/GetPet",
        "/connectors.petstore.v1.PetstoreService/GetPet",
        "/gateway.v1.GatewayService/NoSuchMethod",
        "/gateway.v9.GatewayService/ExecuteAction",
        "/grpc.health.v1.Health/Check",
        "/pet-store.v1.PetStoreService/GetPet",
        f"/petstore.v1.PetstoreService/{'x' * 512}",
    ],
)
def test_a_path_of_no_version_means_none(path: str) -> None:
    assert target_of(path, "") is None


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("petstore.v1", ("petstore", "v1")),
        ("petstore.v1.Pet", ("petstore", "v1")),
        ("petstore.v1.Pet.name", ("petstore", "v1")),
        ("connectors.buf.v1.BufService.Get", ("buf", "v1")),
        ("connectors.v1.ConnectorsService.Get", ("connectors", "v1")),
        ("gateway.v1.GatewayService", None),
        ("Pet", None),
        ("", None),
    ],
)
def test_a_symbol_is_of_the_version_in_whose_package_it_is(
    symbol: str, name: tuple[str, str] | None
) -> None:
    assert version_of_symbol(symbol, "") == (None if name is None else VersionName(*name))


@pytest.mark.parametrize("file", ["petstore/v1/other.proto", "petstore.proto", "", "a/b/c/d.proto"])
def test_a_file_of_no_version_is_of_none(file: str) -> None:
    assert version_of_file(file, "") is None


@given(from_regex(ID, fullmatch=True), from_regex(ID, fullmatch=True))
def test_whatever_a_version_is_called_its_package_file_and_service_lead_back(
    connector: str, version: str
) -> None:
    name = VersionName(connector, version, "acme")
    package = package_of(name)
    assert version_of(package, "acme") == name
    assert version_of_file(file_of(package), "acme") == name
    assert version_of_symbol(f"{package}.Pet", "acme") == name
    assert is_service(service_name(name))
