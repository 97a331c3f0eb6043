"""Where in its text each value of a definition stands."""

import re
from collections.abc import Iterator
from typing import Any, Final

from facade.model.definition import Place
from facade.spec.document import escape
from facade.spec.text.position import Lines, locate

_KEY: Final = re.compile(
    r"""(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^']*+(?:''[^']*+)*+')[ \t]*+:|[^\n]*?:(?=[ \t\r\n])""",
    re.DOTALL,
)
_BEFORE: Final = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+|[&!][^\s\[\]{},]*+(?=\s))*")
_BLOCK: Final = re.compile(r"[|>][-+0-9]*+[ \t]*+(?:#[^\n]*+)?\r?\n(?:[ \t]*+\r?\n)*+[ ]*+")


class Places:
    """The places of one text: of a member its key, and of every value its first character."""

    def __init__(self, text: str, tree: Any) -> None:
        """Finds all of them at once, in one pass over the text."""
        self._text = text
        self._lines = Lines(text)
        self._starts = [0, *(each.end() for each in re.finditer(r"\n", text))]
        known = dict(pointers(tree, "", is_item=True))
        self._items = {pointer for pointer, is_item in known.items() if is_item}
        self._found = locate(text, known)

    def key(self, pointer: str) -> Place:
        """Of a member its key, of an item the item; of what is not there what it would be in."""
        at = self._found.get(pointer)
        while at is None and pointer:
            pointer = pointer.rpartition("/")[0]
            at = self._found.get(pointer)
        return Place(at.line, at.column) if at else Place(1, 1)

    def value(self, pointer: str, value: Any) -> Place:
        """Where a value begins: of a text its first character, behind quote or `|`."""
        at = self._found.get(pointer)
        if at is None or value is None:
            return self.key(pointer)
        offset = self._starts[at.line - 1] + at.column - 1
        if pointer not in self._items:
            key = _KEY.match(self._text, offset)
            offset = key.end() if key else offset
        before = _BEFORE.match(self._text, offset)
        offset = before.end() if before else offset
        if isinstance(value, str):
            block = _BLOCK.match(self._text, offset)
            quoted = self._text[offset : offset + 1] in {"'", '"'}
            offset = block.end() if block else offset + quoted
        found = self._lines.place(min(offset, len(self._text)))
        return Place(found.line, found.column)


def pointers(tree: Any, pointer: str, *, is_item: bool) -> Iterator[tuple[str, bool]]:
    """Of a tree the pointer to every value in it, the whole first; and whether it has no key."""
    yield pointer, is_item
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from pointers(value, f"{pointer}/{escape(key)}", is_item=False)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from pointers(value, f"{pointer}/{index}", is_item=True)
