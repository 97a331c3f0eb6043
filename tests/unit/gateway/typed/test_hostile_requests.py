"""Requests that are made to cost more than they say: they are refused in few words, or read."""

import struct
from typing import Any

import pytest
from google.protobuf import message_factory
from msgspec import structs

from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.spec.typed.numbers import numbered
from facade.transcode.arguments import LISTED, MAX_NODES
from gateway.convert.wire import framed, varint
from gateway.typed.codec import Codecs
from gateway.typed.descriptors import pool_of
from gateway.typed.misfit import SHOWN
from tests.specs import typed_of

NODE = {"$ref": "#/components/schemas/Node"}
SCHEMAS: dict[str, Any] = {
    "Node": {
        "type": "object",
        "properties": {
            "nodes": {"type": "array", "items": NODE},
            "named": {"type": "object", "additionalProperties": NODE},
            "level": {"type": "integer", "enum": [1, 2]},
            "numbers": {"type": "array", "items": {"type": "number"}},
        },
    }
}
BODY = {"content": {"application/json": {"schema": NODE}}}
WANTED = typed_of(
    {"/nodes": {"post": {"operationId": "add", "requestBody": BODY, "responses": {}}}},
    components={"schemas": SCHEMAS},
)
SERVICE, _ = numbered(structs.replace(WANTED, name="NodesService"), {})
CODEC = Codecs(SERVICE).of(SERVICE.methods[0])
POOL = pool_of(SERVICE, "nodes.v1")
NUMBERS = {each.name: each.number for each in SERVICE.messages["/components/schemas/Node"].fields}
UNKNOWN = varint(500 << 3) + b"\1"
NAN = struct.pack("<d", float("nan"))


def within(name: str, *values: bytes) -> bytes:
    """Fields of a node that have a length."""
    return b"".join(framed(varint(NUMBERS[name] << 3 | 2), each) for each in values)


def body(node: bytes) -> bytes:
    return framed(varint(1 << 3 | 2), node)


def entry(name: bytes, node: bytes) -> bytes:
    return framed(b"\x0a", name) + framed(b"\x12", node)


def refused(request: bytes) -> InvalidParameters:
    with pytest.raises(InvalidParameters) as raised:
        CODEC.arguments(request)
    return raised.value


@pytest.mark.parametrize("digits", ["9" * 30, "-" + "9" * 30, "18446744073709551616"])
def test_an_integer_beyond_64_bits_is_the_other_value_of_an_enum(digits: str) -> None:
    kind = message_factory.GetMessageClass(POOL.FindMessageTypeByName("nodes.v1.AddRequest"))
    request = kind(body={"level_other": digits}).SerializeToString()
    arguments, _ = CODEC.arguments(request)
    assert arguments["body"].text == f'{{"level":{digits}}}'
    assert arguments["body"].value == {"level": int(digits)}


def test_only_a_few_of_many_wrong_values_are_named() -> None:
    fault = refused(body(within("numbers", NAN * 50_000)))
    assert len(fault.details.violations) == LISTED + 1
    assert fault.details.violations[-1].description == f"… and {50_000 - LISTED} more"


def test_the_place_of_a_wrong_value_is_shown_as_far_as_it_can_be_read() -> None:
    wrong = varint(NUMBERS["level"] << 3) + b"\x09"
    (violation,) = refused(body(within("named", entry(b"k" * 1_000_000, wrong)))).details.violations
    assert violation.field == f"/body/named/{'k' * SHOWN}"[:SHOWN]


CROWDS = {
    "items": within("numbers", bytes(8) * (MAX_NODES + 1)),
    "items of many arrays": within("nodes", *[within("numbers", bytes(8) * 1_000)] * 101),
    "entries of one name": within("named", *[entry(b"a", b"")] * (MAX_NODES + 1)),
    "fields that nobody knows, in many messages": within("nodes", *[UNKNOWN * 30_000] * 4),
    "fields that nobody knows, in entries": within("named", *[UNKNOWN * 30_000] * 4),
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_more_values_than_arguments_may_have_are_not_read(crowd: str) -> None:
    fault = refused(body(CROWDS[crowd]))
    assert [each.description for each in fault.details.violations] == [
        "holds more than 100,000 values"
    ]


def test_a_message_with_more_unknown_fields_than_anybody_sends_is_none() -> None:
    with pytest.raises(InvalidRequest):
        CODEC.arguments(UNKNOWN * (MAX_NODES + 1))
    assert CODEC.arguments(UNKNOWN * 1_000) == ({}, None)
