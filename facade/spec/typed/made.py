"""Made: the messages, enums and notes that came of a document so far."""

from collections import deque
from collections.abc import Callable
from typing import Final

from facade.model.typed import Enum, Message, TypedNote
from facade.spec.shapes.shape import Value
from facade.spec.typed.naming import digest

MAX_FIELDS: Final = 3_000
"""Of one message: runtimes on upb have room for 64 KiB, which is 20 bytes for a field."""


class Made:
    """Gathers what becomes of schemas; what a message holds is found out later, one by one.

    So circles end, and nothing is deeper than one message.
    """

    def __init__(self) -> None:
        """Begins with nothing."""
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}
        self._notes: dict[tuple[str, str], TypedNote] = {}
        self._owners: dict[str, object] = {}
        self._waiting: deque[tuple[str, Callable[[], Message]]] = deque()

    @property
    def notes(self) -> list[TypedNote]:
        """What did not become a type exactly, in the order in which it was read."""
        return list(self._notes.values())

    def note(self, code: str, value: Value, message: str) -> None:
        """Notes of a schema, once for each code, what it did not become."""
        pointer = value[0] if value else ""
        found = TypedNote(code=code, message=message, pointer=pointer)
        self._notes.setdefault((code, pointer), found)

    def claim(self, key: str, owner: object) -> str:
        """The key of what is made for an owner: as wanted, unless another one has that."""
        if self._owners.setdefault(key, owner) == owner:
            return key
        own = f"{key}~{digest(repr(owner))[:6]}"
        self._owners[own] = owner
        return own

    def message(self, key: str, name: str, fill: Callable[[Message], Message]) -> str:
        """The key of a message, which is filled later; one that is there already stays."""
        if key not in self.messages:
            empty = self.messages[key] = Message(key=key, name=name)
            self._waiting.append((key, lambda: fill(empty)))
        return key

    def settle(self) -> None:
        """Fills all messages, and those that turn up on the way."""
        while self._waiting:
            key, fill = self._waiting.popleft()
            self.messages[key] = fill()
