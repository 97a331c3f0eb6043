"""Entities and their types, as messages; and what is asked of them."""

from typing import Any

import msgspec

from facade.catalog.request import invalid
from facade.entities.asked import Entity
from facade.entities.shape import key_field, shape_in
from facade.entities.types import KnownType
from facade.errors.fault import Violation
from facade.transcode.doubles import from_values
from gateway.convert.action import schema_to
from gateway.convert.value_writer import JsonPlace, ValueWriter
from gateway.convert.values import from_struct
from gateway.v1 import entity_pb2 as pb

CONTENT = JsonPlace(value=b"\x12", text=b"\x1a", level=1)
"""The tags of Entity's fields `value` and `json`."""


def type_to(known: KnownType, *, full: bool = False) -> pb.EntityType:
    """An entity type; with what has to be made of its document where it is to be full."""
    kind = known.type
    message = pb.EntityType(
        name=str(known.name),
        alias=kind.alias,
        wanted_id=kind.wanted,
        path=kind.path,
        key=kind.key,
        parents=kind.parents,
        operations={verb.value: action for verb, action in kind.operations.items()},
    )
    if full:
        shape = shape_in(known.spec, kind)
        message.key_field = key_field(kind, shape)
        message.schema.CopyFrom(schema_to(shape.alone()))
    return message


def entity_to(entity: Entity, writer: ValueWriter, *, as_text: bool = True) -> pb.Entity:
    """An entity: its digits in text, or decoded as far as a Value can hold it."""
    message = pb.Entity(name=entity.name, rewritten=entity.rewritten, guarded=entity.guarded)
    if entity.json is not None:
        message.MergeFromString(writer.put(entity.json, CONTENT, as_text=as_text))
    return message


def text_in(request: Any) -> str:
    """The content of a request as JSON text; raises InvalidRequest where there is none."""
    if request.HasField("json"):
        text: str = request.json
        return text
    if not request.HasField("value"):
        raise invalid(Violation(field="json", description="`json` or `value` is required"))
    arguments = from_values(from_struct(request.value))
    members = {name: msgspec.Raw(each.text.encode()) for name, each in arguments.items()}
    return msgspec.json.encode(members).decode()
