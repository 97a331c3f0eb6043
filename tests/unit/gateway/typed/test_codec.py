from typing import Any

import pytest
from google.protobuf import message_factory

from facade.errors.backend import BackendBadResponse
from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.model.call import Exchange, Outcome, Reply, Upload
from gateway.typed.codec import Codec, Codecs
from gateway.typed.descriptors import pool_of
from tests.typed import PACKAGE, PETS

POOL = pool_of(PETS, PACKAGE)
CODECS = Codecs(PETS)
METHODS = {each.name: each for each in PETS.methods}


def codec(method: str) -> Codec:
    return CODECS.of(METHODS[method])


def message(name: str, **fields: Any) -> Any:
    kind = message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
    return kind(**fields)


def outcome(status: int = 200, **what: Any) -> Outcome:
    reply = Reply(status=status, headers=(), body=b"")
    return Outcome(
        exchange=Exchange(method="GET", uri="u", request_headers=(), reply=reply), **what
    )


def text_of(request: Any, method: str) -> dict[str, str]:
    arguments, upload = codec(method).arguments(request.SerializeToString())
    assert upload is None
    return {name: each.text for name, each in arguments.items()}


def test_arguments_are_those_that_are_set_zero_or_not() -> None:
    request = message("ListPetsRequest", limit=0, status=[4, 1], sort=2)
    said = {"limit": "0", "status": '["sold","available"]', "sort": '"-name"'}
    assert text_of(request, "ListPets") == said
    assert text_of(message("ListPetsRequest"), "ListPets") == {}


def test_an_argument_has_the_value_that_a_reader_of_its_text_would_make() -> None:
    request = message("AddPetRequest", body={"weight": 2.5, "speed": 5.0})
    arguments, _ = codec("AddPet").arguments(request.SerializeToString())
    assert arguments["body"].text == '{"weight":2.5,"speed":5}'
    assert repr(arguments["body"].value) == "{'weight': Decimal('2.5'), 'speed': 5}"


@pytest.mark.parametrize(
    ("pet", "text"),
    [
        ({"nick_name_null": 0}, '{"nick-name":null}'),
        ({"tags_null": 0}, '{"tags":null}'),
        ({"status_other": "lost"}, '{"status":"lost"}'),
        ({"legs_other": "-7"}, '{"legs":-7}'),
        ({"photo": b"\xff\xef"}, '{"photo":"/+8="}'),
        ({"speed": 0.1}, '{"speed":0.1}'),
        ({"weight": 1e300}, '{"weight":1e+300}'),
        ({"seed": 2**64 - 1}, '{"seed":18446744073709551615}'),
        ({"owner": {"shop": {"staff": 2}}}, '{"owner":{"staff":2,"kind":"SHOP"}}'),
        ({"mark": {"array_value": {}}}, '{"mark":[]}'),
        ({"mark": {"null_value": 0}}, '{"mark":null}'),
        ({"anything": {"number_value": 7.0}}, '{"anything":7}'),
        ({"extra": {"a": [1, None]}}, '{"extra":{"a":[1,null]}}'),
        ({"labels": {"a": ""}, "id": 0}, '{"id":0,"labels":{"a":""}}'),
        ({"rooms": {"a": {}}}, '{"rooms":{"a":{}}}'),
    ],
)
def test_a_message_is_the_json_of_its_schema(pet: dict[str, Any], text: str) -> None:
    assert text_of(message("AddPetRequest", body=pet), "AddPet") == {"body": text}


@pytest.mark.parametrize(
    ("pet", "field", "words"),
    [
        ({"status": 3}, "/body/status", "no value of the enum PetStatus"),
        ({"status": 0}, "/body/status", "PET_STATUS_UNSPECIFIED"),
        ({"legs_other": "many"}, "/body/legs", "no integer"),
        ({"legs_other": "²"}, "/body/legs", "no integer"),
        ({"weight": float("nan")}, "/body/weight", "NaN"),
        ({"speed": float("inf")}, "/body/speed", "infinite"),
        (
            {"friends": [{}, {"grid": [{"items": [1, float("inf")]}]}]},
            "/body/friends/1/grid/0/1",
            "",
        ),
        ({"owner": {}}, "/body/owner", "set one field of Owner"),
        ({"anything": {}}, "/body/anything", "without a kind"),
        ({"anything": {"number_value": 2.0**53}}, "/body/anything", "beyond 2^53"),
        ({"point": {"values": [{}]}}, "/body/point", "without a kind"),
        ({"rooms": {"a/b": {"status": 9}}}, "/body/rooms/a~1b/status", "9"),
        ({"additional_properties": {"id": {"null_value": 0}}}, "/body/id", "a field of its own"),
    ],
)
def test_what_json_or_the_document_has_no_words_for_is_named(
    pet: dict[str, Any], field: str, words: str
) -> None:
    request = message("AddPetRequest", body=pet).SerializeToString()
    with pytest.raises(InvalidParameters) as refused:
        codec("AddPet").arguments(request)
    assert [each.field for each in refused.value.details.violations] == [field]
    assert words in refused.value.details.violations[0].description


def test_all_that_is_wrong_is_named_at_once() -> None:
    pet = {"status": 3, "legs_other": "x", "friends": [{"status": 8}]}
    with pytest.raises(InvalidParameters) as refused:
        codec("AddPet").arguments(message("AddPetRequest", body=pet).SerializeToString())
    assert {each.field for each in refused.value.details.violations} == {
        "/body/status",
        "/body/legs",
        "/body/friends/0/status",
    }


@pytest.mark.parametrize(
    "data", [b"\x0a", b"\x0a\x05ab", b"\x0f", b"\x00\x00", b"\x0a\x03\x12\x01\xff"]
)
def test_what_is_no_message_is_refused_by_its_name(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="AddPetRequest"):
        codec("AddPet").arguments(data)


def test_arguments_are_bounded_as_those_of_every_call() -> None:
    request = message("AddPetRequest", body={"tags": [""] * 100_001}).SerializeToString()
    with pytest.raises(InvalidParameters, match="more than 100,000 values") as refused:
        codec("AddPet").arguments(request)
    assert refused.value.details.violations[0].field == "/body"


def test_levels_are_bounded_too() -> None:
    pet: dict[str, Any] = {}
    for _ in range(40):
        pet = {"friends": [pet]}
    with pytest.raises(InvalidParameters, match="deeper than 64 levels"):
        codec("AddPet").arguments(message("AddPetRequest", body=pet).SerializeToString())


def test_a_body_that_is_no_json_is_an_upload_beside_the_arguments() -> None:
    request = message("PutPhotoRequest", pet_id=1, body_content_type="image/png", body=b"\xff")
    arguments, upload = codec("PutPhoto").arguments(request.SerializeToString())
    assert list(arguments) == ["petId"]
    assert upload == Upload(content_type="image/png", data=b"\xff")
    arguments, upload = codec("PutPhoto").arguments(b"")
    assert (arguments, upload) == ({}, None)


@pytest.mark.parametrize(
    ("method", "name", "given", "fields"),
    [
        ("GetPet", "Pet", {"json": b'{"id": 1, "more": null}'}, {"id": 1}),
        ("GetNames", "GetNamesResponse", {"json": b'"x"'}, {"value": "x"}),
        ("CountPets", "Count", {"json": b"null"}, {"value_null": 0}),
        ("CountPets", "Count", {"json": b"7"}, {"value": 7}),
        ("GetStock", "GetStockResponse", {"json": b'{"a":1}'}, {"value": {"a": 1}}),
        ("ListPets", "ListPetsResponse", {"json": b'[{"id":1},{}]'}, {"items": [{"id": 1}, {}]}),
        ("DeletePet", "DeletePetResponse", {}, {}),
        ("DeletePet", "DeletePetResponse", {"body": b"done", "content_type": "text/plain"}, {}),
        ("GetPet", "Pet", {}, {}),
        (
            "GetPhoto",
            "GetPhotoResponse",
            {"body": b"\xff", "content_type": "image/png"},
            {"content_type": "image/png", "data": b"\xff"},
        ),
        (
            "GetPhoto",
            "GetPhotoResponse",
            {"json": b"{}"},
            {"content_type": "application/json", "data": b"{}"},
        ),
        (
            "BuyPet",
            "BuyPetResponse",
            {"status": 200, "json": b'{"id":2}'},
            {"status_200": {"id": 2}},
        ),
        ("BuyPet", "BuyPetResponse", {"status": 202}, {"status_202": {}}),
        ("BuyPet", "BuyPetResponse", {"status": 207, "json": b"9"}, {"status_2xx": {"value": 9}}),
    ],
)
def test_an_answer_is_its_message(
    method: str, name: str, given: dict[str, Any], fields: dict[str, Any]
) -> None:
    expected = message(name, **fields)
    written = codec(method).answer(outcome(**given))
    read = type(expected).FromString(written)
    for each in list(read.DESCRIPTOR.fields):
        if each.name == "additional_properties":
            read.ClearField(each.name)
    assert read == expected


@pytest.mark.parametrize(
    ("method", "given", "words"),
    [
        ("GetPet", {"body": b"<a/>", "content_type": "text/html"}, "another media type.*text/html"),
        ("BuyPet", {"status": 302, "json": b"{}"}, "lists no status 302"),
        ("GetPet", {"json": b"[]"}, "as a whole, it is no object"),
        ("GetPet", {"json": b'{"friends":[{},{"id":"1"}]}'}, "/friends/1/id is no integer"),
    ],
)
def test_an_answer_that_its_message_cannot_say_is_a_fault_with_the_remedy(
    method: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(BackendBadResponse, match=f"{words}.*call ExecuteAction"):
        codec(method).answer(outcome(**given))


def test_the_fault_of_an_outcome_is_raised() -> None:
    with pytest.raises(InvalidRequest):
        codec("GetPet").answer(outcome(fault=InvalidRequest("no")))


def test_an_item_of_a_sequence_is_a_message_of_its_own() -> None:
    alone = Codecs(PETS).of(METHODS["WatchPets"])
    assert alone.item(b'{"id":5}') == message("Pet", id=5).SerializeToString()
