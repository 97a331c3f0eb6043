"""Reads JSON: fast where it is clean, with every digit and every doubt where it is not."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

import orjson

from facade.model.action import Problem
from facade.spec.document import escape
from facade.spec.limits import Limits
from facade.spec.problems import problem
from facade.spec.text.census import count
from facade.spec.text.json_mend import mend
from facade.spec.text.numbers import loses_digits, number_of
from facade.spec.text.position import Lines, unreadable
from facade.spec.text.yaml_scalar import DIGITS

STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_STRINGS: Final = re.compile(STRING, re.DOTALL)
_KEYS: Final = re.compile(r'(?<!\\)"[ \t\r\n]*:')
_BRACKETS: Final = re.compile(STRING + r"|[\[\]{}]", re.DOTALL)
_LONG: Final = re.compile(rf"(?<![0-9])[0-9]{{{DIGITS},}}")


class Broken(Exception):
    """A text that is no JSON, not even mended: where, and in words."""

    def __init__(self, offset: int, words: str) -> None:
        """Takes the place of the first thing that cannot be read."""
        super().__init__(words)
        self.offset = offset
        self.words = words


def read_json(text: str, limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    """The value of a JSON text, and what is doubtful in it.

    Raises Broken where the text is no JSON, and InvalidSpec beyond the limits.
    """
    check_size(text, limits)
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _read_mended(text, limits)
    census = count(tree)
    if census.depth > limits.depth:
        raise _too_deep(text, limits)
    if census.odd_numbers or not _all_kept(text, census.keys) or loses_digits(text):
        return _read_exactly(text)
    return tree, ()


def _all_kept(text: str, keys: int) -> bool:
    """Whether a text has as many keys as its tree: none stands twice in one object.

    A key is a string before a colon. A string that ends in a backslash or
    begins with a colon is miscounted, which costs the exact reading and no more.
    """
    tight = text.count('":') - text.count('\\":')
    return tight == keys or sum(1 for _ in _KEYS.finditer(text)) == keys


def check_size(text: str, limits: Limits) -> None:
    """Refuses a text of too many values before any of them is made."""
    signs = text.count(",") + text.count("[") + text.count("{")
    if signs <= limits.nodes:
        return
    bare = _STRINGS.sub("", text)
    if bare.count(",") + bare.count("[") + bare.count("{") > limits.nodes:
        raise unreadable(text, 0, f"the document has more than {limits.nodes} values")


def _read_mended(text: str, limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    mended = mend(text)
    if mended.depth > limits.depth:
        raise _too_deep(text, limits)
    try:
        tree, problems = _read_exactly(mended.text)
    except json.JSONDecodeError as error:
        raise Broken(error.pos, _words(text, error)) from None
    lines = Lines(text)
    slips = tuple(
        problem(slip.code, slip.message, "", **lines.place(slip.offset)._asdict())
        for slip in mended.slips
    )
    return tree, slips + problems


def _read_exactly(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """Reads with every digit of numbers, and with keys that stand twice noticed."""
    long = _LONG.search(_STRINGS.sub(lambda each: " " * len(each.group()), text))
    if long:
        raise unreadable(text, long.start(), f"a number of {DIGITS} digits or more")
    twice: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice[id(members)] = (members, [name for name, n in counts.items() if n > 1])
        return members

    tree = json.loads(text, strict=False, object_pairs_hook=gather, parse_float=number_of)
    return tree, (*_duplicates(tree, twice), *_settle(tree))


def _duplicates(tree: Any, twice: dict[int, tuple[dict[str, Any], list[str]]]) -> Iterator[Problem]:
    for pointer, container in containers(tree) if twice else ():
        for name in twice.get(id(container), ({}, []))[1]:
            message = f"`{name}` stands twice in this object; the last one counts"
            yield problem("duplicate-key", message, f"{pointer}/{escape(name)}")


def _settle(tree: Any) -> Iterator[Problem]:
    """Makes null of numbers that JSON does not have."""
    if not count(tree).odd_numbers:
        return
    for pointer, container in containers(tree):
        members = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in list(members):
            if isinstance(value, float) and not isfinite(value):
                container[key] = None
                message = "JSON has no such number; it was read as null"
                yield problem("not-finite", message, f"{pointer}/{escape(str(key))}")


def containers(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every object and array of a tree with its pointer."""
    pending = [("", tree)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, dict):
            yield pointer, node
            pending.extend((f"{pointer}/{escape(key)}", each) for key, each in node.items())
        elif isinstance(node, list):
            yield pointer, node
            pending.extend((f"{pointer}/{index}", each) for index, each in enumerate(node))


def _too_deep(text: str, limits: Limits) -> Exception:
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match.group(), 0)
        if depth > limits.depth:
            return unreadable(text, match.start(), f"the document nests deeper than {limits.depth}")
    return unreadable(text, 0, f"the document nests deeper than {limits.depth}")


def _words(text: str, error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return "the document is over before this; a closing bracket above is one too many"
    if error.pos >= len(text.rstrip()):
        return "the text ends in the middle of the document"
    found = text[error.pos]
    return f"`{found}` is not expected here; a comma, a quote or a bracket is wrong before it"


def objects(tree: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a tree with its pointer."""
    return ((pointer, node) for pointer, node in containers(tree) if isinstance(node, dict))
