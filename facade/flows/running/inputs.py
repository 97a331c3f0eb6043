"""Inputs: what a run begins with, what is said to trigger a test, and whether a flow takes that."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.expressions.exact_json import read_json
from facade.flows.checking.scope import trigger_schema
from facade.model.definition import Definition, Trigger
from facade.transcode.validation.schema import compile_schema

LARGEST: Final = 2**20
"""Bytes."""


def check_input(definition: Definition, text: str) -> Any:
    """The value of a JSON text; raises InvalidRequest where that is not what the flow takes."""
    value = _read(text or "null", "input")
    if definition.input is not None:
        _check(definition.input, value, "input")
    return value


def check_trigger(trigger: Trigger, text: str) -> Mapping[str, Any]:
    """What a test is told of a trigger; raises InvalidRequest for what such a one never brings.

    `text`: a JSON object with some of kind, id and time, and of what the trigger's kind brings.
    """
    value: Mapping[str, Any] = _read(text or "{}", "trigger")
    _check(trigger_schema(trigger), value, "trigger")
    return value


def _read(text: str, name: str) -> Any:
    if len(text.encode()) > LARGEST:
        raise _wrong(f"has more than {LARGEST:,} bytes", name)
    try:
        return read_json(text)
    except (msgspec.DecodeError, RecursionError):
        raise _wrong("is no JSON", name) from None


def _check(schema: Mapping[str, Any], value: Any, name: str) -> None:
    """Raises InvalidRequest for the first thing that a schema says is wrong."""
    try:
        problems = compile_schema(dict(schema)).first(value, (name,))
    except (ValueError, RecursionError):
        raise _wrong("goes too deep", name) from None
    for each in problems:
        raise _wrong(each.description, each.field.removeprefix("/").replace("/", ".") or name)


def _wrong(description: str, field: str) -> InvalidRequest:
    violation = Violation(field=field, description=description)
    return InvalidRequest(f"{field}: {description}", details=Details(violations=(violation,)))
