"""How a typed service is laid out as a file, whether in text or in descriptors: one order for both.

Names are derived as protoc derives them (src/google/protobuf/compiler/parser.cc).
"""

from collections.abc import Iterable, Iterator, Mapping

from facade.model.typed import Enum, Field, Message, Role, TypedService, WellKnown

ANNOTATIONS = "google/api/annotations.proto"
STRUCT = "google/protobuf/struct.proto"
PATTERNS = ("GET", "PUT", "POST", "DELETE", "PATCH")
"""HTTP methods that google.api.http has a pattern of their own for; others are `custom`."""


def imports(service: TypedService) -> tuple[str, ...]:
    """The files that the service's own one needs, in their order."""
    has_http = any(method.http for method in service.methods)
    types = {field.type for message in service.messages.values() for field in message.fields}
    needed = ((ANNOTATIONS, has_http), (STRUCT, bool(types & set(WellKnown))))
    return tuple(file for file, is_needed in needed if is_needed)


def groups(message: Message) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """The fields in the order in which they are declared, with the name of their oneof.

    A oneof stands where its first field does, with all of them; other fields stand alone, under an
    empty name.
    """
    oneofs: dict[str, list[Field]] = {}
    for field in message.fields:
        oneofs.setdefault(field.oneof or f":{field.name}", []).append(field)
    for name, fields in oneofs.items():
        yield ("" if name.startswith(":") else name), tuple(fields)


def declared(message: Message) -> tuple[Field, ...]:
    """The fields in the order in which they are declared."""
    if not any(field.oneof for field in message.fields):
        return message.fields
    return tuple(field for _, fields in groups(message) for field in fields)


def is_synthetic(field: Field) -> bool:
    """Tells whether a field has a oneof to itself, as each that is written `optional` does."""
    return field.optional and not (field.oneof or field.repeated or field.keyed)


def oneofs(message: Message) -> tuple[str, ...]:
    """The oneofs, as protoc has them: those that are written, then those of single fields."""
    fields = declared(message)
    written = dict.fromkeys(field.oneof for field in fields if field.oneof)
    return (*written, *(alone(field) for field in fields if is_synthetic(field)))


def alone(field: Field) -> str:
    """The name of the oneof that a field has to itself."""
    return f"_{field.name}"


def default_json_name(name: str) -> str:
    """A field's name in protobuf's JSON, where nothing else is said: `pet_id` is petId."""
    first, *words = name.split("_")
    return first + _camel(words)


def entry(name: str) -> str:
    """The name of the message of one entry of a map: that of `pet_names` is PetNamesEntry."""
    return f"{_camel(name.split('_'))}Entry"


def json_names(message: Message) -> Mapping[str, str]:
    """The name of each field in protobuf's JSON, by its own name.

    That of a property is the property's, wherever no other field is called so and protoc allows
    it: what turns such messages to JSON then says it in the backend's words. For upb, on which the
    runtimes of Python, Ruby and PHP stand, oneofs are called something among fields, too.
    """
    names = {field.name: default_json_name(field.name) for field in message.fields}
    owners = {word: name for name, json in names.items() for word in (name, json)}
    owners |= dict.fromkeys(oneofs(message), "")
    for field in message.fields:
        wanted = field.json if field.role is Role.MEMBER else ""
        if _allowed(wanted) and owners.setdefault(wanted, field.name) == field.name:
            names[field.name] = wanted
    return names


def _camel(words: Iterable[str]) -> str:
    return "".join(word[:1].upper() + word[1:] for word in words)


def _allowed(name: str) -> bool:
    """Tells whether protoc takes a name: `[…]` are extensions, and text ends at a NUL."""
    is_extension = name.startswith("[") and name.endswith("]")
    return bool(name) and name.isprintable() and not is_extension


class Names:
    """What the types of a file are called where they are referred to."""

    def __init__(self, service: TypedService, package: str) -> None:
        """Takes the service and its package."""
        self._types: dict[str, Message | Enum] = {**service.messages, **service.enums}
        self._package = package
        self._methods = {method.name for method in service.methods}
        self._root = "." if "google" in package.split(".") else ""

    def full(self, field: Field) -> str:
        """The name of a field's type, from the root: `.petstore.v1.Pet`; empty for a scalar."""
        if isinstance(field.type, WellKnown):
            return f".{field.type}"
        return "" if field.type else self.of(field.ref)

    def of(self, ref: str) -> str:
        """The name of a message or an enum, from the root."""
        return self.rooted(self._types[ref].name)

    def rooted(self, name: str) -> str:
        """A type of the file, from the root."""
        return f".{self._package}.{name}"

    def is_enum(self, field: Field) -> bool:
        """Tells whether a field's type is an enum."""
        named = self._types.get(field.ref)
        return field.type is WellKnown.NULL or (not field.type and isinstance(named, Enum))

    def in_method(self, ref: str) -> str:
        """A message as methods write it; from the root where a method hides it."""
        name = self._types[ref].name
        return self.of(ref) if name in self._methods else name

    def google(self, name: str) -> str:
        """A name of Google's; from the root where the package hides it."""
        return f"{self._root}{name}"


class Scope:
    """What the fields of one message are called, and their types, as its text has them."""

    def __init__(self, message: Message, names: Names) -> None:
        """Takes the message, and the names of its file."""
        self._names = names
        self._json = json_names(message)
        self._hidden = {entry(field.name) for field in message.fields if field.keyed}

    def type(self, field: Field) -> str:
        """The type of a field; from the root where an entry of a map hides it."""
        if isinstance(field.type, WellKnown):
            return self._names.google(field.type)
        if field.type:
            return field.type
        full = self._names.of(field.ref)
        name = full.rpartition(".")[2]
        return full if name in self._hidden else name

    def json(self, field: Field) -> str:
        """Its name in protobuf's JSON, if that is not what protoc makes of its name."""
        name = self._json[field.name]
        return "" if name == default_json_name(field.name) else name
