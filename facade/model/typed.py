"""Typed: an OpenAPI document as a gRPC service, in words that need no protobuf to be read."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec


class Scalar(StrEnum):
    """A scalar type of proto3, by its keyword."""

    BOOL = "bool"
    INT32 = "int32"
    INT64 = "int64"
    UINT32 = "uint32"
    UINT64 = "uint64"
    FLOAT = "float"
    DOUBLE = "double"
    STRING = "string"
    BYTES = "bytes"
    """In JSON as base64 (RFC 4648 section 4)."""


class WellKnown(StrEnum):
    """A type of google/protobuf/struct.proto, by its full name."""

    VALUE = "google.protobuf.Value"
    """Any JSON."""
    STRUCT = "google.protobuf.Struct"
    """Any object."""
    LIST = "google.protobuf.ListValue"
    """Any array."""
    NULL = "google.protobuf.NullValue"
    """An enum, with null as its only value."""


class Role(StrEnum):
    """What a field is in the JSON of its message."""

    MEMBER = "member"
    """The property, or the argument of a call, that `json` names."""
    NULL = "null"
    """Set where that property is null; its `json` is that of the MEMBER beside it."""
    OTHER = "other"
    """The text of that property where its value is none that the enum of the MEMBER has."""
    ADDITIONAL = "additional"
    """A map of all properties that no other field has."""
    WHOLE = "whole"
    """All of what the message stands for: an array, a scalar, a map, any JSON."""
    BRANCH = "branch"
    """All of it too, being one alternative of several: that which `json` names."""
    CONTENT_TYPE = "content_type"
    """The media type of what is no JSON."""
    DATA = "data"
    """Its bytes."""


class Kind(StrEnum):
    """What a message stands for."""

    OBJECT = "object"
    """An object, or the arguments of a call: fields MEMBER, NULL, OTHER, ADDITIONAL. In a request
    CONTENT_TYPE and DATA are a body that is no JSON. Without fields: nothing."""
    WHOLE = "whole"
    """A value that is no object: one field WHOLE, perhaps one NULL beside it."""
    CHOICE = "choice"
    """One of several values: fields BRANCH, all in one oneof. Which one it is tells the property
    `discriminator`, by the `json` of the BRANCH; without one the JSON type does, which `json` then
    names: `string`, `number`, `boolean`, `object`, `array`, `null`."""
    ANSWERS = "answers"
    """One of several answers: fields BRANCH, all in one oneof, whose `json` is the status as the
    document says it: `200`, `2XX`, `default`."""
    CONTENT = "content"
    """What is no JSON: CONTENT_TYPE and DATA."""


class Field(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One field of a message."""

    key: str
    """By which its number and its name are kept for ever, within its message."""
    name: str
    """As proto has it: lower_snake_case."""
    number: int = 0
    """0: none yet."""
    json: str = ""
    """By role: a property, a status, a discriminator's value, a JSON type."""
    role: Role = Role.MEMBER
    type: Scalar | WellKnown | None = None
    """None: `ref` says which."""
    ref: str = ""
    """The key of a message or an enum."""
    repeated: bool = False
    keyed: bool = False
    """Whether it is a map from texts to such."""
    optional: bool = False
    """Whether a scalar that is set to zero is told from one that is not set; in a oneof it is."""
    oneof: str = ""
    comment: str = ""
    deprecated: bool = False


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    key: str
    """By which its name is kept: where its schema stands, or whose request or answer it is."""
    name: str
    """As proto has it: UpperCamelCase; all messages stand on the top level."""
    kind: Kind = Kind.OBJECT
    fields: tuple[Field, ...] = ()
    reserved: tuple[tuple[int, int], ...] = ()
    """Runs of numbers, by first and last, below the highest one that earlier versions have had for
    other fields."""
    discriminator: str = ""
    """Of a CHOICE: the property, which each alternative has itself."""
    comment: str = ""
    deprecated: bool = False


class EnumValue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One value of an enum."""

    key: str
    """Its JSON: `"sold"`, `3`."""
    name: str
    """`PET_STATUS_SOLD`."""
    number: int = 0
    """0: none yet; the zero of every enum is its `…_UNSPECIFIED`, which is not listed."""
    comment: str = ""


class Enum(msgspec.Struct, frozen=True, kw_only=True):
    """One enum; its values are texts or integers, one of the two."""

    key: str
    name: str
    values: tuple[EnumValue, ...]
    reserved: tuple[tuple[int, int], ...] = ()
    comment: str = ""

    @property
    def zero(self) -> str:
        """The name of the value that is none."""
        return f"{upper_snake(self.name)}_UNSPECIFIED"


class Streaming(StrEnum):
    """What a method answers."""

    NONE = "none"
    """One message."""
    ITEMS = "items"
    """The items of an answer that is a sequence: server-sent events, JSON lines."""
    PAGES = "pages"
    """The items of all pages, one after the other."""


class Http(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A method by google.api.http (google/api/http.proto)."""

    method: str
    """In capitals; what is none of GET, PUT, POST, DELETE and PATCH is a custom pattern."""
    path: str
    """With the names of fields in braces."""
    body: str = ""
    """The field that is the body; empty: there is none."""
    response_body: str = ""
    """The field of the answer that is its body; empty: the answer itself."""


class Method(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One method of the service."""

    key: str
    """By which its name is kept: the action's id, with the streaming behind a colon."""
    name: str
    """As proto has it: UpperCamelCase."""
    action: str
    """The action's id."""
    request: str
    """The key of a message, whose fields are the arguments of the call."""
    response: str
    """The key of a message: of the answer, or of each item."""
    streaming: Streaming = Streaming.NONE
    http: Http | None = None
    """None: google.api.http has no words for it; `http_reason` says why."""
    http_reason: str = ""
    idempotency: str = ""
    """`NO_SIDE_EFFECTS`, `IDEMPOTENT` or empty (google/protobuf/descriptor.proto)."""
    comment: str = ""
    deprecated: bool = False


class TypedNote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One part of a document that becomes a type by a rule of Portico's own, or stays opaque."""

    code: str
    """A stable word in kebab-case, of the mapping report's catalogue."""
    message: str
    pointer: str
    """Into the document in the shape of OpenAPI 3 (RFC 6901)."""


class TypedService(msgspec.Struct, frozen=True, kw_only=True):
    """All that a document becomes: one service and what its methods take and give."""

    name: str = ""
    """`PetstoreService`; empty until it is known whose it is."""
    messages: Mapping[str, Message] = {}
    """By key, in the order in which they are written down."""
    enums: Mapping[str, Enum] = {}
    methods: tuple[Method, ...] = ()
    comment: str = ""
    notes: tuple[TypedNote, ...] = ()


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the number ledger keeps of one field, enum value, message, enum or method."""

    number: int
    """0 for what has none: messages, enums, methods."""
    name: str


Numbers: TypeAlias = Mapping[str, Mapping[str, Kept]]
"""By scope and key, what never changes any more: the scope of fields and values is the key of their
message or enum; that of messages and enums `types`; that of methods `methods`."""

WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^_])(?=[A-Z][a-z])")
"""Where a word begins within a name in UpperCamelCase."""

TYPES = "types"
METHODS = "methods"


def upper_snake(name: str) -> str:
    """A name in UpperCamelCase as the prefix of an enum's values: `HTTPCode2` is HTTP_CODE2.

    Words end where buf's lint says so: `Pet3D` is PET3D.
    """
    return WORD.sub("_", name).upper()
