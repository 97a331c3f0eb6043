"""Messages in wire form to JSON values: compiled once a message."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, NamedTuple

from facade.model.typed import Field, Kind, Message, Role, TypedService
from gateway.typed.field_readers import Fields
from gateway.typed.scalar_readers import Path, Read, Reading
from gateway.typed.scan import UNKNOWN, Found, Keeps, scan


class Say(NamedTuple):
    """One field that may say a property; the first one that is set counts."""

    number: int
    json: str
    read: Read | None
    """None: what was kept is the JSON value."""

    def value(self, found: Found, path: Path, level: int, reading: Reading) -> Any:
        """What it says."""
        kept = found[self.number]
        return kept if self.read is None else self.read(kept, path, level, reading)


SAYING = frozenset({Role.MEMBER, Role.NULL, Role.WHOLE, Role.BRANCH})


class MessageReader:
    """Reads one message; what it needs is compiled when it first reads."""

    def __init__(self, message: Message, readers: "Readers") -> None:
        """Takes the message and those of the others."""
        self._message = message
        self._readers = readers

    def read(self, data: bytes, path: Path, level: int, reading: Reading) -> Any:
        """The JSON value of a message that stands so many levels deep; raises Broken."""
        found = scan(data, self._keeps, level)
        if UNKNOWN in found:
            reading.take(found[UNKNOWN], path)
        return self._make(found, path, level, reading)

    def members(self, data: bytes, reading: Reading) -> tuple[dict[str, Any], Found]:
        """Those of the outermost message, and all that stands in its fields; raises Broken."""
        found = scan(data, self._keeps, 0)
        return self._object(found, (), 0, reading), found

    @cached_property
    def _make(self) -> Callable[[Found, Path, int, Reading], Any]:
        if self._message.kind is Kind.OBJECT:
            return self._object
        return self._choice if self._message.kind is Kind.CHOICE else self._whole

    def _object(self, found: Found, path: Path, level: int, reading: Reading) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for number, name, read in self._says:
            if number in found and name not in members:
                kept = found[number]
                members[name] = kept if read is None else read(kept, (*path, name), level, reading)
        if self._extra is not None and self._extra[0] in found:
            number, read = self._extra
            extra = read(found[number], path, level, reading)
            for name in extra.keys() & self._names:
                reading.refuse((*path, name), "has a field of its own; set that")
            members |= extra
        return members

    def _whole(self, found: Found, path: Path, level: int, reading: Reading) -> Any:
        for say in self._says:
            if say.number in found:
                return say.value(found, path, level, reading)
        if self._empty is None:
            reading.refuse(path, f"holds nothing; set `{self._message.fields[0].name}`")
            return None
        return self._empty()

    def _choice(self, found: Found, path: Path, level: int, reading: Reading) -> Any:
        name = self._message.discriminator
        for say in self._says:
            if say.number in found:
                value = say.value(found, path, level, reading)
                if name and type(value) is dict:
                    value.setdefault(name, say.json)
                return value
        reading.refuse(path, f"holds nothing; set one field of {self._message.name}")
        return None

    @cached_property
    def _says(self) -> tuple[Say, ...]:
        """In the order of the document, what stands beside a property right behind it."""
        fields = self._message.fields
        beside: dict[str, list[Say]] = {}
        enums = {each.json: each.ref for each in fields if each.role is Role.MEMBER}
        for each in fields:
            if each.role is Role.OTHER:
                read = self._readers.fields.other(enums[each.json])
            elif each.role in SAYING:
                read = self._readers.fields.read(each)
            else:
                continue
            beside.setdefault(each.json, []).append(Say(each.number, each.json, read))
        return tuple(say for says in beside.values() for say in says)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(each.json for each in self._says)

    @cached_property
    def _keeps(self) -> Keeps:
        oneofs: dict[str, list[Field]] = {}
        for each in self._message.fields:
            if each.oneof:
                oneofs.setdefault(each.oneof, []).append(each)
        keeps = Keeps()
        for each in self._message.fields:
            rivals = [other for other in oneofs.get(each.oneof, ()) if other is not each]
            keeps |= self._readers.fields.keeps(each, rivals)
        return keeps

    @cached_property
    def _extra(self) -> tuple[int, Read] | None:
        for each in self._message.fields:
            if each.role is Role.ADDITIONAL:
                return each.number, self._readers.fields.entries(each)
        return None

    @cached_property
    def _empty(self) -> Callable[[], Any] | None:
        """What an empty message stands for, where that is something."""
        field = next(each for each in self._message.fields if each.role is Role.WHOLE)
        return list if field.repeated else dict if field.keyed else None


class Readers:
    """Those of one service, each made when it is first asked for."""

    def __init__(self, service: TypedService) -> None:
        """Compiles nothing yet."""
        self._service = service
        self._made: dict[str, MessageReader] = {}
        self.fields: Final = Fields(service.enums, self.of)

    def of(self, key: str) -> MessageReader:
        """That of a message."""
        reader = self._made.get(key)
        if reader is None:
            reader = self._made[key] = MessageReader(self._service.messages[key], self)
        return reader


def content_fields(message: Message) -> tuple[Field, Field] | None:
    """The media type and the data of what is no JSON, where the message has them."""
    by_role = {each.role: each for each in message.fields}
    if Role.DATA not in by_role or Role.CONTENT_TYPE not in by_role:
        return None
    return by_role[Role.CONTENT_TYPE], by_role[Role.DATA]
