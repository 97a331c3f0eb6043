"""What is wrong with a value, in words for whoever sent it.

The words name types, limits and options of the schema, never the value: it may be a secret.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from facade.errors.fault import Violation
from facade.model.action import Schema
from facade.transcode.arguments import pointer
from facade.transcode.validation.formats import WORDS as WORDS_OF_FORMATS
from facade.transcode.validation.formats import bounds_of
from facade.transcode.validation.weight import target

Error = jsonschema_rs.ValidationError
Path = tuple[str | int, ...]

TYPES: Mapping[type, str] = MappingProxyType(
    {
        bool: "boolean",
        int: "integer",
        float: "number",
        Decimal: "number",
        str: "string",
        list: "array",
        dict: "object",
        type(None): "null",
    }
)

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "const": "must be {expected_value}",
        "contains": "must hold the items that the schema's `contains` asks for",
        "exclusiveMaximum": "must be less than {limit}",
        "exclusiveMinimum": "must be greater than {limit}",
        "falseSchema": "must not be given",
        "maximum": "must be at most {limit}",
        "maxItems": "must have at most {limit} items",
        "maxLength": "must have at most {limit} characters",
        "maxProperties": "must have at most {limit} properties",
        "minimum": "must be at least {limit}",
        "minItems": "must have at least {limit} items",
        "minLength": "must have at least {limit} characters",
        "minProperties": "must have at least {limit} properties",
        "multipleOf": "must be a multiple of {multiple_of}",
        "not": "must not fit the schema's `not`",
        "pattern": "must match the pattern {pattern}",
        "required": "is required",
        "unevaluatedItems": "has more items than the schema allows",
        "uniqueItems": "must not hold an item twice",
    }
)
"""By keyword of JSON Schema 2020-12 (validation vocabulary)."""

UNKNOWN = "is not a property that the schema knows"
NEAREST = " (by the nearest"
OPTIONS = 20
"""Of an enum, those that are named."""


def explain(error: Error, path: Path, root: Schema) -> Iterator[Violation]:
    """The violations that an error of the schema `root` comes to, for a value at a path."""
    name = error.kind.name
    facts = error.kind.as_dict()
    place = (*path, *error.instance_path)
    if name in {"anyOf", "oneOf"}:
        yield from _alternatives(error, facts["context"], path, root)
    elif name in {"additionalProperties", "unevaluatedProperties"}:
        known = _known(error, root) if name == "unevaluatedProperties" else frozenset()
        for key in facts["unexpected"]:
            if key not in known:
                yield Violation(field=pointer((*place, key)), description=UNKNOWN)
    elif name == "required":
        yield Violation(field=pointer((*place, facts["property"])), description=WORDS[name])
    elif name == "propertyNames":
        for each in explain(facts["error"], (), root):
            named = pointer((*place, facts["error"].instance))
            yield Violation(field=named, description=f"its name {each.description}")
    else:
        words = _format_of(error, root, facts)
        description = words or _describe(name, facts, error.instance)
        yield Violation(field=pointer(place), description=description)


def _known(error: Error, root: Schema) -> frozenset[str]:
    """The properties that the parts of a closed object declare, `allOf` and `$ref` followed.

    Where a part of it does not fit, what that part declares counts as unknown to the whole.
    """
    found: set[str] = set()
    waiting: list[Any] = [_schema_at(root, error.schema_path[:-1])]
    for number, node in enumerate(waiting):
        if isinstance(node, Mapping) and not any(node is each for each in waiting[:number]):
            found.update(node.get("properties", ()))
            waiting.extend(node.get("allOf", ()))
            waiting.extend([target(node["$ref"], root)] if "$ref" in node else ())
    return frozenset(found)


def _format_of(error: Error, root: Schema, facts: Mapping[str, Any]) -> str:
    """What to say of a format: of numbers, it stands for bounds."""
    if error.kind.name == "format":
        return WORDS_OF_FORMATS.get(facts["format"], "")
    if error.kind.name not in {"minimum", "maximum"}:
        return ""
    schema = _schema_at(root, error.schema_path[:-1])
    name, own = schema.get("format"), schema.get(error.kind.name)
    return WORDS_OF_FORMATS[str(name)] if bounds_of(name) and facts["limit"] != own else ""


def _describe(name: str, facts: Mapping[str, Any], value: Any) -> str:
    if name == "type":
        return f"must be {_either(facts['types'])}, not {TYPES.get(type(value), 'value')}"
    if name == "enum":
        return _one_of(facts["options"])
    shown = {key: _shown(fact) for key, fact in facts.items()}
    return WORDS.get(name, f"does not fit the schema's `{name}`").format(**shown)


def _alternatives(
    error: Error, context: list[list[Error]], path: Path, root: Schema
) -> Iterator[Violation]:
    """Speaks of the alternative that is meant: by discriminator, by type, or as the nearest one."""
    place = (*path, *error.instance_path)
    if not all(context):
        description = "fits several alternatives, but must fit one"
        yield Violation(field=pointer(place), description=description)
        return
    missing = _untold(_schema_around(root, error.schema_path), error, context)
    if missing:
        field = pointer((*place, missing[0]))
        yield Violation(field=field, description=f"is required, and {_one_of(missing[1])}")
        return
    right = [each for each in context if not _mistyped(each, error)]
    chosen, note = _nearest(right, error)
    if chosen:
        for each in (violation for wrong in chosen for violation in explain(wrong, path, root)):
            words = each.description if NEAREST in each.description else each.description + note
            yield Violation(field=each.field, description=words)
    else:
        yield Violation(field=pointer(place), description=_none_fits(context, error))


def _none_fits(context: list[list[Error]], error: Error) -> str:
    mistyped = [_mistyped(branch, error) for branch in context]
    if not all(mistyped):
        return f"fits none of the schema's {len(context)} alternatives"
    types = [name for wrong in mistyped for name in wrong[0].kind.as_dict()["types"]]
    return f"must be {_either(types)}, not {TYPES.get(type(error.instance), 'value')}"


def _untold(
    schema: Mapping[str, Any], error: Error, context: list[list[Error]]
) -> tuple[str, list[Any]] | None:
    """The property that tells the alternatives apart, and its values, where all of them miss it."""
    apart = schema.get("discriminator")
    if not isinstance(apart, Mapping):
        return None
    name = apart["propertyName"]
    missed = all(any(_misses(each, name, error) for each in branch) for branch in context)
    return (name, [*apart["mapping"]]) if missed else None


def _misses(wrong: Error, name: str, error: Error) -> bool:
    facts = wrong.kind.as_dict() if wrong.kind.name == "required" else {}
    return facts.get("property") == name and wrong.instance_path == error.instance_path


def _nearest(branches: list[list[Error]], error: Error) -> tuple[list[Error], str]:
    """The only alternative, or the one with fewest faults if it is one; and a note that says so.

    A wrong constant among the properties is what tells alternatives apart: it counts most.
    """
    if len(branches) < 2:
        return (branches[0] if branches else []), ""
    scores = [_score(branch, error) for branch in branches]
    best = min(scores)
    if scores.count(best) > 1:
        return [], ""
    return branches[scores.index(best)], f"{NEAREST} of {len(branches)} alternatives)"


def _score(branch: list[Error], error: Error) -> tuple[int, int]:
    depth = len(error.instance_path) + 1
    tags = [
        each
        for each in branch
        if each.kind.name in {"const", "enum"} and len(each.instance_path) <= depth
    ]
    return len(tags), len(branch)


def _mistyped(branch: list[Error], error: Error) -> list[Error]:
    """What an alternative says against the type of the value itself."""
    place = error.instance_path
    return [each for each in branch if each.kind.name == "type" and each.instance_path == place]


def _schema_around(root: Schema, path: list[str | int]) -> Mapping[str, Any]:
    """The schema that holds the keyword at a path, or whose `else` does."""
    steps = path[:-1]
    while steps and steps[-1] == "else":
        steps.pop()
    return _schema_at(root, steps)


def _schema_at(root: Schema, path: list[str | int]) -> Mapping[str, Any]:
    node: Any = root
    for step in path:
        within = isinstance(node, Mapping) and step in node
        inside = isinstance(node, list) and isinstance(step, int) and step < len(node)
        if not within and not inside:
            return {}
        node = node[step]
    return node if isinstance(node, Mapping) else {}


def _one_of(options: list[Any]) -> str:
    more = f" … ({len(options)} in all)" if len(options) > OPTIONS else ""
    return f"must be one of {', '.join(map(_shown, options[:OPTIONS]))}{more}"


def _either(types: list[str]) -> str:
    *others, last = dict.fromkeys(types)
    return f"{', '.join(others)} or {last}" if others else last


def _shown(value: Any) -> str:
    """A value of the schema as JSON writes it, strings without their quotes."""
    if value is None or isinstance(value, bool):
        return str(json.dumps(value))
    return str(value)[:200]
