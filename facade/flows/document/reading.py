"""Reads the text of a flow file: YAML or JSON, with the place of everything in it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from facade.errors.caller import InvalidSpec
from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Details, Violation
from facade.flows.document.definition import definition_at
from facade.flows.document.node import Node, Report
from facade.flows.document.places import Places
from facade.model.action import Problem
from facade.model.definition import Definition, Place
from facade.spec.limits import Limits
from facade.spec.load import read_tree
from facade.spec.text.numbers import as_doubles

LIMITS: Final = Limits(size=2**20, nodes=20_000, depth=64, aliases=100, alias_nodes=10_000)
"""Of one file; the longest flow that people write stays far below."""

_REMEDIES: Final = (
    ("; the line is: \t", "tabs do not indent: put blanks there"),
    ("a key must be text, not a list or a mapping", "put a slot in quotes"),
    ("a quote is never closed", "it is this one, or one above that ends where this one begins"),
)
"""What helps, by what a refusal says."""

_TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "duplicate-key": ("; the last one counts", "; keep one of them"),
    "not-finite": ("; it was read as null", ""),
    "merge-key": ("; what it names was merged in: write it out", "; write out what it names"),
    "control-character": ("; such were read as blanks", "; take it out"),
    "json-as-yaml": ("; it was read as YAML", ""),
}
"""What documents of others are read in spite of, and a flow is not: the words for it."""
_SLIP: Final = ("was passed over", "must not stand here")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def read_definition(source: str) -> Definition:
    """The definition that a text says, in YAML 1.2 or JSON.

    Raises DefinitionInvalid with every problem: the violation's field is `line L, column C`, its
    description begins with the field of the file.
    """
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        column = error.start - source.rfind("\n", 0, error.start)
        half = "half a surrogate pair is no character"
        raise _unread(f"line {line}, column {column}", half) from None
    if size > LIMITS.size:
        raise _unread("line 1, column 1", f"the text is longer than {LIMITS.size} bytes")
    text = source.removeprefix("\ufeff")
    try:
        written, doubts = read_tree(text, LIMITS)
    except InvalidSpec as error:
        violation = error.details.violations[0]
        said = violation.description
        helps = next((f"; {each}" for part, each in _REMEDIES if part in said), "")
        words, mark, shown = said.partition("; the line is: ")
        raise _unread(violation.field, f"{words}{helps}{mark}{shown}") from None
    tree = as_doubles(written)
    report = Report(Places(text, tree))
    report.found += [_doubt(each, report) for each in doubts]
    node = Node(tree, "", report)
    for each in _halves(node):
        each.refuse("half a surrogate pair is no character")
    if tree is None:
        node.refuse("the text is empty")
        raise report.fault()
    return definition_at(node)


def _doubt(doubt: Problem, report: Report) -> tuple[Place, str, str]:
    """What other documents are read in spite of."""
    place = Place(doubt.line, doubt.column)
    if not doubt.line and report.places is not None:
        place = report.places.key(doubt.pointer)
    said = doubt.message.removesuffix(".").replace(*_TOLD.get(doubt.code, _SLIP))
    return place, doubt.pointer, said[:1].lower() + said[1:] if said[1:2] == " " else said


def _halves(node: Node) -> Iterator[Node]:
    """The texts that have what is no character, which JSON alone can spell."""
    value = node.value
    if isinstance(value, str):
        if _SURROGATE.search(value):
            yield node
    elif isinstance(value, list | dict):
        for key in value if isinstance(value, dict) else range(len(value)):
            if isinstance(key, str) and _SURROGATE.search(key):
                yield node
            else:
                yield from _halves(node.child(key))


def _unread(where: str, description: str) -> DefinitionInvalid:
    details = Details(violations=(Violation(field=where, description=description),))
    return DefinitionInvalid(f"{where}: {description}", details=details)
