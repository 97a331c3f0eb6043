"""Where in a document's text a JSON pointer leads: line, column and the line itself."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from json import JSONDecoder
from typing import Final, NamedTuple

import yaml

from facade.errors.caller import InvalidSpec
from facade.errors.fault import Details, Violation
from facade.spec.text.json_mend import mend

EXCERPT: Final = 200
"""Characters of a source line that are shown at most."""

_BLANK: Final = re.compile(r"[ \t\r\n]*+")


class Place(NamedTuple):
    """A place in a text; line and column count characters from 1."""

    line: int
    column: int
    source: str
    """The line; of a long one the 200 characters around the column."""


class Lines:
    """Turns offsets into places; the line starts are counted once."""

    def __init__(self, text: str) -> None:
        """Counts the lines of `text`."""
        self._text = text
        self._starts = [0, *(each.end() for each in re.finditer(r"\n", text))]

    def place(self, offset: int) -> Place:
        """The place of one character."""
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        end = self._text.find("\n", start)
        end = len(self._text) if end < 0 else end
        column = offset - start
        if end - start > EXCERPT and column >= EXCERPT * 3 // 4:
            start += column - EXCERPT // 2
        return Place(line, column + 1, self._text[start : min(end, start + EXCERPT)].rstrip("\r"))


def unreadable(text: str, offset: int, description: str) -> InvalidSpec:
    """The fault of a text that cannot be read beyond one place."""
    at = Lines(text).place(offset)
    where = f"line {at.line}, column {at.column}"
    shown = f"{description}; the line is: {at.source}" if at.source else description
    violation = Violation(field=where, description=shown)
    return InvalidSpec(
        f"The document cannot be read at {where}: {description}.",
        details=Details(violations=(violation,)),
    )


class Mark:
    """A node of the tree of wanted pointers."""

    __slots__ = ("children", "offset", "pointers")

    def __init__(self) -> None:
        """Starts out unseen."""
        self.children: dict[str, Mark] = {}
        self.pointers: list[str] = []
        self.offset = -1

    def see(self, offset: int) -> None:
        """Notes where the node stands; of a key that stands twice the last place counts."""
        self.offset = offset
        pending = list(self.children.values())
        while pending:
            each = pending.pop()
            each.offset = -1
            pending.extend(each.children.values())


def locate(text: str, pointers: Iterable[str]) -> dict[str, Place]:
    """Finds pointers in a JSON or YAML text, in one pass over it.

    A member is found at its key, an item at its value. A pointer that leads
    to nothing gets the place of its longest prefix that exists.
    """
    root = _tree(pointers)
    root.see(max(len(text) - len(text.lstrip()), 0))
    if not (text.lstrip()[:1] == "{" and _walk_json(text, root)):
        root.see(root.offset)
        _walk_yaml(text, root)
    lines = Lines(text)
    found = {}
    pending = [(root, root.offset)]
    while pending:
        mark, inherited = pending.pop()
        offset = mark.offset if mark.offset >= 0 else inherited
        for pointer in mark.pointers:
            found[pointer] = lines.place(offset)
        pending.extend((child, offset) for child in mark.children.values())
    return found


def _tree(pointers: Iterable[str]) -> Mark:
    root = Mark()
    for pointer in pointers:
        mark = root
        for token in pointer.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            mark = mark.children.setdefault(key, Mark())
        mark.pointers.append(pointer)
    return root


def _walk_json(text: str, root: Mark) -> bool:
    """Whether the text could be walked as JSON, as it is or mended."""
    start = root.offset
    for mended in (False, True):
        try:
            JsonWalk(mend(text).text if mended else text).value(start, root)
        except (ValueError, IndexError, RecursionError):
            root.see(start)
        else:
            return True
    return False


class JsonWalk:
    """Walks down to the wanted nodes and lets the C scanner skip the rest."""

    def __init__(self, text: str) -> None:
        """Takes a JSON text; control characters in strings are let through."""
        self._text = text
        self._skip = JSONDecoder(strict=False).raw_decode

    def value(self, offset: int, mark: Mark) -> int:
        """Walks the value at `offset`; returns where it ends."""
        opener = self._text[offset]
        if mark.children and opener == "{":
            return self._object(offset, mark)
        if mark.children and opener == "[":
            return self._array(offset, mark)
        return int(self._skip(self._text, offset)[1])

    def _object(self, offset: int, mark: Mark) -> int:
        offset = self._blank(offset + 1)
        while self._text[offset] != "}":
            key, end = self._skip(self._text, offset)
            end = self._expect(":", end)
            end = self._child(mark.children.get(key), offset, end)
            offset = self._next("}", end)
        return offset + 1

    def _array(self, offset: int, mark: Mark) -> int:
        offset = self._blank(offset + 1)
        index = 0
        while self._text[offset] != "]":
            offset = self._child(mark.children.get(str(index)), offset, offset)
            offset = self._next("]", offset)
            index += 1
        return offset + 1

    def _child(self, mark: Mark | None, place: int, offset: int) -> int:
        if mark is None:
            return int(self._skip(self._text, offset)[1])
        mark.see(place)
        return self.value(offset, mark)

    def _next(self, closer: str, offset: int) -> int:
        offset = self._blank(offset)
        return offset if self._text[offset] == closer else self._expect(",", offset)

    def _expect(self, sign: str, offset: int) -> int:
        offset = self._blank(offset)
        if self._text[offset] != sign:
            raise ValueError(sign)
        return self._blank(offset + 1)

    def _blank(self, offset: int) -> int:
        match = _BLANK.match(self._text, offset)
        return match.end() if match else offset


def offset_of(event: yaml.Event) -> int:
    """Where in the text an event begins."""
    return event.start_mark.index if event.start_mark else 0


@dataclass(slots=True)
class Frame:
    """A container of a YAML text that is open during the walk."""

    mark: Mark | None
    """None where nothing inside is wanted."""
    index: int
    """Items so far; -1 in a mapping."""
    child: Mark | None = None
    """What the value after the key just read is."""
    keyed: bool = False
    """Whether the key was read and its value is due."""

    def enter(self, event: yaml.NodeEvent) -> Mark | None:
        """The mark of the node that begins with `event`, if it is wanted."""
        if self.index < 0 and self.keyed:
            return self.child
        if self.mark is None:
            return None
        name = str(self.index) if self.index >= 0 else getattr(event, "value", None)
        found = self.mark.children.get(name) if name is not None else None
        if found is not None:
            found.see(offset_of(event))
        self.child = found
        return found if self.index >= 0 else None

    def leave(self) -> None:
        """A key, a value or an item is over."""
        if self.index >= 0:
            self.index += 1
        else:
            self.keyed = not self.keyed


def _walk_yaml(text: str, root: Mark) -> None:
    stack = [Frame(mark=None, index=-1, child=root, keyed=True)]
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.NodeEvent):
                mark = stack[-1].enter(event)
                if isinstance(event, yaml.CollectionStartEvent):
                    index = 0 if isinstance(event, yaml.SequenceStartEvent) else -1
                    stack.append(Frame(mark=mark, index=index))
                else:
                    stack[-1].leave()
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
                stack[-1].leave()
    except yaml.YAMLError:
        return
