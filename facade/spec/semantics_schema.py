"""Whether a schema's own keywords fit each other: defaults, required names, patterns."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from facade.model.action import Problem
from facade.spec.document import escape
from facade.spec.problems import problem
from facade.spec.schemas.pattern import linear
from facade.spec.structure.survey import Found, Survey, fits, kind_of

VALUES: Final = ("Schema", "Parameter", "Items", "Header")
"""The objects that may have a default and a pattern: all of them in 2.0."""
COMBINING: Final = frozenset(
    {"allOf", "anyOf", "oneOf", "$ref", "$dynamicRef", "patternProperties", "if", "not"}
)
_MEMBER: Final = re.compile(r".*/(?:allOf|anyOf|oneOf)/\d+|.*/(?:not|if|then|else)")


def check_schemas(survey: Survey) -> Iterator[Problem]:
    """Finds what is doubtful in schemas, each by itself."""
    patterns: dict[str, bool] = {}
    for name in VALUES:
        for found in survey.objects[name]:
            yield from _default(found)
            yield from _required(found)
            for pattern, pointer in _patterns(found):
                if pattern not in patterns:
                    patterns[pattern] = is_linear(pattern)
                if not patterns[pattern]:
                    message = "this regular expression needs look-around, references or too much"
                    message = f"{message} memory, or is none: it is not checked"
                    yield problem("unsupported-pattern", message, pointer)


def is_linear(pattern: str) -> bool:
    """Whether the engine whose time grows with the text alone can run a pattern."""
    return linear(pattern) is not None


def _patterns(found: Found) -> Iterator[tuple[str, str]]:
    pattern = found.node.get("pattern")
    if isinstance(pattern, str):
        yield pattern, f"{found.pointer}/pattern"
    named = found.node.get("patternProperties")
    for each in named if isinstance(named, Mapping) else ():
        yield each, f"{found.pointer}/patternProperties/{escape(each)}"


def _default(found: Found) -> Iterator[Problem]:
    node = found.node
    if "default" not in node:
        return
    value, pointer = node["default"], f"{found.pointer}/default"
    kinds = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    nullable = node.get("nullable") is True or node.get("x-nullable") is True
    if value is None and nullable:
        return
    known = [each for each in kinds if isinstance(each, str)]
    if known and not any(_is(each, value) for each in known):
        message = f"the default is {kind_of(value)}, the type is {' or '.join(known)}"
        yield problem("wrong-default", message, pointer)
    elif isinstance(node.get("enum"), list) and not _among(value, node["enum"]):
        yield problem("wrong-default", "the default is not one of the enum's values", pointer)


def _is(kind: str, value: Any) -> bool:
    if kind == "object":
        return isinstance(value, dict)
    if kind == "array":
        return isinstance(value, list)
    if kind == "null":
        return value is None
    return fits(kind, value) if kind in {"string", "boolean", "number", "integer"} else True


def _among(value: Any, values: list[Any]) -> bool:
    """JSON's equality: true is not 1."""
    return any(
        each == value and isinstance(each, bool) is isinstance(value, bool) for each in values
    )


def _required(found: Found) -> Iterator[Problem]:
    names, declared = found.node.get("required"), found.node.get("properties")
    closed = found.node.get("additionalProperties") is False
    closed = closed and "patternProperties" not in found.node
    declared = {} if closed and declared is None else declared
    if not isinstance(names, list) or not isinstance(declared, dict):
        return
    if not closed and _may_be_elsewhere(found):
        return
    for index, name in enumerate(names):
        if isinstance(name, str) and name not in declared:
            message = f"`{name[:80]}` is required but not among the properties"
            if closed:
                message = f"{message}, and no others are allowed: it is not asked for"
            yield problem("undeclared-required", message, f"{found.pointer}/required/{index}")


def _may_be_elsewhere(found: Found) -> bool:
    """Whether a property may be declared by other schemas for the same value, or need not be."""
    more = found.node.get("additionalProperties")
    if more or isinstance(more, dict) or COMBINING & found.node.keys():
        return True
    return _MEMBER.fullmatch(found.pointer) is not None
