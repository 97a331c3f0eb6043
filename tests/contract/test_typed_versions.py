"""Stubs of a version against a later one that breaks nothing: both read the same."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from msgspec import structs

from facade.model.difference import Verdict
from facade.model.typed import TypedService
from facade.spec.diff.rules import CATALOGUE
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from gateway.engines.choice import Name
from gateway.typed.codec import Codecs
from gateway.typed.descriptors import pool_of
from tests.documents import Tree, answering, differ, rules, sending, spec
from tests.doors import a_door
from tests.typed_calls import TypedCaller
from tests.typed_shop import TEXT, WHOLE, backend, shop
from tests.unit.spec.diff.test_diff_alternatives import pet, pets, told
from tests.unit.spec.diff.test_diff_operations import PAIRS
from tests.unit.spec.diff.test_diff_schemas import ANSWERED, NARROWED, SENT, titled

PACKAGE, SERVICE = "things.v1", "ThingsService"
VARIANTS = 6
"""Messages of each type: so many are the alternatives of a google.protobuf.Value."""
DEEPEST = 3
VALUE = "google.protobuf.Value"
STRING, MANY = {"type": "string"}, {"type": ["string", "integer", "null"]}
SAMPLES: dict[int, Any] = {
    FieldDescriptor.CPPTYPE_BOOL: True,
    FieldDescriptor.CPPTYPE_STRING: "Ünï",
    FieldDescriptor.CPPTYPE_DOUBLE: 1.5,
    FieldDescriptor.CPPTYPE_FLOAT: 0.5,
    FieldDescriptor.CPPTYPE_UINT64: 2**64 - 1,
    FieldDescriptor.CPPTYPE_INT64: -(2**63),
    FieldDescriptor.CPPTYPE_UINT32: 2**32 - 1,
    FieldDescriptor.CPPTYPE_INT32: -(2**31),
}


def first(schema: Any) -> Any:
    return {"type": "array", "prefixItems": [schema]}


def kinds(*names: str) -> Tree:
    return pets(told(*names), **{name: pet(name) for name in names})


def candidates() -> Iterator[tuple[Tree, Tree]]:
    """Pairs of documents that differ by each rule."""
    yield from ((old, new) for _, old, new in PAIRS)
    for _, wide, narrow in NARROWED:
        yield sending(narrow), sending(wide)
        yield answering(wide), answering(narrow)
    for way, several in ((sending, SENT), (answering, ANSWERED)):
        yield from ((way(titled(old)), way(titled(new))) for _, old, new in several)
    yield kinds("Cat", "Dog"), kinds("Eel", "Dog", "Cat")
    bare = [{"title": each, "required": [each], "properties": {each: STRING}} for each in "abc"]
    yield answering({"oneOf": bare}), answering({"oneOf": bare[1:]})
    yield sending(first(STRING)), sending(first(MANY))
    yield answering(first(MANY)), answering(first(STRING))


SAFE = [pair for pair in candidates() if differ(*pair).verdict is Verdict.SAFE]


def test_every_rule_that_is_safe_has_its_pair() -> None:
    found = chain.from_iterable(rules(differ(*pair)) for pair in SAFE)
    assert {*found} == {rule for rule, each in CATALOGUE.items() if each.verdict is Verdict.SAFE}


def methods(service: TypedService) -> dict[str, MethodDescriptor]:
    found = pool_of(service, PACKAGE).FindServiceByName(f"{PACKAGE}.{SERVICE}")
    return dict(found.methods_by_name)


def filled(message: Any, variant: int, depth: int = 0) -> Any:
    """A message with all that it may have; of a oneof the variant says which."""
    if message.DESCRIPTOR.full_name == VALUE and depth >= DEEPEST:
        message.string_value = "deep"
        return message
    for field in message.DESCRIPTOR.fields if depth < DEEPEST else ():
        around = field.containing_oneof
        if around is None or around.fields[variant % len(around.fields)].name == field.name:
            put(message, field, variant, depth + 1)
    return message


def put(message: Any, field: Any, variant: int, depth: int) -> None:
    there = getattr(message, field.name)
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        value = inner.fields_by_name["value"]
        if value.message_type is None:
            there["ke y"] = sample(value, variant)
        else:
            filled(there["ke y"], variant, depth)
    elif inner is not None:
        here = there.add() if field.is_repeated else there
        here.SetInParent()
        filled(here, variant, depth)
    elif field.is_repeated:
        there.extend((sample(field, variant), sample(field, variant + 1)))
    else:
        setattr(message, field.name, sample(field, variant))


def sample(field: FieldDescriptor, variant: int) -> Any:
    if field.enum_type is None:
        return SAMPLES[field.cpp_type]
    listed = [each.number for each in field.enum_type.values if each.number] or [0]
    return listed[variant % len(listed)]


def check_read(old: Message, new: Message) -> None:
    """The older message has of the newer one all that it has fields for, under the same names."""
    fields = old.DESCRIPTOR.fields_by_number
    shared = {each.number: (each.name, value) for each, value in new.ListFields()}
    known = {number: each for number, each in shared.items() if number in fields}
    read = {each.number: (each.name, value) for each, value in old.ListFields()}
    assert read.keys() == known.keys()
    for number, (name, value) in read.items():
        assert name == known[number][0]
        check_value(value, known[number][1])


def check_value(old: Any, new: Any) -> None:
    if isinstance(old, Message):
        check_read(old, new)
    elif not isinstance(old, str | bytes) and hasattr(old, "__len__"):
        assert len(old) == len(new)
        for key in old if hasattr(old, "keys") else range(len(old)):
            check_value(old[key], new[key])
    else:
        assert old == new


@pytest.mark.parametrize(("old", "new"), SAFE)
def test_stubs_of_before_go_on_where_the_verdict_is_safe(old: Tree, new: Tree) -> None:
    before, known = numbered(structs.replace(typed(spec(old)), name=SERVICE), {})
    after, _ = numbered(structs.replace(typed(spec(new)), name=SERVICE), known)
    stubs, served = methods(before), methods(after)
    own, codecs = Codecs(before), Codecs(after)
    later = {each.name: each for each in after.methods}
    assert stubs.keys() <= served.keys()
    for method in before.methods:
        stub, now = stubs[method.name], served[method.name]
        assert stub.server_streaming is now.server_streaming
        for variant in range(VARIANTS):
            asked = filled(GetMessageClass(stub.input_type)(), variant).SerializeToString()
            found = codecs.of(later[method.name]).arguments(asked)
            assert found == own.of(method).arguments(asked)
            answered = filled(GetMessageClass(now.output_type)(), variant)
            answer = GetMessageClass(stub.output_type)
            check_read(answer.FromString(answered.SerializeToString()), answered)


async def test_a_stub_of_before_calls_what_is_live_now(engine: Name, tmp_path: Path) -> None:
    async with backend() as server, a_door(tmp_path, engine=engine) as door:
        origin = f"http://127.0.0.1:{server.port}"
        await door.publish("toys", shop(), origin)
        caller, live = TypedCaller(channel=door.channel), "toys.live.ToysService"
        stubs = [await caller.method(f"{live}/{each}") for each in ("GetPet", "AddPet")]
        status = {"type": "string", "enum": ["gone", "sold", "here"]}
        later = shop(size=TEXT, status=status)
        await door.publish_as("v2", "toys", dict(reversed(later.items())), origin)
        fresh = TypedCaller(channel=door.channel)
        now = [await fresh.method(f"{live}/{each.name}") for each in stubs]
        old, new = ([*each.output_type.fields_by_name] for each in (stubs[0], now[0]))
        assert {*new} - {*old} == {"size"}
        given = {"id": WHOLE, "name": "Ada", "status": "PET_STATUS_SOLD", "tags": ["a"]}
        for which, data in (("AddPet", {"body": given}), ("GetPet", {"pet_id": WHOLE})):
            before = await caller.call(f"{live}/{which}", data)
            after = await fresh.call(f"{live}/{which}", data)
            check_read(before.messages[0], after.messages[0])
            assert before.data["id"] == str(WHOLE)
