from collections.abc import Mapping
from typing import Any

import pytest

from facade.model.typed import (
    Field,
    Kind,
    Message,
    Method,
    Role,
    Scalar,
    Streaming,
    TypedService,
    WellKnown,
)
from tests.specs import typed_of

PET = "/components/schemas/Pet"
SCHEMAS: Mapping[str, Any] = {
    "Pet": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Error": {"type": "object", "properties": {"code": {"type": "integer"}}},
}
REF: Mapping[str, Any] = {"$ref": "#/components/schemas/Pet"}
OK: Mapping[str, Any] = {"200": {"description": ""}}


def content(schema: Any, name: str = "application/json") -> Mapping[str, Any]:
    return {"description": "", "content": {name: {} if schema is None else {"schema": schema}}}


def made(verb: str = "get", path: str = "/pets", **operation: Any) -> TypedService:
    item = {verb: {"operationId": "listPets", "responses": OK, **operation}}
    components = {"schemas": SCHEMAS, **operation.pop("components", {})}
    return typed_of({path: item}, components=components)


def answered(responses: Mapping[str, Any], verb: str = "get") -> Message:
    found = made(verb, responses=responses)
    return found.messages[found.methods[0].response]


def asked(**operation: Any) -> tuple[Field, ...]:
    found = made("post", **operation)
    return found.messages["listPets:request"].fields


def methods(found: TypedService) -> list[tuple[str, Streaming]]:
    return [(each.name, each.streaming) for each in found.methods]


def test_an_operation_is_a_method_with_its_words() -> None:
    found = made(summary="All pets.", description="Page by page.", deprecated=True)
    assert found.methods == (
        Method(
            key="listPets",
            name="ListPets",
            action="listPets",
            request="listPets:request",
            response="listPets:response",
            http=found.methods[0].http,
            idempotency="NO_SIDE_EFFECTS",
            comment="All pets.\n\nPage by page.",
            deprecated=True,
        ),
    )
    assert found.messages["listPets:request"].name == "ListPetsRequest"


@pytest.mark.parametrize(
    ("verb", "word"),
    [("get", "NO_SIDE_EFFECTS"), ("put", "IDEMPOTENT"), ("delete", "IDEMPOTENT"), ("post", "")],
)
def test_a_method_says_what_a_repeat_does(verb: str, word: str) -> None:
    assert made(verb).methods[0].idempotency == word


def test_methods_stand_in_the_order_of_the_document() -> None:
    paths = {f"/{each}": {"get": {"operationId": each, "responses": OK}} for each in "zax"}
    assert [each.name for each in typed_of(paths).methods] == ["Z", "A", "X"]


def test_an_action_that_cannot_be_called_has_no_method() -> None:
    unnamed = {"in": "query", "required": True, "schema": {}}
    assert made(parameters=[unnamed]).methods == ()


def test_every_argument_is_a_field_by_the_key_that_callers_use() -> None:
    def parameter(name: str, place: str) -> Mapping[str, Any]:
        return {"name": name, "in": place, "schema": {"type": "string"}, "description": place}

    fields = asked(
        path="/pets/{id}",
        parameters=[
            {**parameter("id", "path"), "required": True},
            parameter("id", "query"),
            parameter("X-Tag", "header"),
            parameter("session", "cookie"),
        ],
    )
    assert [(each.json, each.name, each.comment) for each in fields] == [
        ("path.id", "path_id", "path"),
        ("query.id", "query_id", "query"),
        ("X-Tag", "x_tag", "header"),
        ("session", "session", "cookie"),
    ]
    assert all(each.optional and each.type is Scalar.STRING for each in fields)


def test_the_whole_query_may_be_one_argument() -> None:
    form = {"application/x-www-form-urlencoded": {"schema": REF}}
    (field,) = asked(parameters=[{"name": "q", "in": "querystring", "content": form}])
    assert (field.json, field.ref) == ("q", PET)


def test_a_variable_that_nobody_declares_is_a_text() -> None:
    found = made(path="/pets/{id}", responses=OK)
    (field,) = found.messages["listPets:request"].fields
    assert (field.json, field.type) == ("id", Scalar.STRING)


def test_fields_that_would_have_one_name_have_two_from_the_start() -> None:
    rows: list[Any] = [{"name": each, "in": "query", "schema": {}} for each in ("petId", "pet_id")]
    first, second = asked(parameters=rows)
    assert first.name == "pet_id"
    assert second.name.startswith("pet_id_")


@pytest.mark.parametrize(
    "name",
    [
        "application/json",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "*/*",
    ],
)
def test_a_body_that_is_a_value_is_one_field(name: str) -> None:
    (field,) = asked(requestBody=content(REF, name))
    assert (field.json, field.name, field.ref, field.role) == ("body", "body", PET, Role.MEMBER)


@pytest.mark.parametrize(
    "name", ["image/png", "text/csv", "application/octet-stream", "image/*", "*/*"]
)
def test_a_body_that_is_no_value_is_its_type_and_its_bytes(name: str) -> None:
    kind, data = asked(requestBody=content({"type": "string", "format": "binary"}, name))
    assert (kind.name, kind.role, kind.type) == (
        "body_content_type",
        Role.CONTENT_TYPE,
        Scalar.STRING,
    )
    assert (data.name, data.role, data.type) == ("body", Role.DATA, Scalar.BYTES)


def test_a_body_of_json_lines_is_an_array_of_its_items() -> None:
    body = {"content": {"application/jsonl": {"itemSchema": REF}}}
    found = made("post", requestBody=body)
    (field,) = found.messages["listPets:request"].fields
    whole = found.messages[field.ref]
    assert whole.kind is Kind.WHOLE
    assert [(each.ref, each.repeated) for each in whole.fields] == [(PET, True)]


def test_the_preferred_type_of_a_body_gives_the_field_its_type_and_others_are_noted() -> None:
    body = {"content": {**content({"type": "string"}, "text/plain")["content"],
                        **content(REF)["content"]}}  # fmt: skip
    found = made("post", requestBody=body)
    assert found.messages["listPets:request"].fields[0].ref == PET
    assert [each.code for each in found.notes] == ["one-body-type"]


def test_types_of_one_body_with_one_schema_are_not_noted() -> None:
    form = content(REF, "application/x-www-form-urlencoded")["content"]
    assert made("post", requestBody={"content": {**content(REF)["content"], **form}}).notes == ()


def test_the_answer_is_the_message_of_its_component() -> None:
    assert answered({"200": content(REF)}).key == PET


@pytest.mark.parametrize(
    ("responses", "verb"),
    [
        ({"204": {"description": ""}}, "delete"),
        ({"200": {"description": ""}}, "get"),
        ({"204": content(REF)}, "get"),
        ({"200": content(REF)}, "head"),
    ],
)
def test_an_answer_without_content_is_a_message_without_fields(
    responses: Mapping[str, Any], verb: str
) -> None:
    found = answered(responses, verb)
    assert (found.name, found.kind, found.fields) == ("ListPetsResponse", Kind.OBJECT, ())


@pytest.mark.parametrize(
    ("schema", "field"),
    [({"type": "array", "items": REF}, "items"), ({"type": "integer"}, "value")],
)
def test_an_answer_that_is_no_object_is_wrapped(schema: Any, field: str) -> None:
    found = answered({"200": content(schema)})
    assert (found.name, found.kind) == ("ListPetsResponse", Kind.WHOLE)
    assert [each.name for each in found.fields] == [field]


@pytest.mark.parametrize("name", ["image/png", "text/plain", "text/html", "application/pdf"])
def test_an_answer_that_is_no_value_is_its_type_and_its_bytes(name: str) -> None:
    found = answered({"200": content({"type": "string"}, name)})
    assert found.kind is Kind.CONTENT
    assert [each.role for each in found.fields] == [Role.CONTENT_TYPE, Role.DATA]


def test_json_goes_before_any_other_type_of_an_answer() -> None:
    both = {"content": {**content(None, "text/plain")["content"], **content(REF)["content"]}}
    assert answered({"200": {"description": "", **both}}).key == PET


@pytest.mark.parametrize("responses", [{}, {"404": content(REF)}, {"200": content(None)}])
def test_an_answer_of_which_nothing_is_said_may_be_any_json(responses: Mapping[str, Any]) -> None:
    found = answered(responses)
    assert found.kind is Kind.WHOLE
    assert found.fields[0].type is WellKnown.VALUE


@pytest.mark.parametrize(
    "responses",
    [
        {"200": content(REF), "204": {"description": ""}},
        {"200": content(REF), "201": content(REF)},
        {"2XX": content(REF), "404": content({"type": "string"})},
        {"200": content(REF), "default": content({"$ref": "#/components/schemas/Error"})},
        {"default": content(REF)},
    ],
)
def test_answers_that_are_equal_or_beside_none_are_one(responses: Mapping[str, Any]) -> None:
    assert answered(responses).key == PET


def test_answers_that_are_written_twice_are_one_too() -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    found = answered({"200": content(schema), "201": content(dict(schema))})
    assert (found.key, found.kind) == ("listPets:response", Kind.WHOLE)


def test_several_answers_are_told_apart_by_status() -> None:
    found = answered(
        {
            "200": content(REF),
            "202": content({"type": "object", "properties": {"job": {"type": "string"}}}),
            "2XX": content({"type": "string"}, "text/plain"),
        }
    )
    assert (found.name, found.kind) == ("ListPetsResponse", Kind.ANSWERS)
    assert [(each.json, each.name, each.ref, each.oneof) for each in found.fields] == [
        ("200", "status_200", PET, "status"),
        ("202", "status_202", "listPets:response/202", "status"),
        ("2XX", "status_2xx", "listPets:response/2XX", "status"),
    ]
    assert len({each.key for each in found.fields}) == 3


@pytest.mark.parametrize("name", ["application/jsonl", "application/json-seq", "text/event-stream"])
def test_a_sequence_is_a_stream_of_its_items(name: str) -> None:
    media = {"description": "", "content": {name: {"itemSchema": REF}}}
    found = made(responses={"200": media})
    assert methods(found) == [("ListPets", Streaming.ITEMS)]
    assert found.methods[0].key == "listPets:items"
    assert found.methods[0].response == PET
    assert found.methods[0].http is not None


def test_a_sequence_may_be_described_as_the_array_that_it_is() -> None:
    found = made(responses={"200": content({"type": "array", "items": REF}, "application/jsonl")})
    assert found.methods[0].response == PET


def test_events_of_which_nothing_is_said_are_events() -> None:
    found = made(responses={"200": content({"type": "string"}, "text/event-stream")})
    names = [each.name for each in found.messages[found.methods[0].response].fields]
    assert names == ["data", "event", "id", "retry"]


def test_a_stream_beside_json_is_a_second_method() -> None:
    events = content(REF, "text/event-stream")["content"]
    whole = content({"$ref": "#/components/schemas/Error"})["content"]
    found = made("post", responses={"200": {"description": "", "content": {**whole, **events}}})
    assert methods(found) == [
        ("ListPets", Streaming.NONE),
        ("StreamListPets", Streaming.ITEMS),
    ]
    assert [each.http is None for each in found.methods] == [False, True]


def test_pages_are_a_second_method_that_streams_their_items() -> None:
    schema = {
        "type": "object",
        "properties": {"pets": {"type": "array", "items": REF}, "next": {"type": "string"}},
    }
    extension: Any = {"x-ms-pageable": {"nextLinkName": "next", "itemName": "pets"}}
    found = made(responses={"200": content(schema)}, **extension)
    assert methods(found) == [("ListPets", Streaming.NONE), ("StreamListPets", Streaming.PAGES)]
    pages = found.methods[1]
    assert (pages.key, pages.request, pages.response) == (
        "listPets:pages",
        "listPets:request",
        PET,
    )
    assert pages.http is None
    assert pages.http_reason


def test_a_type_that_several_actions_share_is_called_by_what_they_share() -> None:
    """Whichever of them comes first, so that the order of a document changes nothing."""
    inline = {"type": "object", "properties": {"a": {"type": "string"}}}
    sort = {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}
    components = {
        "responses": {"Done": content(inline)},
        "requestBodies": {"Given": content(inline)},
        "parameters": {"Sort": sort},
    }
    paths = {
        f"/{each}": {
            "parameters": [{**sort, "name": "way"}],
            "post": {
                "operationId": each,
                "parameters": [{"$ref": "#/components/parameters/Sort"}],
                "requestBody": {"$ref": "#/components/requestBodies/Given"},
                "responses": {"200": {"$ref": "#/components/responses/Done"}},
            },
        }
        for each in ("one", "two")
    }
    found = typed_of(paths, components=components)
    turned = typed_of(dict(reversed(paths.items())), components=components)
    assert found.messages == turned.messages
    assert found.enums == turned.enums
    assert {each.response for each in found.methods} == {"/components/responses/Done"}
    assert found.messages["/components/responses/Done"].name == "DoneResponse"
    assert found.messages["/components/requestBodies/Given"].name == "GivenBody"
    assert {"/components/parameters/Sort", "/paths/~1one/query.way"} <= found.enums.keys()


def test_a_service_says_what_the_document_says_of_the_api() -> None:
    info = {"title": "Pets", "description": "A shop.", "version": "1"}
    assert typed_of({}, info=info).comment == "Pets\n\nA shop."
