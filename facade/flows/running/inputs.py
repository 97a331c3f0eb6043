"""Inputs: what a run begins with, and whether its flow takes that."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.expressions.exact_json import read_json
from facade.model.definition import Definition
from facade.transcode.validation.schema import compile_schema

LARGEST: Final = 2**20
"""Bytes."""


def check_input(definition: Definition, text: str) -> Any:
    """The value of a JSON text; raises InvalidRequest where that is not what the flow takes."""
    if len(text.encode()) > LARGEST:
        raise _wrong(f"has more than {LARGEST:,} bytes")
    try:
        value = read_json(text or "null")
    except (msgspec.DecodeError, RecursionError):
        raise _wrong("is no JSON") from None
    if definition.input is not None:
        for each in _problems(definition.input, value):
            field = each.field.removeprefix("/").replace("/", ".")
            raise _wrong(each.description, field or "input")
    return value


def _problems(schema: Mapping[str, Any], value: Any) -> list[Violation]:
    """The first thing that a schema says is wrong; raises InvalidRequest where it goes too deep."""
    try:
        return compile_schema(dict(schema)).first(value, ("input",))
    except (ValueError, RecursionError):
        raise _wrong("goes too deep") from None


def _wrong(description: str, field: str = "input") -> InvalidRequest:
    violation = Violation(field=field, description=description)
    return InvalidRequest(f"{field}: {description}", details=Details(violations=(violation,)))
