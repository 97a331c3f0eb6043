from typing import Any

from msgspec import structs

from facade.model.typed import (
    Enum,
    EnumValue,
    Field,
    Http,
    Kept,
    Message,
    Method,
    Numbers,
    Role,
    Scalar,
    TypedService,
)
from facade.spec.typed.numbers import numbered
from tests.typed import PETS


def field(name: str, key: str = "", **fields: Any) -> Field:
    return Field(key=key or f"{name}:text", name=name, json=name, type=Scalar.STRING, **fields)


def message(*fields: Field, key: str = "/m", name: str = "M") -> Message:
    return Message(key=key, name=name, fields=fields)


def enum(*names: str, key: str = "/e", name: str = "E") -> Enum:
    return Enum(
        key=key, name=name, values=tuple(EnumValue(key=f'"{each}"', name=each) for each in names)
    )


def service(
    *types: Message | Enum, methods: tuple[Method, ...] = (), name: str = "PetsService"
) -> TypedService:
    return TypedService(
        name=name,
        messages={each.key: each for each in types if isinstance(each, Message)},
        enums={each.key: each for each in types if isinstance(each, Enum)},
        methods=methods,
    )


def method(key: str, name: str, **fields: Any) -> Method:
    return Method(key=key, name=name, action=key, request="/m", response="/m", **fields)


def fields_of(found: TypedService, key: str = "/m") -> dict[str, int]:
    return {each.name: each.number for each in found.messages[key].fields}


def test_numbers_follow_the_order_of_the_document_at_first_sight() -> None:
    found, known = numbered(service(message(field("b"), field("a"))), {})
    assert fields_of(found) == {"b": 1, "a": 2}
    assert known["/m"] == {"b:text": Kept(1, "b"), "a:text": Kept(2, "a")}


def test_what_is_known_stays_and_what_is_new_gets_the_next_number() -> None:
    _, known = numbered(service(message(field("b"), field("a"))), {})
    found, later = numbered(service(message(field("c"), field("a"))), known)
    assert fields_of(found) == {"c": 3, "a": 2}
    assert found.messages["/m"].reserved == ((1, 1),)
    assert later["/m"]["b:text"] == Kept(1, "b")


def test_a_field_that_comes_back_has_its_number_again() -> None:
    _, known = numbered(service(message(field("a"), field("b"))), {})
    _, known = numbered(service(message(field("b"))), known)
    found, again = numbered(service(message(field("a"), field("c"))), known)
    assert fields_of(found) == {"a": 1, "c": 3}
    assert again["/m"]["c:text"].number == 3


def test_a_field_of_another_type_has_another_number_under_its_name() -> None:
    _, known = numbered(service(message(field("age", "age:text"))), {})
    found, _ = numbered(service(message(field("age", "age:varint"))), known)
    assert fields_of(found) == {"age": 2}
    assert found.messages["/m"].reserved == ((1, 1),)


def test_where_nothing_is_new_what_was_known_is_answered_itself() -> None:
    found, known = numbered(PETS, {})
    again, later = numbered(PETS, known)
    assert again == found
    assert later is known


def test_no_field_has_a_number_that_protobuf_keeps_for_itself() -> None:
    known: Numbers = {"/m": {"a:text": Kept(18_999, "a")}}
    found, _ = numbered(service(message(field("b"), field("a"))), known)
    assert fields_of(found) == {"b": 20_000, "a": 18_999}
    assert found.messages["/m"].reserved == ((1, 18_998),)


def test_numbers_without_a_field_are_runs_however_many_they_are() -> None:
    known: Numbers = {"/m": {"a:text": Kept(3, "a"), "b:text": Kept(2**28, "b")}}
    found, _ = numbered(service(message(field("a"), field("b"))), known)
    assert found.messages["/m"].reserved == ((1, 2), (4, 18_999), (20_000, 2**28 - 1))


def test_who_comes_later_under_a_name_gets_a_hash_of_its_key() -> None:
    _, known = numbered(service(message(field("pet_id", "petId:text"))), {})
    fields = (field("petid", "petID:text"), field("pet_id", "petId:text"))
    found, _ = numbered(service(message(*fields)), known)
    first, second = (each.name for each in found.messages["/m"].fields)
    assert second == "pet_id"
    assert first.startswith("petid_")


def test_two_that_were_never_there_together_may_have_one_name_until_they_are() -> None:
    one, other = field("age", "age:text"), field("age", "age:varint")
    _, known = numbered(service(message(one)), {})
    _, known = numbered(service(message(other)), known)
    found, later = numbered(service(message(other, one)), known)
    younger, older = (each.name for each in found.messages["/m"].fields)
    assert older == "age"
    assert younger.startswith("age_")
    assert later is known


def test_a_oneof_is_called_as_no_field_is_and_belongs_to_one_property() -> None:
    def pair(json: str) -> tuple[Field, Field]:
        own = Field(key=f"{json}:text", name="a", json=json, type=Scalar.STRING, oneof="a_or_null")
        beside = structs.replace(own, key=f"{json}:null", name="a_null", role=Role.NULL)
        return own, beside

    fields = (*pair("a"), *pair("A"), field("a_or_null"))
    found, _ = numbered(service(message(*fields)), {})
    oneofs = [each.oneof for each in found.messages["/m"].fields]
    assert oneofs[0] == oneofs[1] != oneofs[2] == oneofs[3]
    assert "a_or_null" not in oneofs


def test_no_type_has_the_name_of_another_or_of_the_service() -> None:
    types = (
        message(key="/a", name="Pet"),
        message(key="/b", name="PET"),
        enum(key="/c", name="Pet"),
        message(key="/d", name="PetsService"),
    )
    found, known = numbered(service(*types), {})
    names = [each.name for each in found.messages.values()]
    names += [each.name for each in found.enums.values()]
    assert names[0] == "Pet"
    assert "PetsService" not in names
    assert len({each.lower() for each in names}) == 4
    assert numbered(service(*reversed(types)), known)[0] == structs.replace(
        found, messages=dict(reversed([*found.messages.items()]))
    )


def test_no_value_of_any_enum_has_the_name_of_another_or_of_a_zero() -> None:
    types = (
        enum("PET_STATUS_SOLD", "PET_UNSPECIFIED", key="/a", name="Pet"),
        enum("PET_STATUS_SOLD", "PET_STATUS_UNSPECIFIED", key="/b", name="PetStatus"),
    )
    found, known = numbered(service(*types), {})
    values = [value.name for each in found.enums.values() for value in each.values]
    zeros = [each.zero for each in found.enums.values()]
    assert values[0] == "PET_STATUS_SOLD"
    assert len({*values, *zeros}) == 6
    assert numbered(service(*types), known) == (found, known)


def test_the_values_of_an_enum_follow_it_to_the_name_it_gets() -> None:
    types = (message(key="/a", name="Status"), enum("STATUS_SOLD", key="/b", name="Status"))
    found, _ = numbered(service(*types), {})
    (own,) = found.enums.values()
    assert own.name != "Status"
    assert own.values[0].name == own.zero.replace("UNSPECIFIED", "SOLD")


def test_an_enum_that_gives_way_takes_its_values_along_and_keeps_them() -> None:
    """Two enums of one name, each alone in its version, meet in a third one."""
    one = enum("STATUS_SOLD", key="/a", name="Status")
    other = enum("STATUS_SOLD", "STATUS_NEW", key="/b", name="Status")
    _, known = numbered(service(one), {})
    _, known = numbered(service(other), known)
    both, later = numbered(service(one, other), known)
    first, second = both.enums.values()
    assert first.values[0].name == "STATUS_SOLD"
    assert {each.name.removesuffix("SOLD").removesuffix("NEW") for each in second.values} == {
        second.zero.removesuffix("UNSPECIFIED")
    }
    assert later is known


def test_methods_that_would_have_one_name_have_two() -> None:
    methods = (method("get-pet", "GetPet"), method("getPet", "GetPet"))
    found, known = numbered(service(message(), methods=methods), {})
    first, second = found.methods
    assert first.name == "GetPet"
    assert second.name.startswith("GetPetX")
    turned = service(message(), methods=methods[::-1])
    assert numbered(turned, known)[0].methods == (second, first)


def test_a_rule_names_fields_as_they_are_called_in_the_end() -> None:
    http = Http(method="PUT", path="/{a}/{b=**}:x", body="c", response_body="d")
    rows = [field(each, f"{each}:text") for each in "abcd"]
    known: Numbers = {"/m": {f"{each.name}:text": Kept(7 + n, f"{each.name}_9")
                             for n, each in enumerate(rows)}}  # fmt: skip
    found, _ = numbered(service(message(*rows), methods=(method("put", "Put", http=http),)), known)
    assert found.methods[0].http == Http(
        method="PUT", path="/{a_9}/{b_9=**}:x", body="c_9", response_body="d_9"
    )
