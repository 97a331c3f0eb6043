"""How a typed service is laid out: names that hide others, and names in protobuf's JSON."""

from collections.abc import Sequence
from typing import Any

import pytest

from facade.model.typed import Field, Message, Method, Role, Scalar, TypedService, WellKnown
from facade.spec.typed.layout import Names, Scope, groups, json_names, oneofs


def field(name: str, json: str = "", **more: Any) -> Field:
    known: dict[str, Any] = {"type": Scalar.STRING, "number": 1} | more
    return Field(key=name, name=name, json=json, **known)


def message(*fields: Field, name: str = "Pet") -> Message:
    return Message(key=name, name=name, fields=fields)


def test_a_oneof_stands_where_its_first_field_does() -> None:
    one, two = field("a", oneof="either"), field("c", oneof="either")
    found = list(groups(message(one, field("b", optional=True), two)))
    assert [(name, [each.name for each in fields]) for name, fields in found] == [
        ("either", ["a", "c"]),
        ("", ["b"]),
    ]
    assert oneofs(message(field("b", optional=True), one, two)) == ("either", "_b")


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ([field("pet_id", "petId")], ["petId"]),
        ([field("pet_id", "pet-id")], ["pet-id"]),
        ([field("pet_id", "pet_id")], ["pet_id"]),
        ([field("a", "b"), field("b", "a")], ["a", "b"]),
        ([field("a", "x"), field("b", "x")], ["x", "b"]),
        ([field("id", "id", optional=True), field("id_2", "_id")], ["id", "id2"]),
        ([field("a", "[x]"), field("b", "x\0"), field("c", "")], ["a", "b", "c"]),
        ([field("a_null", "a", role=Role.NULL)], ["aNull"]),
    ],
)
def test_json_has_the_propertys_name_where_nothing_else_is_called_so(
    fields: Sequence[Field], names: list[str]
) -> None:
    assert list(json_names(message(*fields)).values()) == names


def test_what_is_hidden_is_written_from_the_root() -> None:
    rooms = field("rooms", keyed=True)
    entry = field("entry", type=None, ref="RoomsEntry")
    anything = field("anything", type=WellKnown.VALUE)
    pet = message(rooms, entry, anything)
    service = TypedService(
        name="PetService",
        messages={each.key: each for each in (pet, message(name="RoomsEntry"))},
        methods=(
            Method(key="pet", name="Pet", action="pet", request="RoomsEntry", response="Pet"),
        ),
    )
    names = Names(service, "pet.google")
    scope = Scope(pet, names)
    assert scope.type(rooms) == "string"
    assert scope.type(entry) == ".pet.google.RoomsEntry"
    assert scope.type(anything) == ".google.protobuf.Value"
    assert Scope(message(entry), names).type(entry) == "RoomsEntry"
    assert [names.in_method(each) for each in service.messages] == [".pet.google.Pet", "RoomsEntry"]
