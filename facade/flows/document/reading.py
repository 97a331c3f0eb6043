"""Reads the text of a flow file: YAML or JSON, with the place of everything in it."""

from typing import Final

from facade.errors.caller import InvalidSpec
from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Details, Violation
from facade.flows.document.definition import definition_at
from facade.flows.document.node import Node, Report
from facade.flows.document.places import Places
from facade.model.definition import Definition, Place
from facade.spec.limits import Limits
from facade.spec.load import read_tree

LIMITS: Final = Limits(size=2**20, nodes=20_000, depth=64, aliases=100, alias_nodes=10_000)
"""Of one file; the longest flow that people write stays far below."""

_BRACES: Final = "a key must be text, not a list or a mapping"


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
        tree, doubts = read_tree(text, LIMITS)
    except InvalidSpec as error:
        violation = error.details.violations[0]
        slot = "; put a slot in quotes" if violation.description.startswith(_BRACES) else ""
        raise _unread(violation.field, violation.description + slot) from None
    report = Report(Places(text, tree))
    report.found += [(Place(each.line, each.column), each.pointer, each.message) for each in doubts]
    node = Node(tree, "", report)
    if tree is None:
        node.refuse("the text is empty")
        raise report.fault()
    return definition_at(node)


def _unread(where: str, description: str) -> DefinitionInvalid:
    details = Details(violations=(Violation(field=where, description=description),))
    return DefinitionInvalid(f"{where}: {description}", details=details)
