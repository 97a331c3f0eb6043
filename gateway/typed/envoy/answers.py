"""Answers: what Envoy makes a message of, which is an object of JSON or bytes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from facade.model.typed import Field, Kind, Message, Role, WellKnown
from gateway.typed.envoy.shapes import Fit, Shapes

BYTES: Final = "google.api.HttpBody"
"""Has the media type as its field 1 and the bytes as its field 2."""
LIKE: Final[Mapping[tuple[bool, bool], str]] = MappingProxyType(
    {(True, False): "google.protobuf.ListValue", (False, True): "google.protobuf.Struct"}
)
"""What is on the wire as a message with any JSON in its field 1, repeated or in a map, is."""
KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.WHOLE: "Its answer is no object, and Envoy reads nothing else.",
        Kind.CHOICE: "Its answer is one of several types.",
        Kind.ANSWERS: "Its answer depends on the status.",
        Kind.CONTENT: "Its answer is bytes, under numbers that google.api.HttpBody has not.",
    }
)


def answer(message: Message, shapes: Shapes) -> tuple[str, Fit]:
    """How far an answer's message fits, and the full name of that which Envoy takes instead."""
    known = _well_known(message)
    if known:
        return known, Fit()
    if message.kind is not Kind.OBJECT:
        return "", Fit(reasons=(KINDS[message.kind],))
    return "", shapes.whole(message.key, asked=False)


def _well_known(message: Message) -> str:
    if message.kind is Kind.CONTENT:
        roles = [(each.role, each.number) for each in message.fields]
        same = roles == [(Role.CONTENT_TYPE, 1), (Role.DATA, 2)]
        return BYTES if same else ""
    if message.kind is not Kind.WHOLE or len(message.fields) > 1:
        return ""
    return _any(message.fields[0])


def _any(field: Field) -> str:
    if field.type is not WellKnown.VALUE or field.number != 1:
        return ""
    return LIKE.get((field.repeated, field.keyed), "")
