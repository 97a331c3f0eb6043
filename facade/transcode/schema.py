"""One JSON Schema, compiled: finds what is wrong with a value and says it in our words.

The words name types, limits and options of the schema, never the value: it may be a secret.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from facade.errors.fault import Violation
from facade.model.action import Schema
from facade.transcode.arguments import pointer
from facade.transcode.formats import Format

MOST = 1_000
"""Violations of one value that are looked at."""

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
        "format": "{message}",
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
        "propertyNames": "has a property whose name the schema does not allow",
        "required": "is required",
        "unevaluatedItems": "has more items than the schema allows",
        "uniqueItems": "must not hold an item twice",
    }
)
"""By keyword of JSON Schema 2020-12 (validation vocabulary)."""

UNKNOWN = "is not a property that the schema knows"


@dataclass(frozen=True, slots=True)
class Check:
    """A compiled schema; without a validator it takes anything."""

    validator: jsonschema_rs.Validator | None

    def fits(self, value: Any) -> bool:
        """Whether the value is valid."""
        return self.validator is None or self.validator.is_valid(value)

    def find(self, value: Any, path: tuple[str | int, ...]) -> list[Violation]:
        """What is wrong with a value that stands at that path of the arguments."""
        if self.validator is None or self.validator.is_valid(value):
            return []
        errors = islice(self.validator.iter_errors(value), MOST)
        return [violation for error in errors for violation in _words(error, path)]


def compile_schema(schema: Schema) -> Check:
    """Compiles a schema that stands alone.

    Patterns run in linear time (RE2's class of languages). A pattern beyond that, such as one
    that looks ahead, is left to the backend, and so is a schema that is none.
    """
    if schema is True or schema == {}:
        return Check(None)
    plain = schema if isinstance(schema, bool) else dict(schema)
    for candidate in (plain, _without_odd_patterns(plain)):
        try:
            return Check(_compile(candidate))
        except ValueError:
            continue
    return Check(None)


def type_name(value: Any) -> str:
    """What JSON Schema calls the type of a value."""
    return TYPES.get(type(value), "value")


def _compile(schema: Any) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(
        schema,
        keywords={"format": Format},
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
    )


def _without_odd_patterns(node: Any) -> Any:
    """The schema without the patterns that the linear engine does not know."""
    if isinstance(node, list):
        return [_without_odd_patterns(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = dict(node)
    pattern = node.get("pattern")
    if isinstance(pattern, str) and not _is_linear(pattern):
        del kept["pattern"]
    patterns = node.get("patternProperties")
    if isinstance(patterns, dict):
        kept["patternProperties"] = {key: each for key, each in patterns.items() if _is_linear(key)}
    return {key: _without_odd_patterns(each) for key, each in kept.items()}


def _is_linear(pattern: str) -> bool:
    try:
        _compile({"pattern": pattern})
    except ValueError:
        return False
    return True


def _words(
    error: jsonschema_rs.ValidationError, path: tuple[str | int, ...]
) -> Iterator[Violation]:
    name = error.kind.name
    facts = error.kind.as_dict()
    place = (*path, *error.instance_path)
    if name in {"anyOf", "oneOf"}:
        yield from _alternatives(error, facts["context"], path)
    elif name in {"additionalProperties", "unevaluatedProperties"}:
        for key in facts["unexpected"]:
            yield Violation(field=pointer((*place, key)), description=UNKNOWN)
    elif name == "required":
        yield Violation(field=pointer((*place, facts["property"])), description=WORDS[name])
    else:
        yield Violation(field=pointer(place), description=_describe(name, facts, error.instance))


def _describe(name: str, facts: Mapping[str, Any], value: Any) -> str:
    if name == "type":
        return f"must be {_either(facts['types'])}, not {type_name(value)}"
    if name == "enum":
        options = facts["options"]
        more = f" … ({len(options)} in all)" if len(options) > 20 else ""
        return f"must be one of {', '.join(map(_shown, options[:20]))}{more}"
    shown = {key: _shown(fact) for key, fact in facts.items() if key != "message"}
    words = WORDS.get(name, f"does not fit the schema's `{name}`")
    return words.format(**shown, message=facts.get("message", ""))


def _alternatives(
    error: jsonschema_rs.ValidationError, context: list[list[Any]], path: tuple[str | int, ...]
) -> Iterator[Violation]:
    """Speaks of the one alternative that is of the value's type, or of the types of all."""
    place = pointer((*path, *error.instance_path))
    if not all(context):
        yield Violation(field=place, description="fits several alternatives, but must fit one")
        return
    mistyped = [
        [each for each in branch if _is_mistyped(each, error.instance_path)] for branch in context
    ]
    right = [branch for branch, wrong in zip(context, mistyped, strict=True) if not wrong]
    if len(right) == 1:
        for each in right[0]:
            yield from _words(each, path)
    elif right:
        number = len(context)
        yield Violation(field=place, description=f"fits none of the schema's {number} alternatives")
    else:
        types = [name for wrong in mistyped for name in wrong[0].kind.as_dict()["types"]]
        description = f"must be {_either(types)}, not {type_name(error.instance)}"
        yield Violation(field=place, description=description)


def _is_mistyped(error: jsonschema_rs.ValidationError, place: list[str | int]) -> bool:
    return error.kind.name == "type" and error.instance_path == place


def _either(types: list[str]) -> str:
    *others, last = dict.fromkeys(types)
    return f"{', '.join(others)} or {last}" if others else last


def _shown(value: Any) -> str:
    """A value of the schema as JSON writes it, strings without their quotes."""
    if value is None or isinstance(value, bool):
        return str(json.dumps(value))
    return str(value)[:200]
