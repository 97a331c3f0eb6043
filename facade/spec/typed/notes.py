"""Notes on types: which parts of a document become a type by a rule of Portico's own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class NoteKind(NamedTuple):
    """One way in which a schema does not become a type exactly."""

    meaning: str
    """One line for docs."""
    remedy: str
    """What makes it exact."""


CLOSE: Final[Mapping[str, NoteKind]] = MappingProxyType(
    {
        "null-within": NoteKind(
            "Items of an array, or values of a map, may be null: each is a google.protobuf.Value.",
            "Leave null out of the items; an absent item says the same.",
        ),
        "enum-within": NoteKind(
            "Values of an enum in an array, in a map or as one of several types go by their type.",
            "Nothing need be done: all values pass, and the comment lists them.",
        ),
        "uneven-enum": NoteKind(
            "An `enum` of values of several types, or of too many, is no enum: values go by type.",
            "List values of one type, texts or integers.",
        ),
        "wide-integer": NoteKind(
            "An integer may be greater than 64 bits hold; such a value is refused.",
            "Say `maximum`, or make it a string.",
        ),
        "merged-alternatives": NoteKind(
            "Alternatives that differ in what they require, or in the range of one scalar, are one "
            "type; which of them holds is checked only against the schema.",
            "Nothing need be done: all values pass.",
        ),
        "property-pattern": NoteKind(
            "Properties that are declared by patterns of their names are one map for all of them.",
            "Nothing need be done: all values pass.",
        ),
        "property-perhaps": NoteKind(
            "Properties that only `then`, `else` or `dependentSchemas` declare are no fields.",
            "Declare them under `properties` too.",
        ),
    }
)
"""Those that come close, by code."""

OPAQUE: Final[Mapping[str, NoteKind]] = MappingProxyType(
    {
        "any-value": NoteKind(
            "A schema that says no type: any JSON, a google.protobuf.Value.",
            "Give it a `type`.",
        ),
        "any-object": NoteKind(
            "An object that declares no properties: a google.protobuf.Struct.",
            "Declare its `properties`, or the schema of its `additionalProperties`.",
        ),
        "tuple": NoteKind(
            "An array whose items have schemas by position: a google.protobuf.ListValue.",
            "Make it an object with a property for each position.",
        ),
        "untold-alternatives": NoteKind(
            "Alternatives that neither a discriminator nor their JSON types tell apart: any JSON.",
            "Add a `discriminator` whose property every alternative declares.",
        ),
        "many-fields": NoteKind(
            "An object of more than 3,000 fields is more than one message holds: any object.",
            "Gather properties in objects of their own, or say `additionalProperties`.",
        ),
        "no-value": NoteKind(
            "A schema that no value can satisfy, or null alone: a google.protobuf.Value.",
            "Mend what its parts say of `type` and `enum`.",
        ),
    }
)
"""Those that stay opaque, by code."""
