"""Names and numbers never change: whatever the order of a document, whatever comes later."""

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from facade.model.typed import (
    Enum,
    EnumValue,
    Field,
    Kept,
    Message,
    Method,
    Numbers,
    Scalar,
    TypedService,
)
from facade.spec.typed.naming import same
from facade.spec.typed.numbers import numbered
from tests.specs import typed_of

WORDS = ("a", "A", "a_b", "ab", "aB", "b")
SHOUTED = ("X", "X_Y", "XY", "UNSPECIFIED")
TYPES = ("Pet", "PET", "PetX", "Status", "PetStatus")
SCALARS = ("text", "varint")

TEXT: Mapping[str, Any] = {"type": "string"}
THING: Mapping[str, Any] = {"$ref": "#/components/schemas/Thing"}


def _json(schema: Any) -> Mapping[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


DOCUMENT: Mapping[str, Any] = {
    "paths": {
        "/things/{thingId}": {
            "get": {
                "operationId": "get-thing",
                "parameters": [{"name": "thing_id", "in": "query", "schema": TEXT}],
                "responses": {"200": _json(THING), "202": _json({"type": "array", "items": TEXT})},
            },
            "put": {
                "operationId": "getThing",
                "requestBody": _json({"type": "object", "properties": {"A": TEXT, "a": TEXT}}),
                "responses": {"200": {"$ref": "#/components/responses/Listed"}},
            },
        },
        "/things": {
            "get": {
                "operationId": "list",
                "responses": {"200": {"$ref": "#/components/responses/Listed"}},
            }
        },
    },
    "components": {
        "responses": {"Listed": _json({"type": "object", "properties": {"b": TEXT, "c": THING}})},
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "sort": {"type": ["string", "null"], "enum": ["a", "A", "b", None]},
                    "inner": {"type": "object", "properties": {"x": TEXT, "self": THING}},
                },
            },
            "thing": {"type": "object", "properties": {"y": TEXT}, "allOf": [THING]},
        },
    },
}


@st.composite
def messages(draw: st.DrawFn, key: str) -> Message:
    pairs = st.tuples(st.sampled_from(WORDS), st.sampled_from(SCALARS))
    keys = draw(st.lists(pairs, unique=True, max_size=4))
    fields = tuple(
        Field(
            key=f"{json}:{kind}",
            name=json.lower(),
            json=json,
            type=Scalar.STRING,
            oneof=draw(st.sampled_from(("", "a", "b_or_null"))),
        )
        for json, kind in keys
    )
    return Message(key=key, name=draw(st.sampled_from(TYPES)), fields=fields)


@st.composite
def enums(draw: st.DrawFn, key: str) -> Enum:
    words = draw(st.lists(st.sampled_from(SHOUTED), unique=True, min_size=1, max_size=3))
    name = draw(st.sampled_from(TYPES))
    values = tuple(EnumValue(key=f'"{each}"', name=f"{name.upper()}_{each}") for each in words)
    return Enum(key=key, name=name, values=values)


@st.composite
def services(draw: st.DrawFn) -> TypedService:
    places = draw(st.lists(st.sampled_from("pqr"), unique=True))
    others = draw(st.lists(st.sampled_from("tuv"), unique=True))
    ids = draw(st.lists(st.sampled_from(("get", "Get", "g-et", "list")), unique=True))
    return TypedService(
        name="PetService",
        messages={key: draw(messages(key)) for key in places},
        enums={key: draw(enums(key)) for key in others},
        methods=tuple(
            Method(key=each, name="Get", action=each, request="p", response="q") for each in ids
        ),
    )


def turned(service: TypedService) -> TypedService:
    """The same service of a document that is written the other way round."""
    return structs.replace(
        service,
        messages={
            each.key: structs.replace(each, fields=each.fields[::-1])
            for each in reversed([*service.messages.values()])
        },
        enums={
            each.key: structs.replace(each, values=each.values[::-1])
            for each in reversed([*service.enums.values()])
        },
        methods=service.methods[::-1],
    )


def shuffled(tree: Any, draw: random.Random) -> Any:
    """The same document with the members of every object in another order."""
    if isinstance(tree, Mapping):
        keys = list(tree)
        draw.shuffle(keys)
        return {key: shuffled(tree[key], draw) for key in keys}
    return [shuffled(each, draw) for each in tree] if isinstance(tree, list) else tree


def settled(service: TypedService) -> Any:
    """A service without the order of anything."""
    return (
        {each.key: (each.name, sorted(each.fields, key=lambda one: one.number))
         for each in service.messages.values()},
        {each.key: (each.name, sorted(each.values, key=lambda one: one.number))
         for each in service.enums.values()},
        sorted(service.methods, key=lambda one: one.key),
    )  # fmt: skip


def unique(names: list[str]) -> bool:
    return len(set(map(same, names))) == len(names)


@given(services())
def test_a_document_in_another_order_has_the_same_names_and_numbers(service: TypedService) -> None:
    found, known = numbered(service, {})
    again, later = numbered(turned(service), known)
    assert turned(again) == found
    assert later is known


FOUND, KNOWN = numbered(typed_of(**DOCUMENT), {})


@given(st.randoms(use_true_random=False))
def test_a_real_document_in_another_order_is_the_same_service(draw: random.Random) -> None:
    again, later = numbered(typed_of(**shuffled(DOCUMENT, draw)), KNOWN)
    assert settled(again) == settled(FOUND)
    assert later is KNOWN


def _within(action: str, way: str = "") -> Mapping[str, Any]:
    """What refers to the schema of another operation's answer, or to something in it."""
    return {"$ref": f"#/paths/~1{action}/get/responses/200/content/application~1json/schema{way}"}


def _record(**properties: Any) -> Mapping[str, Any]:
    return {"type": "object", "properties": properties}


LINKED: Mapping[str, Any] = {
    "paths": {
        f"/{name}": {"get": {"operationId": name, "responses": {"200": _json(schema)}}}
        for name, schema in {
            "a": _within("d"),
            "b": {"type": "array", "items": _within("d", "/properties/inner")},
            "c": _record(own=_record(x=TEXT), other=_within("d", "/properties/inner"), e=THING),
            "d": _record(inner=_record(x=TEXT, sort={"type": "string", "enum": ["a", "b"]})),
            "f": _record(g=_within("g"), own=_record(x=TEXT)),
            "g": _record(f=_within("f", "/properties/own"), back=_within("f")),
        }.items()
    },
    "components": {
        "schemas": {"Thing": _record(a=_within("e", "/properties/a"), own=_record(x=TEXT))}
    },
}
LINKED["paths"]["/e"] = {
    "get": {"operationId": "e", "responses": {"200": _json(_record(a=_record(x=TEXT), t=THING))}}
}
LINKED_FOUND, LINKED_KNOWN = numbered(typed_of(**LINKED), {})


@given(st.randoms(use_true_random=False))
def test_what_operations_have_of_one_another_is_called_the_same_in_any_order(
    draw: random.Random,
) -> None:
    again, later = numbered(typed_of(**shuffled(LINKED, draw)), LINKED_KNOWN)
    assert settled(again) == settled(LINKED_FOUND)
    assert later is LINKED_KNOWN
    alone = numbered(typed_of(**shuffled(LINKED, draw)), {})[0]
    assert alone.messages.keys() == LINKED_FOUND.messages.keys()


def test_a_schema_is_called_by_the_operation_that_it_stands_in() -> None:
    names = {each.name for each in LINKED_FOUND.messages.values()}
    assert {"DResponse", "DResponseInner", "EResponseA"} <= names
    assert names.isdisjoint({"AResponse", "COther", "ThingA"})


@given(st.lists(services(), min_size=1, max_size=3))
def test_what_comes_later_changes_nothing_of_what_was_before(versions: list[TypedService]) -> None:
    known: Numbers = {}
    found = []
    for each in versions:
        result, known = numbered(each, known)
        found.append(result)
    for each, before in zip(versions, found, strict=True):
        assert numbered(each, known) == (before, known)


@given(st.lists(services(), min_size=1, max_size=3))
def test_nothing_that_is_known_is_ever_changed_or_given_twice(versions: list[TypedService]) -> None:
    known: Numbers = {}
    for each in versions:
        before = {(scope, key): kept for scope in known for key, kept in known[scope].items()}
        _, known = numbered(each, known)
        after = {(scope, key): kept for scope in known for key, kept in known[scope].items()}
        assert before.items() <= after.items()
        for entries in known.values():
            numbers = [kept.number for kept in entries.values() if kept != Kept(0, kept.name)]
            assert len(numbers) == len(set(numbers))


@given(st.lists(services(), min_size=1, max_size=3))
def test_no_name_stands_twice_in_its_scope(versions: list[TypedService]) -> None:
    known: Numbers = {}
    for each in versions:
        found, known = numbered(each, known)
        types = [one.name for one in found.messages.values()]
        types += [one.name for one in found.enums.values()]
        assert unique([found.name, *types])
        assert unique([one.name for one in found.methods])
        values = [one.name for enum in found.enums.values() for one in enum.values]
        assert unique([*values, *(enum.zero for enum in found.enums.values())])
        for message in found.messages.values():
            oneofs = {one.oneof for one in message.fields if one.oneof}
            assert unique([*(one.name for one in message.fields), *oneofs])


@given(st.lists(services(), min_size=1, max_size=3))
def test_every_number_up_to_the_highest_is_a_field_or_reserved(
    versions: list[TypedService],
) -> None:
    known: Numbers = {}
    for each in versions:
        found, known = numbered(each, known)
        for message in found.messages.values():
            used = [one.number for one in message.fields]
            free = [one for first, last in message.reserved for one in range(first, last + 1)]
            assert sorted([*used, *free]) == list(range(1, max(used, default=0) + 1))
