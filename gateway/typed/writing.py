"""JSON values to messages in wire form, with no message in between: compiled once a message."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType, NoneType
from typing import Any, Final, TypeAlias

from facade.model.typed import Field, Kind, Message, Role, Scalar, TypedService, WellKnown
from gateway.convert.values import MAX_LEVELS
from gateway.convert.wire import varint
from gateway.typed import columns
from gateway.typed.columns import FEW, Column, Columns
from gateway.typed.field_writers import Elements, Put
from gateway.typed.heads import Heads, Values
from gateway.typed.misfit import Misfit
from gateway.typed.opaque import DEEP
from gateway.typed.scalar_writers import DOUBLE, WRITERS, double

TYPES: Final[Mapping[Any, type]] = MappingProxyType(
    {
        None: dict,
        Scalar.STRING: str,
        Scalar.BOOL: bool,
        Scalar.DOUBLE: float,
        Scalar.INT32: int,
        Scalar.INT64: int,
        Scalar.UINT32: int,
        Scalar.UINT64: int,
    }
)
"""What the values of a field are as a rule."""

JSON_TYPES: Final[Mapping[type, str]] = MappingProxyType(
    {
        str: "string",
        bool: "boolean",
        dict: "object",
        list: "array",
        NoneType: "null",
    }
)

Plan: TypeAlias = tuple[type | None, Any, Put]
"""The type that a value has as a rule, what is written for it or stands before it (for objects,
with what writes what stands behind), and what writes any other."""

DROPPED: Final[Plan] = (None, b"", lambda _value, _level: b"")
"""Of a property that no field has."""

Extra: TypeAlias = Callable[[str, Any, int], bytes]
"""Writes a property that no other field has."""


class MessageWriter:
    """Writes one message; what it needs is compiled when it first writes."""

    def __init__(self, message: Message, writers: "Writers") -> None:
        """Takes the message and those of the others."""
        self._message = message
        self._writers = writers

    def write(self, tree: Any, level: int) -> bytes:
        """The message of a value, that stands so many levels deep; raises Misfit."""
        if level > MAX_LEVELS:
            raise Misfit(DEEP)
        return self._write(tree, level)

    def rows(self, trees: list[Any], level: int) -> Iterable[bytes]:
        """The messages of several objects; raises Misfit, which says no place then."""
        if self._columns is not None and len(trees) >= FEW and level <= MAX_LEVELS:
            found = columns.rows(self._columns, trees, level)
            if found is not None:
                return found
        return [self.write(each, level) for each in trees]

    @property
    def takes_null(self) -> bool:
        """Whether null is a value that it may stand for."""
        if self._message.kind is Kind.CHOICE:
            return any(
                each.json == "null" and each.type is WellKnown.NULL for each in self._message.fields
            )
        return self._message.kind is Kind.WHOLE and any(
            each.role is Role.NULL or each.type is WellKnown.VALUE for each in self._message.fields
        )

    @cached_property
    def _write(self) -> Callable[[Any, int], bytes]:
        if self._message.kind is Kind.OBJECT:
            extra = any(each.role is Role.ADDITIONAL for each in self._message.fields)
            return self._open_object if extra else self._object
        return self._choice if self._message.kind is Kind.CHOICE else self._whole

    def _object(self, tree: Any, level: int) -> bytes:
        if type(tree) is not dict:
            raise Misfit("is no object")
        parts: list[bytes] = []
        plans, dropped, name = self._plans, DROPPED, ""
        try:
            for name, each in tree.items():
                expected, before, put = plans.get(name, dropped)
                kind = type(each)
                if kind is not expected:
                    parts.append(put(each, level))
                elif kind is str:
                    written = each.encode()
                    parts += before[len(written)], written
                elif kind is dict:
                    heads, write = before
                    written = write(each, level + 1)
                    parts += heads[len(written)], written
                elif kind is float:
                    parts += before, double(each)
                else:
                    parts.append(before[each])
        except Misfit as misfit:
            misfit.path.append(name)
            raise
        return b"".join(parts)

    def _open_object(self, tree: Any, level: int) -> bytes:
        """One with a field for the properties that no other field has."""
        parts, name = [self._object(tree, level)], ""
        try:
            for name, each in tree.items():
                if name not in self._plans:
                    parts.append(self._extra(name, each, level))
        except Misfit as misfit:
            misfit.path.append(name)
            raise
        return b"".join(parts)

    def _whole(self, tree: Any, level: int) -> bytes:
        return self._puts[self._all](tree, level)

    def _choice(self, tree: Any, level: int) -> bytes:
        said: Any = JSON_TYPES.get(type(tree), "number")
        if name := self._message.discriminator:
            if type(tree) is not dict:
                raise Misfit("is no object")
            said = tree.get(name)
        put = self._puts.get(said) if type(said) is str else None
        if put is not None:
            return put(tree, level)
        if name:
            misfit = Misfit("is none of the kinds that the document lists")
            misfit.path.append(name)
            raise misfit
        raise Misfit(f"is of a JSON type that the document does not list: {said}")

    @cached_property
    def _puts(self) -> Mapping[str, Put]:
        """By what the fields are called in the JSON."""
        beside = {
            role: {each.json: each for each in self._message.fields if each.role is role}
            for role in (Role.NULL, Role.OTHER)
        }
        return {
            each.json: self._writers.elements.put(
                each,
                null=beside[Role.NULL].get(each.json),
                other=beside[Role.OTHER].get(each.json),
            )
            for each in self._message.fields
            if each.role in (Role.MEMBER, Role.WHOLE, Role.BRANCH)
        }

    @cached_property
    def _all(self) -> str:
        """Of a message that is no object: what its field is called in the JSON."""
        return next(each.json for each in self._message.fields if each.role is Role.WHOLE)

    @cached_property
    def _plans(self) -> Mapping[str, Plan]:
        """How members are written, by property."""
        return {
            each.json: self._writers.plan(each, self._puts[each.json])
            for each in self._message.fields
            if each.role is Role.MEMBER
        }

    @cached_property
    def _columns(self) -> Columns | None:
        """The same for many objects; None where they are written one by one."""
        roles = {each.role for each in self._message.fields}
        if self._message.kind is not Kind.OBJECT or Role.ADDITIONAL in roles:
            return None
        return {
            each.json: self._writers.column(each, self._puts[each.json])
            for each in self._message.fields
            if each.role is Role.MEMBER
        }

    @cached_property
    def _extra(self) -> Extra:
        return self._writers.elements.entry(
            next(each for each in self._message.fields if each.role is Role.ADDITIONAL)
        )


class Writers:
    """Those of one service, each made when it is first asked for."""

    def __init__(self, service: TypedService, *, by_columns: bool = True) -> None:
        """Compiles nothing yet.

        `by_columns`: arrays of objects are written quicker, and a Misfit in one has no place.
        """
        self._service = service
        self._made: dict[str, MessageWriter] = {}
        self._heads: dict[int, Heads] = {}
        self._values: dict[tuple[int, Scalar], Values] = {}
        self.elements = Elements(service.enums, self.heads, self.of, by_columns=by_columns)

    def of(self, key: str) -> MessageWriter:
        """That of a message."""
        writer = self._made.get(key)
        if writer is None:
            writer = self._made[key] = MessageWriter(self._service.messages[key], self)
        return writer

    def plan(self, field: Field, put: Put) -> Plan:
        """How a member is written."""
        tag = varint(field.number << 3 | DOUBLE)
        kind = None if field.repeated or field.keyed else TYPES.get(field.type)
        if field.ref in self._service.messages and kind is dict:
            if self._service.messages[field.ref].kind is Kind.OBJECT:
                return dict, (self.heads(field.number), self.of(field.ref).write), put
        elif kind is float:
            return float, tag, put
        elif kind is str:
            return str, self.heads(field.number), put
        elif kind is not None and kind is not dict:
            return kind, self.values(field.number, field.type), put
        return None, b"", put

    def column(self, field: Field, put: Put) -> Column:
        """How a member of many objects is written."""
        kind, before, _ = self.plan(field, put)
        if field.keyed or field.repeated:
            kind, write = self._list(field)
        elif kind is dict:
            write = columns.objects(self.heads(field.number), self.of(field.ref).rows)
        elif kind is str:
            write = columns.texts(self.heads(field.number))
        elif kind is float:
            write = columns.doubles(before)
        elif kind is not None:
            write = columns.fields(before)
        elif field.ref in self._service.enums:
            kind, write = str, columns.distinct(put)
        else:
            write = columns.nothing
        return columns.column(kind, write, put)

    def _list(self, field: Field) -> tuple[type | None, Column]:
        """How arrays of texts and of objects are written, one array for each object."""
        heads = self.heads(field.number)
        if field.repeated and field.type is Scalar.STRING:
            return list, columns.lists(str, columns.few_texts(heads))
        message = None if field.type is not None else self._service.messages.get(field.ref)
        if field.repeated and message is not None and message.kind is Kind.OBJECT:
            return list, columns.lists(dict, columns.objects(heads, self.of(field.ref).rows))
        return None, columns.nothing

    def values(self, number: int, scalar: Any) -> Values:
        """Those of all fields with that number and type."""
        values = self._values.get((number, scalar))
        if values is None:
            values = self._values[number, scalar] = Values(number, WRITERS[scalar].write)
        return values

    def heads(self, number: int) -> Heads:
        """Those of all fields with that number."""
        heads = self._heads.get(number)
        if heads is None:
            heads = self._heads[number] = Heads(number)
        return heads
