"""JSON and Python values to and from google.protobuf.Struct, quickly."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Details, Violation

MAX_LEVELS = 100
"""Protobuf runtimes refuse a message that is nested deeper, unless they are told otherwise."""

SCALARS = frozenset({"bool_value", "number_value", "string_value"})
"""The kinds whose fields are Python values."""


class NoValue(Exception):
    """JSON that no Value can carry: too deep, a number that no double is, a name given twice."""


def from_struct(struct: Struct) -> dict[str, Any]:
    """The members as Python values, by name: a map of protobuf has no order that could be kept.

    Every number is a double here; `facade.transcode.doubles.from_values` makes integers of the
    whole ones again. Raises InvalidParameters where a Value holds nothing.
    """
    fields = struct.fields
    return {key: _from_value(fields[key]) for key in sorted(fields)}


def _from_value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind in SCALARS:
        return getattr(value, kind)
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [_from_value(each) for each in value.list_value.values]
    if kind == "null_value":
        return None
    problem = Violation(field="parameters", description="a Value in it has no kind")
    raise InvalidParameters(
        "parameters: a Value in it has no kind", details=Details(violations=(problem,))
    )


def to_struct(tree: Mapping[str, Any], level: int) -> Struct:
    """A mapping as a Struct that stands so many levels deep in its message; raises NoValue."""
    value = Value()
    _fill(value, tree, level - 1)
    return value.struct_value


def _fill(value: Value, tree: Any, level: int) -> None:
    if isinstance(tree, str):
        value.string_value = tree
    elif isinstance(tree, dict):
        _fill_struct(value.struct_value, tree, level + 3)
    elif isinstance(tree, (list, tuple)):
        _fill_list(value.list_value, tree, level + 2)
    elif isinstance(tree, bool):
        value.bool_value = tree
    elif tree is None:
        value.null_value = 0  # type: ignore[assignment]  # NULL_VALUE; the stub wants its enum
    elif isinstance(tree, (int, float, Decimal)):
        value.number_value = _double(tree)
    else:
        _fill_struct(value.struct_value, tree, level + 3)


def _fill_list(values: ListValue, tree: Sequence[Any], level: int) -> None:
    """Elements stand two levels below their Value: ListValue, Value."""
    if not tree:
        values.SetInParent()
    if level - (not tree) > MAX_LEVELS:
        raise NoValue
    add = values.values.add
    for each in tree:
        _fill(add(), each, level)


def _fill_struct(struct: Struct, tree: Mapping[str, Any], level: int) -> None:
    """Members stand three levels below their Value: Struct, map entry, Value."""
    if not tree:
        struct.SetInParent()
    if level - 2 * (not tree) > MAX_LEVELS:
        raise NoValue
    fields = struct.fields
    for key, each in tree.items():
        _fill(fields[key], each, level)


def _double(number: float | Decimal) -> float:
    try:
        double = float(number)
    except OverflowError:
        raise NoValue from None
    if not math.isfinite(double):
        raise NoValue
    return double
