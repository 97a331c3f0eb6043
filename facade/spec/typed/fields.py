"""Fields: what a value's type is, and the fields that a message has for it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from facade.model.typed import Field, Role, Scalar, WellKnown


class TypeRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a schema became: a scalar, a well-known type, or a message or enum by its key."""

    type: Scalar | WellKnown | None = None
    """None: `ref` says which."""
    ref: str = ""
    repeated: bool = False
    keyed: bool = False
    null: bool = False
    """Whether the value may be null, which the type itself has no words for."""
    enum: bool = False
    """Whether it is an enum that may have values which the document does not list."""
    comment: str = ""
    deprecated: bool = False

    @property
    def single(self) -> bool:
        """Whether it may stand in a oneof."""
        return not self.repeated and not self.keyed


FAMILIES: Final[Mapping[Scalar | WellKnown, str]] = MappingProxyType(
    {
        Scalar.BOOL: "varint",
        Scalar.INT32: "varint",
        Scalar.INT64: "varint",
        Scalar.UINT32: "varint",
        Scalar.UINT64: "varint",
        WellKnown.NULL: "varint",
        Scalar.FLOAT: "float",
        Scalar.DOUBLE: "double",
        Scalar.STRING: "text",
        Scalar.BYTES: "bytes",
    }
)
"""Types whose values mean the same to one another's readers, by one name for them all.

Protobuf's own list (protobuf.dev, "Updating A Message Type") is longer: bytes can be read as a
string, and an enum as an integer or as another enum. They are then read as something else.
"""


def wire(kind: TypeRef) -> str:
    """What a field's number is kept for: another type of the same family keeps the number."""
    plain = kind.ref if kind.type is None else FAMILIES.get(kind.type, str(kind.type))
    return f"{plain}{'[]' * kind.repeated}{'{}' * kind.keyed}"


def member_fields(kind: TypeRef, json: str, name: str, *, is_enum: bool) -> tuple[Field, ...]:
    """The field of a property, and those beside it that say null and what its enum lacks."""
    key = f"{json}:{wire(kind)}"
    return tuple(_with_siblings(kind, key, json, name, Role.MEMBER, is_enum=is_enum))


def whole_fields(kind: TypeRef) -> tuple[Field, ...]:
    """The fields of a message that stands for a value of a type."""
    name = "items" if kind.repeated else "value"
    key = f"{wire(kind)}:whole"
    return tuple(_with_siblings(kind, key, "", name, Role.WHOLE, is_enum=False))


def additional_field(kind: TypeRef) -> Field:
    """The map of all properties that no other field has."""
    keyed = msgspec.structs.replace(kind, repeated=False, keyed=True)
    return Field(
        key=f"{wire(keyed)}:additional",
        name="additional_properties",
        role=Role.ADDITIONAL,
        type=kind.type,
        ref=kind.ref,
        keyed=True,
        comment=kind.comment,
    )


def branch_field(kind: TypeRef, json: str, name: str) -> Field:
    """One alternative of several."""
    return Field(
        key=f"{json}:{wire(kind)}:branch",
        name=name,
        json=json,
        role=Role.BRANCH,
        type=kind.type,
        ref=kind.ref,
        oneof=ALTERNATIVE,
        comment=kind.comment,
        deprecated=kind.deprecated,
    )


ALTERNATIVE: Final = "alternative"
"""The oneof of a choice."""


def _with_siblings(
    kind: TypeRef, key: str, json: str, name: str, role: Role, *, is_enum: bool
) -> Iterator[Field]:
    oneof = ""
    if kind.single and (kind.enum or kind.null):
        oneof = f"{name}_or_{'other' if kind.enum else 'null'}"
    plain = is_enum or isinstance(kind.type, Scalar)
    yield Field(
        key=key,
        name=name,
        json=json,
        role=role,
        type=kind.type,
        ref=kind.ref,
        repeated=kind.repeated,
        keyed=kind.keyed,
        optional=plain and kind.single and not oneof,
        oneof=oneof,
        comment=kind.comment,
        deprecated=kind.deprecated,
    )
    beside = f"{json}:" if json or role is Role.MEMBER else ""
    if kind.enum:
        yield Field(
            key=f"{beside}text:other",
            name=f"{name}_other",
            json=json,
            role=Role.OTHER,
            type=Scalar.STRING,
            oneof=oneof,
            deprecated=kind.deprecated,
        )
    if kind.null:
        yield Field(
            key=f"{beside}varint:null",
            name=f"{name}_null",
            json=json,
            role=Role.NULL,
            type=WellKnown.NULL,
            optional=not oneof,
            oneof=oneof,
            deprecated=kind.deprecated,
        )
