"""What breaks stubs, of services by hand: a pair for each rule."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from facade.model.difference import Finding, Verdict
from facade.model.typed import (
    Enum,
    EnumValue,
    Field,
    Kind,
    Message,
    Method,
    Role,
    Scalar,
    Streaming,
    TypedService,
)
from facade.spec.diff.rules import CATALOGUE, TYPED
from facade.spec.typed.breaking import breaking
from tests.typed import PETS

PET = "/components/schemas/Pet"
CAT = "/components/schemas/Cat"
ASKED, TOLD = "getPet:request", "getPet:response"
STATUS = f"{PET}/status"

AGE = Field(key="age:varint", name="age", json="age", type=Scalar.INT64, optional=True)
NAME = Field(key="name:text", name="name", json="name", type=Scalar.STRING, optional=True)
STATE = Field(
    key=f"status:{STATUS}", name="status", json="status", ref=STATUS, oneof="status_or_other"
)


def of(old: Field, **values: Any) -> Field:
    return structs.replace(old, **values)


def message(key: str, *fields: Field, kind: Kind = Kind.OBJECT) -> Message:
    return Message(key=key, name=key.rpartition("/")[2], fields=fields, kind=kind)


def service(*fields: Field, kind: Kind = Kind.OBJECT, values: str = "ab") -> TypedService:
    """One method that answers a Pet, which has some fields."""
    enum = tuple(EnumValue(key=f'"{each}"', name=f"STATUS_{each.upper()}") for each in values)
    return TypedService(
        messages={each.key: each for each in (message(ASKED), message(PET, *fields, kind=kind))},
        enums={STATUS: Enum(key=STATUS, name="Status", values=enum)},
        methods=(
            Method(key="getPet", name="GetPet", action="getPet", request=ASKED, response=PET),
        ),
    )


def answering(key: str, *fields: Field, streaming: Streaming = Streaming.NONE) -> TypedService:
    found = service(AGE)
    method = structs.replace(found.methods[0], response=key, streaming=streaming)
    if streaming is not Streaming.NONE:
        method = structs.replace(method, key=f"getPet:{streaming}")
    told = {key: message(key, *fields)} if key != PET else {}
    return structs.replace(found, messages={**found.messages, **told}, methods=(method,))


def without_methods() -> TypedService:
    return structs.replace(service(AGE), methods=())


PAIRS: list[tuple[str, TypedService, TypedService]] = [
    ("method-removed", service(AGE), without_methods()),
    ("method-streaming-changed", service(AGE), answering(PET, streaming=Streaming.ITEMS)),
    ("method-streaming-changed", answering(PET, streaming=Streaming.ITEMS), service(AGE)),
    ("method-response-changed", service(AGE), answering(CAT, AGE)),
    ("method-response-added", answering(TOLD), service(AGE)),
    (
        "message-kind-changed",
        service(AGE),
        service(of(AGE, role=Role.WHOLE, json=""), kind=Kind.WHOLE),
    ),
    ("field-removed", service(AGE, NAME), service(NAME)),
    ("field-type-changed", service(AGE), service(of(NAME, key="age:text", name="age", json="age"))),
    ("field-type-changed", service(NAME), service(of(NAME, key="name:bytes", type=Scalar.BYTES))),
    (
        "field-type-changed",
        service(STATE),
        service(of(STATE, key="status:varint", ref="", type=Scalar.INT64)),
    ),
    ("field-type-adjusted", service(AGE), service(of(AGE, type=Scalar.INT32))),
    ("field-label-changed", service(AGE), service(of(AGE, key="age:varint[]", repeated=True))),
    ("field-oneof-changed", service(AGE), service(of(AGE, oneof="age_or_null", optional=False))),
    ("enum-value-removed", service(STATE), service(STATE, values="b")),
]


@pytest.mark.parametrize(("rule", "old", "new"), PAIRS)
def test_what_a_change_is_called(rule: str, old: TypedService, new: TypedService) -> None:
    (found,) = breaking(old, new)
    assert (found.rule, found.action) == (rule, "getPet")
    assert found.verdict is CATALOGUE[rule].verdict


def test_every_rule_has_its_pair() -> None:
    assert {rule for rule, _, _ in PAIRS} == {*TYPED}
    assert all(rule.verdict is not Verdict.SAFE for rule in TYPED.values())


def reordered() -> TypedService:
    turned = {
        key: structs.replace(each, fields=each.fields[::-1], comment="other words")
        for key, each in [*PETS.messages.items()][::-1]
    }
    return structs.replace(PETS, messages=turned, methods=PETS.methods[::-1])


def renumbered(found: TypedService) -> TypedService:
    pet = found.messages[PET]
    fields = tuple(of(each, number=each.number + 7) for each in pet.fields)
    return structs.replace(
        found, messages={**found.messages, PET: structs.replace(pet, fields=fields)}
    )


SAFE: list[tuple[TypedService, TypedService]] = [
    (PETS, PETS),
    (PETS, reordered()),
    (PETS, renumbered(PETS)),
    (service(AGE), service(AGE, NAME)),
    (service(STATE), service(STATE, values="abc")),
    (without_methods(), service(AGE)),
    (without_methods(), structs.replace(without_methods(), messages={})),
]


@pytest.mark.parametrize(("old", "new"), SAFE)
def test_what_breaks_no_stub_is_not_told(old: TypedService, new: TypedService) -> None:
    assert [*breaking(old, new)] == []


def without(*json: str) -> Callable[[Field], bool]:
    return lambda field: field.json not in json


def test_what_many_actions_use_is_told_of_each_of_them_and_once() -> None:
    pet = PETS.messages[PET]
    less = structs.replace(pet, fields=tuple(filter(without("weight"), pet.fields)))
    found = [*breaking(PETS, structs.replace(PETS, messages={**PETS.messages, PET: less}))]
    told = [each.action for each in found]
    uses = {each.action for each in PETS.methods} - {
        *("deletePet", "peekPet", "putPhoto", "getPhoto", "countPets", "getNames", "getStock")
    }
    assert len(told) == len(set(told))
    assert set(told) == uses
    assert {(each.rule, each.message) for each in found} == {
        ("field-removed", "The field `weight` of the message `Pet` is gone.")
    }


def places(found: Finding) -> tuple[str, str]:
    assert found.old is not None
    assert found.new is not None
    return found.old.pointer, found.new.pointer


def test_a_finding_says_where_by_the_keys_of_messages() -> None:
    (gone,) = breaking(service(AGE, NAME), service(NAME))
    assert places(gone) == (f"{PET}/age", PET)
    (odd,) = breaking(service(of(AGE, json="a/b")), service())
    assert places(odd) == (f"{PET}/a~1b", PET)
    (method,) = breaking(answering(CAT, AGE), service(AGE))
    assert places(method) == ("getPet", "getPet")
    assert method.message == "The method `GetPet` answers `Pet` now, no longer `Cat`."
