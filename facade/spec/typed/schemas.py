"""Schemas: what the values of a document become as types of proto."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from facade.model.typed import Enum, Field, Kind, Message, TypedNote, WellKnown
from facade.spec.document import Document
from facade.spec.shapes.reader import Reader
from facade.spec.shapes.shape import Shape, Value
from facade.spec.typed.enums import enum_of, enum_scalar
from facade.spec.typed.fields import (
    TypeRef,
    additional_field,
    branch_field,
    member_fields,
    whole_fields,
)
from facade.spec.typed.made import MAX_FIELDS, Made
from facade.spec.typed.naming import snake
from facade.spec.typed.place import Place, Use
from facade.spec.typed.reading import Reading, Sort, Told
from facade.spec.typed.scalars import is_wide, json_type_of, scalar_of, widened

ANYTHING: Final = TypeRef(type=WellKnown.VALUE)
NULL: Final = TypeRef(type=WellKnown.NULL)
LOOSE: Final[Mapping[str, TypeRef]] = MappingProxyType(
    {"object": TypeRef(type=WellKnown.STRUCT), "array": TypeRef(type=WellKnown.LIST)}
)
"""What holds any value of a JSON type."""


class Types:
    """The messages and enums that the schemas of a document need, each made once.

    Names are those that are wanted: two may be the same. Numbers are none yet. Whatever a
    schema says, it becomes something; what does not become a type exactly has a note.
    """

    def __init__(self, document: Document, *, reader: Reader | None = None) -> None:
        """Takes the document, and what reads its shapes where that is there already."""
        self._made = Made()
        self._reading = Reading(reader or Reader(document))
        self._known: dict[tuple[Value, Use], TypeRef] = {}
        self._names: dict[str, str] = {}

    @property
    def messages(self) -> dict[str, Message]:
        """By key, in the order in which they were found."""
        return self._made.messages

    @property
    def enums(self) -> dict[str, Enum]:
        """By key, in the order in which they were found."""
        return self._made.enums

    @property
    def notes(self) -> list[TypedNote]:
        """What did not become a type exactly."""
        return self._made.notes

    def of(self, pointer: str, key: str, name: str) -> TypeRef:
        """The type of the schema at a pointer; `key` and `name` are for what has none itself."""
        return self._at(pointer, Place(key, name, Use.MEMBER))

    def parameter(self, pointer: str, key: str, name: str) -> TypeRef:
        """The type of an argument, whose enums have no other values than those listed."""
        return self._at(pointer, Place(key, name, Use.PARAMETER))

    def members(self, ref: TypeRef, json: str, name: str) -> tuple[Field, ...]:
        """The fields of a property: its own, and those beside it."""
        return member_fields(ref, json, name, is_enum=ref.ref in self.enums)

    def message(self, pointer: str, key: str, name: str) -> str:
        """The key of the message that stands for a whole value: its own, or one made for it."""
        value, place = self._reading.value(pointer), Place(key, name, Use.VALUE)
        inner = place.within("value", "value") if self._takes_null(value) else place
        kind = self._of(value, inner)
        known = kind.ref
        if known not in self.messages or kind.null or not kind.single:
            known = self._made.message(key, name, partial(self._wrapped, kind, (pointer,)))
        self._made.settle()
        return known

    def sequence(self, pointer: str, key: str, name: str) -> str:
        """The key of a message for an array, whose items are of the schema at a pointer."""
        place = Place(f"{key}/items", f"{name}Item", Use.VALUE)
        item = self._item(self._reading.value(pointer), place)
        listed = replace(item, repeated=True)
        made = self._made.message(key, name, partial(self._wrapped, listed, ()))
        self._made.settle()
        return made

    def _at(self, pointer: str, place: Place) -> TypeRef:
        value = self._reading.value(pointer)
        kind = self._described(self._of(value, place), pointer, value)
        self._made.settle()
        return kind

    def _described(self, kind: TypeRef, pointer: str, value: Value) -> TypeRef:
        """A type with what is said of it where it is used; messages say the rest themselves."""
        pointers = (pointer,) if kind.ref or value == (pointer,) else (pointer, *value)
        comment, deprecated = self._reading.said(*pointers)
        if not comment and not deprecated:
            return kind
        return replace(kind, comment=comment, deprecated=deprecated)

    def _takes_null(self, value: Value) -> bool:
        """Whether a value may be null, which its type has no words for."""
        if not self._reading.takes_null(value):
            return False
        essence = self._reading.essence(value)
        sort = self._reading.sort(essence)
        if sort is Sort.MIXED:
            return not self._reading.takes_null(essence)
        return sort in {Sort.TOLD, Sort.SINGLE}

    def _snake(self, json: str) -> str:
        if json not in self._names:
            self._names[json] = snake(json)
        return self._names[json]

    def _of(self, value: Value, place: Place) -> TypeRef:
        scalar = self._reading.scalar(value)
        if scalar:
            kind = self._scalar(value, scalar, json_type_of(scalar), place)
            return replace(kind, null=scalar.null)
        known = self._known.get((value, place.use))
        if known is None:
            self._known[value, place.use] = ANYTHING
            essence = self._reading.essence(value)
            kind = self._typed(essence, place.of(value).of(essence))
            null = self._takes_null(value) and (kind.type is not WellKnown.VALUE or not kind.single)
            known = self._known[value, place.use] = replace(kind, null=null)
        return known

    def _typed(self, value: Value, place: Place) -> TypeRef:
        sort = self._reading.sort(value)
        if sort is Sort.SINGLE:
            return self._single(value, self._reading.json_types(value)[0], place)
        if sort is Sort.NOTHING:
            self._made.note("no-value", value, "Nothing but null, or nothing at all, fits.")
            return ANYTHING
        if sort is Sort.ANY:
            self._made.note("any-value", value, "Nothing is said of its type.")
            return ANYTHING
        key = self._made.claim(place.key, value)
        fill = self._told if sort is Sort.TOLD else self._mixed
        return TypeRef(ref=self._made.message(key, place.name, partial(fill, value, place)))

    def _single(self, value: Value, json_type: str, place: Place) -> TypeRef:
        """The type of what is of one JSON type, or is meant so far as it is of that."""
        if not self._reading.choices(value):
            return self._plain(value, json_type, place)
        candidates = self._reading.candidates(value, json_type)
        if len(candidates) == 1:
            return self._only(value, candidates[0], json_type, place)
        if json_type not in LOOSE:
            return self._scalars(value, candidates, json_type)
        if not any(self._reading.adds(value, each) for each in candidates):
            self._merged(value)
            return self._plain(value, json_type, place)
        self._made.note(
            "untold-alternatives", value, "Neither a discriminator nor types tell them apart."
        )
        return LOOSE[json_type] if len(self._reading.json_types(value)) > 1 else ANYTHING

    def _only(self, value: Value, branch: Value, json_type: str, place: Place) -> TypeRef:
        """The type of a value that has one alternative only that is of a JSON type."""
        merged = self._reading.merged(value, branch)
        if merged != branch or self._reading.json_types(branch) != (json_type,):
            return self._single(merged, json_type, place)
        return self._of(branch, place)

    def _scalars(self, value: Value, branches: list[Value], json_type: str) -> TypeRef:
        shapes = [self._reading.shape(each) for each in (branches or [value])]
        self._merged(value)
        return TypeRef(type=widened(scalar_of(each, json_type) for each in shapes))

    def _merged(self, value: Value) -> None:
        self._made.note("merged-alternatives", value, "Its alternatives are one type.")

    def _plain(self, value: Value, json_type: str, place: Place) -> TypeRef:
        shape = self._reading.shape(value)
        if json_type == "array":
            return self._array(value, shape, place)
        if json_type == "object":
            return self._object(value, shape, place)
        return self._scalar(value, shape, json_type, place)

    def _scalar(self, value: Value, shape: Shape, json_type: str, place: Place) -> TypeRef:
        if is_wide(shape):
            self._made.note("wide-integer", value, "64 bits do not hold all that is allowed.")
        if shape.values and json_type != "boolean":
            return self._enum(value, shape, json_type, place)
        return TypeRef(type=scalar_of(shape, json_type))

    def _enum(self, value: Value, shape: Shape, json_type: str, place: Place) -> TypeRef:
        if enum_scalar(shape) is None:
            self._made.note("uneven-enum", value, "Its values are no names of one type.")
        elif place.use is Use.VALUE:
            self._made.note("enum-within", value, "Its values go by their type here.")
        else:
            own = place.of(value)
            key = self._made.claim(own.key, value)
            if key not in self.enums:
                comment = self._reading.said(*value)[0]
                self.enums[key] = enum_of(key, own.name, shape, comment)
            return TypeRef(ref=key, enum=place.use is Use.MEMBER)
        return TypeRef(type=scalar_of(shape, json_type))

    def _array(self, value: Value, shape: Shape, place: Place) -> TypeRef:
        if shape.prefix:
            self._made.note("tuple", value, "Its items have schemas by position.")
            return LOOSE["array"]
        if not shape.items:
            self._made.note("any-value", value, "Nothing is said of its items.")
            return replace(ANYTHING, repeated=True)
        use = Use.PARAMETER if place.use is Use.PARAMETER else Use.VALUE
        item = self._item(shape.items, place.within("items", "item", use))
        return replace(item, repeated=True)

    def _item(self, value: Value, place: Place) -> TypeRef:
        """The type of what stands in an array or a map: never null, and no array or map itself."""
        scalar = self._reading.scalar(value)
        if scalar.null if scalar else self._takes_null(value):
            self._made.note("null-within", value, "It may be null, in an array or a map.")
            return ANYTHING
        if scalar:
            return self._of(value, place)
        essence = self._reading.essence(value)
        if not self._is_several(essence):
            return self._of(value, place)
        own = place.of(value).of(essence).plain()
        key = self._made.claim(own.key, ("whole", essence))
        return TypeRef(ref=self._made.message(key, own.name, partial(self._whole, essence, own)))

    def _is_several(self, value: Value) -> bool:
        """Whether its type would be repeated, or a map."""
        if self._reading.sort(value) is not Sort.SINGLE:
            return False
        return self._reading.json_types(value) == ("array",) or bool(self._reading.map_of(value))

    def _object(self, value: Value, shape: Shape, place: Place) -> TypeRef:
        if shape.properties:
            key = self._made.claim(place.key, value)
            fill = partial(self._members, value, place)
            return TypeRef(ref=self._made.message(key, place.name, fill))
        values = self._reading.map_of(value)
        if values:
            return replace(self._item(values, place.within("*", "value")), keyed=True)
        self._made.note("any-object", value, "It declares no properties.")
        return LOOSE["object"]

    def _whole(self, value: Value, place: Place, empty: Message) -> Message:
        """The message of an array, or a map, within another."""
        return self._wrapped(self._typed(value, place), value, empty)

    def _wrapped(self, kind: TypeRef, value: Value, empty: Message) -> Message:
        comment = self._reading.said(*value)[0]
        return replace(empty, kind=Kind.WHOLE, fields=whole_fields(kind), comment=comment)

    def _members(self, value: Value, place: Place, empty: Message) -> Message:
        """The message of an object."""
        shape = self._reading.shape(value)
        fields: list[Field] = []
        for name, each in shape.properties.items():
            kind = self._described(self._of(each, place.member(name)), shape.places[name], each)
            fields += self.members(kind, name, self._snake(name))
        fields += self._additional(value, place)
        for name in self._reading.perhaps(value):
            self._made.note("property-perhaps", value, f"`{name}` is declared on a condition.")
        made = replace(
            empty,
            fields=tuple(fields),
            comment=self._reading.said(*value)[0],
            deprecated=shape.deprecated,
        )
        return self._bounded(value, made)

    def _bounded(self, value: Value, made: Message) -> Message:
        """The same, unless it has more fields than a message holds: then it is any object."""
        if len(made.fields) <= MAX_FIELDS:
            return made
        self._made.note("many-fields", value, f"It has {len(made.fields):,} fields.")
        fields = whole_fields(LOOSE["object"])
        return replace(made, kind=Kind.WHOLE, fields=fields, discriminator="")

    def _additional(self, value: Value, place: Place) -> list[Field]:
        extras = self._reading.extras(value)
        if not extras:
            return []
        if self._reading.shape(value).patterned:
            self._made.note("property-pattern", value, "Patterns of names are not told apart.")
        one = extras[0] if len(extras) == 1 else ()
        kind = self._item(one, place.within("*", "value")) if one else ANYTHING
        return [additional_field(kind)]

    def _told(self, value: Value, place: Place, empty: Message) -> Message:
        """The message of alternatives that a discriminator tells apart."""
        told = self._reading.told(value) or Told("", {}, "")
        fields = []
        first: dict[Value, str] = {}
        for name in sorted(told.branches):
            first.setdefault(told.branches[name], name)
        for name, each in told.branches.items():
            kind = self._of(each, place.within(first[each], first[each]))
            fields.append(branch_field(self._described(kind, each[-1], each), name, snake(name)))
        if told.own:
            own = place.within(told.own, "base")
            key = self._made.claim(own.key, value)
            self._made.message(key, own.name, partial(self._members, value, own))
            fields.append(branch_field(TypeRef(ref=key), told.own, snake(told.own)))
        made = replace(
            empty,
            kind=Kind.CHOICE,
            fields=tuple(fields),
            discriminator=told.property,
            comment=self._reading.said(*value)[0],
            deprecated=self._reading.shape(value).deprecated,
        )
        return self._bounded(value, made)

    def _mixed(self, value: Value, place: Place, empty: Message) -> Message:
        """The message of what is of several JSON types."""
        fields = []
        for each in self._reading.json_types(value):
            own = place.within(each, each)
            kind = self._single(value, each, own)
            if not kind.single:
                key = self._made.claim(own.key, ("whole", each, value))
                fill = partial(self._wrapped, kind, ())
                kind = TypeRef(ref=self._made.message(key, own.name, fill))
            fields.append(branch_field(kind, each, f"{each}_value"))
        if self._reading.takes_null(value):
            fields.append(branch_field(NULL, "null", "null_value"))
        comment = self._reading.said(*value)[0]
        return replace(empty, kind=Kind.CHOICE, fields=tuple(fields), comment=comment)
