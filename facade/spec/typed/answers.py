"""Answers: what an action answers as one message, and the items of what comes one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from facade.model.typed import Field, Kind, Message, Role, Scalar, Streaming, WellKnown
from facade.spec.compile import DeclaredAction, DeclaredAnswer
from facade.spec.media import DeclaredMedia
from facade.spec.pagination.answer_shape import Shape
from facade.spec.shapes.reader import Reader
from facade.spec.typed.contents import alike, chosen, is_answered, is_events, is_sequence
from facade.spec.typed.fields import TypeRef, whole_fields
from facade.spec.typed.inline import Inline, inline
from facade.spec.typed.naming import camel
from facade.spec.typed.requests import content_fields
from facade.spec.typed.schemas import Types

EVENT: Final = "event"
"""The key of the message of a server-sent event of which the document says no more."""
NO_CONTENT: Final = frozenset({"204", "205"})
STATUS: Final = "status"
"""The oneof of several answers."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the document says of the content of one status."""

    status: str
    media: DeclaredMedia | None
    """None: it is but bytes."""


class Answers:
    """The messages of what one action answers; what they need is added to the types."""

    def __init__(self, declared: DeclaredAction, types: Types, reader: Reader) -> None:
        """Takes the action; nothing is made yet."""
        self._action = declared.action
        self._name = camel(declared.action.id)
        self._types = types
        self._reader = reader
        successes = list(_successes(declared.answers))
        empty = self._action.method == "HEAD"
        self._contents = [each for each in successes if each.contents and not empty]
        self._known = empty or bool(successes)

    def whole(self) -> str:
        """The key of the message of the whole answer; empty where it only comes item by item."""
        said = [each for each in map(self._said, self._contents) if each is not None]
        if not said and self._contents:
            return ""
        key, name = f"{self._action.id}:response", f"{self._name}Response"
        if not said:
            return self._nothing(key, name)
        if all(self._same(said[0], each) for each in said[1:]):
            return self._message(said[0], key, name)
        fields = tuple(self._branch(each, key, name) for each in said)
        return self._add(Message(key=key, name=name, kind=Kind.ANSWERS, fields=fields))

    def item(self) -> str:
        """The key of the message of each item of a sequence; empty where it answers none."""
        found = (each for answer in self._contents for each in answer.contents)
        media = next((each for each in found if is_sequence(each)), None)
        if media is None:
            return ""
        pointer = media.item_pointer or self._items(media.schema_pointer, ())
        if not pointer and is_events(media):
            return self._add(_event())
        return self._each(pointer, Streaming.ITEMS)

    def paged(self) -> str:
        """The key of the message of each item of its pages; empty where it has no pages."""
        rule = self._action.paging
        if rule is None or not self._contents:
            return ""
        media = chosen(self._contents[0].contents, self._reader.schemas, is_answered)
        if media is None:
            return ""
        pointer = self._items(media.schema_pointer, rule.items)
        return self._each(pointer, Streaming.PAGES)

    def _said(self, answer: DeclaredAnswer) -> Said | None:
        media = chosen(answer.contents, self._reader.schemas, is_answered)
        if media is None and any(map(is_sequence, answer.contents)):
            return None
        return Said(answer.response.status, media)

    def _same(self, first: Said, second: Said) -> bool:
        if first.media is None or second.media is None:
            return first.media is second.media
        return alike(first.media, second.media, self._reader)

    def _message(self, said: Said, key: str, name: str) -> str:
        if said.media is None:
            fields = content_fields("content_type", "data")
            return self._add(Message(key=key, name=name, kind=Kind.CONTENT, fields=fields))
        pointer = said.media.schema_pointer
        if not pointer:
            return self._any(key, name)
        place = inline(pointer, Inline(key, name))
        made = self._types.sequence if said.media.of_items else self._types.message
        return made(pointer, *place)

    def _nothing(self, key: str, name: str) -> str:
        """A message without fields; of any JSON where no success is declared at all."""
        return self._add(Message(key=key, name=name)) if self._known else self._any(key, name)

    def _any(self, key: str, name: str) -> str:
        fields = whole_fields(TypeRef(type=WellKnown.VALUE))
        return self._add(Message(key=key, name=name, kind=Kind.WHOLE, fields=fields))

    def _each(self, pointer: str, streaming: Streaming) -> str:
        """The message of each item, by where its schema stands."""
        key, name = f"{self._action.id}:{streaming}/item", f"{self._name}Item"
        if not pointer:
            return self._any(key, name)
        return self._types.message(pointer, key, name)

    def _branch(self, said: Said, key: str, name: str) -> Field:
        status = said.status
        ref = self._message(said, f"{key}/{status}", f"{name}{camel(f'status {status}')}")
        return Field(
            key=f"{status}:{ref}",
            name=f"status_{status.lower()}",
            json=status,
            role=Role.BRANCH,
            ref=ref,
            oneof=STATUS,
        )

    def _items(self, pointer: str, path: Sequence[str] | None) -> str:
        """Where the schema of an array's items stands; empty where the document does not tell."""
        if not pointer:
            return ""
        shape = Shape(pointer, self._reader.schemas)
        at = shape.at(*path) if path is not None else _only_array(shape)
        item = at.item if at is not None else None
        return item.pointer if item is not None else ""

    def _add(self, message: Message) -> str:
        self._types.messages[message.key] = message
        return message.key


def _successes(answers: Sequence[DeclaredAnswer]) -> Iterator[DeclaredAnswer]:
    """The answers of successes; where none is declared as such, what is said of any status."""
    own = [each for each in answers if each.response.status.startswith("2")]
    for each in own or [each for each in answers if each.response.status == "default"]:
        yield DeclaredAnswer(each.response, each.pointer) if _is_empty(each) else each


def _is_empty(answer: DeclaredAnswer) -> bool:
    return answer.response.status in NO_CONTENT


def _only_array(shape: Shape) -> Shape | None:
    """The array of a page whose rule does not say where it is: the answer, else its one member."""
    if "array" in shape.types:
        return shape
    arrays = [each for each in shape.properties.values() if "array" in each.types]
    return arrays[0] if len(arrays) == 1 else None


def _event() -> Message:
    """A server-sent event (WHATWG HTML section 9.2)."""
    words = {"data": Scalar.STRING, "event": Scalar.STRING, "id": Scalar.STRING}
    fields = tuple(
        Field(key=f"{name}:text", name=name, json=name, type=type_, optional=True)
        for name, type_ in words.items()
    )
    retry = Field(
        key="retry:varint",
        name="retry",
        json="retry",
        type=Scalar.INT64,
        optional=True,
        comment="Milliseconds before a reconnection.",
    )
    return Message(
        key=EVENT, name="ServerSentEvent", fields=(*fields, retry), comment="One event of a stream."
    )
