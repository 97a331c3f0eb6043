"""The comments of a .proto file: what a document says of its parts, in lines that fit.

Generators copy them into code: gRPC's for Python into strings, as they are. So no comment ends such
a string, and a backslash stands twice.
"""

import textwrap
from collections.abc import Iterator

WIDTH = 80


def comment(text: str, indent: str) -> Iterator[str]:
    """A text as lines of a comment; what fits in a line stays as it is written."""
    before = f"{indent}//"
    empty = False
    for line in _cleaned(text).splitlines():
        if not line.strip():
            empty = True
            continue
        if empty:
            yield before
        empty = False
        yield from (f"{before} {each}" for each in _wrapped(line.rstrip(), WIDTH - len(before) - 1))


def _cleaned(text: str) -> str:
    """The text without what is not seen: control characters, and marks that turn its direction."""
    lines = text.expandtabs(4).splitlines()
    kept = ("".join(_seen(each) for each in line) for line in lines)
    return "\n".join(kept).strip("\n").replace("\\", "\\\\").replace('"""', "'''")


def _seen(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else ""


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    words = line.lstrip()
    indent = line[: min(len(line) - len(words), width // 2)]
    listed = "  " if words.startswith(("- ", "* ")) else ""
    return textwrap.wrap(
        words,
        width,
        initial_indent=indent,
        subsequent_indent=indent + listed,
        break_long_words=False,
        break_on_hyphens=False,
    )
