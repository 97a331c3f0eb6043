import re

import pytest

from facade.model.names import VersionName
from facade.model.typed import upper_snake
from facade.spec.typed.naming import (
    MAX_NAME,
    camel,
    distinct,
    file_of,
    package_of,
    same,
    service_of,
    shout,
    snake,
)

FIELD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TYPE = re.compile(r"[A-Z][A-Za-z0-9]*")


@pytest.mark.parametrize(
    ("text", "field", "type_"),
    [
        ("petId", "pet_id", "PetId"),
        ("HTTPCode", "http_code", "HTTPCode"),
        ("petIDs", "pet_ids", "PetIDs"),
        ("petIDsList", "pet_ids_list", "PetIDsList"),
        ("HTTPSet", "http_set", "HTTPSet"),
        ("oauth2Token", "oauth2_token", "Oauth2Token"),
        ("repos/list-for-user", "repos_list_for_user", "ReposListForUser"),
        ("X-Request-ID", "x_request_id", "XRequestID"),
        ("filter[name]", "filter_name", "FilterName"),
        ("query.id", "query_id", "QueryId"),
        ("$top", "top", "Top"),
        ("LIST_PETS", "list_pets", "ListPets"),
        ("PET", "pet", "PET"),
        ("__type", "type", "Type"),
        ("a__b_", "a_b", "AB"),
        ("2fa", "n_2fa", "N2fa"),
        ("año", "ano", "Ano"),
    ],
)
def test_words_of_a_document_are_written_as_proto_writes_them(
    text: str, field: str, type_: str
) -> None:
    assert (snake(text), camel(text)) == (field, type_)


@pytest.mark.parametrize("text", ["", "你好", "-", "Имя", "…"])
def test_what_has_no_letter_of_ascii_is_called_by_its_hash(text: str) -> None:
    assert FIELD.fullmatch(snake(text))
    assert TYPE.fullmatch(camel(text))
    assert snake(text) != snake(f"{text}+")


@pytest.mark.parametrize("text", ["none", "True", "FALSE-", "false"])
def test_no_type_has_a_name_that_python_cannot_read(text: str) -> None:
    assert camel(text) not in {"None", "True", "False"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("on hold", "ON_HOLD"),
        ("-4", "MINUS_4"),
        ("-name", "MINUS_NAME"),
        ("created_at", "CREATED_AT"),
        ("inProgress", "IN_PROGRESS"),
        ("3.5", "3_5"),
    ],
)
def test_a_value_is_shouted_behind_the_name_of_its_enum(text: str, name: str) -> None:
    assert shout(text) == name


def test_a_name_beyond_all_bounds_ends_in_a_hash() -> None:
    one, other = snake("x" * 500), snake("x" * 499)
    assert one != other
    assert len(one) < MAX_NAME + 10


def test_a_name_that_is_taken_gets_the_hash_of_its_key() -> None:
    taken = {same("pet_id")}
    first = distinct("petid", "pet-ID:text", taken, "_{}".format)
    assert first != "petid"
    assert first.startswith("petid_")
    assert first == distinct("petid", "pet-ID:text", taken, "_{}".format)
    assert first != distinct("petid", "petid:text", taken, "_{}".format)
    assert distinct("name", "name:text", taken, "_{}".format) == "name"


@pytest.mark.parametrize(
    ("connector", "version", "package", "service", "file"),
    [
        ("petstore", "v1", "petstore.v1", "PetstoreService", "petstore/v1/petstore.proto"),
        ("pet-shop", "live", "pet_shop.live", "PetShopService", "pet_shop/live/pet_shop.proto"),
        (
            "gateway",
            "v2-beta",
            "connectors.gateway.v2_beta",
            "GatewayService",
            "connectors/gateway/v2_beta/gateway.proto",
        ),
        ("google-x", "v1", "google_x.v1", "GoogleXService", "google_x/v1/google_x.proto"),
    ],
)
def test_a_version_has_its_package_its_service_and_its_file(
    connector: str, version: str, package: str, service: str, file: str
) -> None:
    assert package_of(VersionName(connector, version)) == package
    assert service_of(connector) == service
    assert file_of(package) == file


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("PetStatus", "PET_STATUS"),
        ("HTTPCode2", "HTTP_CODE2"),
        ("Pet3D", "PET3D"),
        ("Foo2Bar", "FOO2_BAR"),
        ("OAuth2Token", "O_AUTH2_TOKEN"),
        ("A1B2C", "A1B2C"),
    ],
)
def test_the_prefix_of_an_enum_is_the_one_that_buf_asks_for(name: str, prefix: str) -> None:
    assert upper_snake(name) == prefix
