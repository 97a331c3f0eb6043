"""The tables of the API's JSON have every field of the protos' messages, as the protos say it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from google.api import field_behavior_pb2, httpbody_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from facade.app.api.form.form import Field, Form, Listed, Mapped, Way, Within
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import MOMENT, POINTER, REFERENCE, VERSION_NAME, Choice, Codec
from facade.app.api.form.schema import FORMS
from facade.errors.fault import Violation
from gateway.v1 import (
    action_pb2,
    catalog_pb2,
    credential_pb2,
    difference_pb2,
    gateway_pb2,
    mapping_pb2,
    paging_pb2,
    policy_pb2,
    problem_pb2,
    secret_pb2,
    version_pb2,
)
from tests.messages import is_required

PROTOS = Path(__file__).parents[2] / "protos" / "gateway" / "v1"
NAMED = re.compile(r"message (\w+) \{|(?:repeated |optional )?[\w.]+(?:<.+>)? (\w+) = \d+")

WHOLE_FILES = (
    action_pb2,
    credential_pb2,
    difference_pb2,
    mapping_pb2,
    policy_pb2,
    problem_pb2,
    version_pb2,
)
"""Whose messages all have their twins."""

UNTOLD = {"ErrorRule.code": {"DATA_LOSS"}}
"""Names of an enum that no value of the model has."""

LENIENT = {"Credential.scheme", "Credential.Basic.username", "Credential.Digest.username"}
"""Required by the protos, and yet empty where it is a facade's credential, or a nameless user's."""

ELSEWHERE = {"ManageVersionsRequest": {"parent"}, "HttpBody": {"extensions"}}
"""Fields that a path says, or nothing."""


MESSAGES: dict[str, Descriptor] = {
    each.full_name.removeprefix("gateway.v1.").removeprefix("google.api."): each
    for file in (*WHOLE_FILES, catalog_pb2, gateway_pb2, httpbody_pb2, paging_pb2, secret_pb2)
    for top in file.DESCRIPTOR.message_types_by_name.values()
    for each in (top, *top.nested_types)
    if not each.GetOptions().map_entry
}


def fields() -> Iterator[tuple[str, FieldDescriptor, Field]]:
    for name, form in FORMS.items():
        known = MESSAGES[name].fields_by_name
        for each in form.fields:
            yield f"{name}.{each.name}", known[each.name], each


def test_every_field_of_a_message_has_its_twin() -> None:
    for name, form in FORMS.items():
        known = {each.name: each.json_name for each in MESSAGES[name].fields}
        for elsewhere in ELSEWHERE.get(name, ()):
            del known[elsewhere]
        assert {each.name: each.word for each in form.fields} == known, name


def test_every_message_has_its_twin() -> None:
    whole = {file.DESCRIPTOR.name for file in WHOLE_FILES}
    wanted = {name for name, each in MESSAGES.items() if each.file.name in whole}
    assert wanted <= set(FORMS)


def test_fields_go_the_way_that_the_protos_say() -> None:
    ways = {field_behavior_pb2.INPUT_ONLY: Way.IN, field_behavior_pb2.OUTPUT_ONLY: Way.OUT}
    for place, field, ours in fields():
        said = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        assert [ours.way] == ([ways[each] for each in said if each in ways] or [Way.BOTH]), place
        assert ours.required == (is_required(field) and place not in LENIENT), place


def test_fields_have_presence_and_oneofs_as_the_protos_say() -> None:
    for place, field, ours in fields():
        oneof = field.containing_oneof
        several = oneof is not None and len(oneof.fields) > 1
        assert ours.oneof == (oneof.name if oneof is not None and several else ""), place
        if not field.is_repeated and place != "VariableCondition.operator":
            assert ours.explicit == field.has_presence, place


def test_fields_are_of_the_kinds_that_the_protos_say() -> None:
    for place, field, ours in fields():
        assert field.is_repeated == isinstance(ours.codec, (Listed, Mapped)), place
        codec: Any = ours.codec.item if isinstance(ours.codec, (Listed, Mapped)) else ours.codec
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            kind = kind.fields_by_name["value"].message_type
        if isinstance(codec, (Form, Within)):
            assert kind is not None, place
            assert codec.schema()["$ref"].endswith(f"/{kind.full_name.split('.', 2)[-1]}"), place
        if field.enum_type is not None:
            assert isinstance(codec, Choice), place
            names = {each.name for each in field.enum_type.values if each.number}
            assert set(codec.schema()["enum"]) == names - UNTOLD.get(place, set()), place


def said_by_the_protos() -> Iterator[tuple[str, str]]:
    """What stands above each message and field, by name."""
    for path in sorted(PROTOS.glob("*.proto")):
        stack: list[str] = []
        comment: list[str] = []
        for line in map(str.strip, path.read_text().splitlines()):
            if line.startswith("//"):
                comment.append(line.removeprefix("//").strip())
                continue
            found = NAMED.match(line)
            name = (found[1] or found[2]) if found else ""
            if name:
                yield ".".join((*filter(None, stack), name)), " ".join(filter(None, comment))
            if line.endswith("{"):
                stack.append(name)
            elif line.startswith("}"):
                stack.pop()
            comment = []


def test_descriptions_are_those_of_the_protos() -> None:
    known = dict(said_by_the_protos())
    for name, form in FORMS.items():
        if name in known:
            assert form.about == known[name], name
    for place, _, ours in fields():
        assert ours.about == known.get(place, ours.about), place


def refused_by_form(codec: Codec, tree: Any) -> bool:
    problems: list[Violation] = []
    codec.read(tree, FieldPlace("", problems))
    return bool(problems)


def refused_by_schema(name: str, tree: Any) -> bool:
    components = {"schemas": {each.name: each.component() for each in FORMS.values()}}
    whole = {"$ref": f"#/components/schemas/{name}", "components": components}
    judge = jsonschema_rs.Draft202012Validator(whole)
    return any(
        each.instance_path or each.kind.name == "additionalProperties"
        for each in judge.iter_errors(tree)
    )


JUDGED_ELSEWHERE = (MOMENT, REFERENCE, POINTER, VERSION_NAME)
"""Texts that the catalog or the engine refuses, and not yet the form."""


@pytest.mark.parametrize("name", FORMS)
def test_schema_and_form_refuse_the_same(name: str) -> None:
    form = FORMS[name]
    assert refused_by_schema(name, {"noSuchField": 1})
    assert refused_by_form(form, {"noSuchField": 1})
    for each in form.fields:
        for value in (5, 1.5, "text", [7], {"no": 1}, True):
            if each.way is Way.OUT or each.codec in JUDGED_ELSEWHERE:
                continue
            tree = {each.word: value}
            assert refused_by_form(each.codec, value) == refused_by_schema(name, tree), tree
