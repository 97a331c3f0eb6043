"""Inference: the JSON Schema that the answers which were seen fit (JSON Schema 2020-12)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from facade.trials.tree import type_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SAMPLES: Final = 1_000
"""Items of an array that are looked at."""
DEEPEST: Final = 64
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def inferred_schema(sample: Any) -> dict[str, Any]:
    """The narrowest plain schema that a sample fits: types, members, formats; no values of it."""
    return {"$schema": DIALECT, **_schema_of([sample], 0)}


def _schema_of(samples: Sequence[Any], depth: int) -> dict[str, Any]:
    """One schema of all samples of one place."""
    types = sorted({type_of(each) for each in samples})
    if "number" in types and "integer" in types:
        types.remove("integer")
    if not types or depth == DEEPEST:
        return {}
    schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    texts = [each for each in samples if isinstance(each, str)]
    if texts:
        schema |= _format_of(texts)
    lists = [each for each in samples if isinstance(each, list)]
    if lists:
        items = [item for each in lists for item in each][:SAMPLES]
        schema["items"] = _schema_of(items, depth + 1) if items else {}
    objects = [each for each in samples if isinstance(each, Mapping)]
    if objects:
        schema |= _members_of(objects, depth)
    return schema


def _members_of(objects: Sequence[Mapping[str, Any]], depth: int) -> dict[str, Any]:
    names = list(dict.fromkeys(name for each in objects for name in each))
    properties = {
        name: _schema_of([each[name] for each in objects if name in each], depth + 1)
        for name in names
    }
    required = [name for name in names if all(name in each for each in objects)]
    return {"properties": properties} | ({"required": required} if required else {})


def _format_of(texts: Sequence[str]) -> dict[str, str]:
    """The format that all texts have; none where they have no common one."""
    for name, fits in FORMATS.items():
        if all(fits(each) for each in texts):
            return {"format": name}
    return {}


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    return _MOMENT.fullmatch(text) is not None and _parses(datetime.fromisoformat, text.upper())


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date-time": _is_moment,
    "date": lambda text: len(text) == 10 and _parses(date.fromisoformat, text),
    "uuid": lambda text: len(text) == 36 and _parses(UUID, text),
    "email": lambda text: _MAIL.fullmatch(text) is not None,
    "uri": lambda text: _URI.fullmatch(text) is not None,
}
"""The first that fits is said."""
