"""The keywords of a schema whose values are no schemas: each kept only where it is right."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeGuard

from facade.spec.text.numbers import dumps

ABSENT = object()
"""What stands for a value that is left out."""

TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})
NUMBERS = (int, float, Decimal)
MAX_COUNT = 2**63 - 1
MAX_EXAMPLE = 4096
"""Characters of an example, as JSON."""


def _anything(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else ABSENT


def _flag(value: Any) -> Any:
    return value if isinstance(value, bool) else ABSENT


def is_number(value: Any) -> TypeGuard[int | float | Decimal]:
    """Whether a value is a JSON number; `true` is none."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: Any) -> Any:
    return value if is_number(value) else ABSENT


def _positive(value: Any) -> Any:
    return value if is_number(value) and value > 0 else ABSENT


def _count(value: Any) -> Any:
    whole = is_number(value) and value == int(value) and 0 <= value <= MAX_COUNT
    return int(value) if whole else ABSENT


def _names(value: Any) -> Any:
    if not isinstance(value, list):
        return ABSENT
    return list(dict.fromkeys(name for name in value if isinstance(name, str)))


def _dependencies(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return ABSENT
    return {key: _names(names) for key, names in value.items() if isinstance(names, list)}


def types(value: Any) -> Any:
    """The types that JSON Schema has; `file` of OpenAPI 2.0 is a string."""
    if isinstance(value, str):
        value = "string" if value == "file" else value
        return value if value in TYPES else ABSENT
    if not isinstance(value, list):
        return ABSENT
    known = [each for each in dict.fromkeys(filter(_is_text, value)) if each in TYPES]
    return known or ABSENT


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _examples(value: Any) -> Any:
    """Those that are short: they are for readers, and every listing of the action has them."""
    if not isinstance(value, list):
        return ABSENT
    return [each for each in value if len(dumps(each)) <= MAX_EXAMPLE] or ABSENT


def _choices(value: Any) -> Any:
    return value if isinstance(value, list) and value else ABSENT


PLAIN: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "$comment": _text,
        "title": _text,
        "description": _text,
        "default": _anything,
        "examples": _examples,
        "deprecated": _flag,
        "readOnly": _flag,
        "writeOnly": _flag,
        "format": _text,
        "contentEncoding": _text,
        "contentMediaType": _text,
        "type": types,
        "enum": _choices,
        "const": _anything,
        "multipleOf": _positive,
        "minimum": _number,
        "maximum": _number,
        "minLength": _count,
        "maxLength": _count,
        "minItems": _count,
        "maxItems": _count,
        "minContains": _count,
        "maxContains": _count,
        "minProperties": _count,
        "maxProperties": _count,
        "uniqueItems": _flag,
        "required": _names,
        "dependentRequired": _dependencies,
    }
)
"""By keyword of JSON Schema 2020-12 (validation, sections 6 to 9): its value, or ABSENT.

`pattern` and the exclusive bounds need more than their own value. What is not
here and holds no schemas has no meaning for a value: `xml`, `externalDocs`,
`discriminator`, `example`, extensions.
"""

_MATCHES: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "null": lambda value: value is None,
        "boolean": lambda value: isinstance(value, bool),
        "object": lambda value: isinstance(value, Mapping),
        "array": lambda value: isinstance(value, list),
        "number": is_number,
        "string": _is_text,
        "integer": lambda value: is_number(value) and value == int(value),
    }
)


def is_of(value: Any, names: Any) -> bool:
    """Whether a value is of one of the types, given as `type` gives them."""
    each = [names] if isinstance(names, str) else names
    return any(_MATCHES[name](value) for name in each)


def enum_values(listed: list[Any], names: Any) -> list[Any]:
    """The values of an enum as its type has them: beside texts, YAML's `1` and `true` are texts.

    Where the type has none of them they stay what they are.
    """
    alone = names == "string" or (isinstance(names, list) and {*names} == {"string", "null"})
    if not alone or not any(map(_is_text, listed)):
        return listed
    meant = (dumps(each) if isinstance(each, NUMBERS) else each for each in listed)
    written = {each for each in listed if isinstance(each, str)}
    return [
        text
        for text, each in zip(meant, listed, strict=True)
        if text is each or text not in written
    ]
