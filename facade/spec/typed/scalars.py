"""Scalars: which scalar type of proto3 holds the values of a schema."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from facade.model.formats import RANGES
from facade.model.typed import Scalar
from facade.spec.shapes.shape import NUMBER, Shape

WIDTHS: Final[Mapping[str, Scalar]] = MappingProxyType(
    {
        **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), Scalar.INT32),
        "int64": Scalar.INT64,
        "uint32": Scalar.UINT32,
        "uint64": Scalar.UINT64,
    }
)
"""By format (OpenAPI's format registry); what is narrower than 32 bits goes as a signed one."""
ENCODED: Final = frozenset({"byte", "base64"})
"""Formats and encodings by which a text stands for bytes (RFC 4648 section 4)."""
SIGNED: Final = frozenset({Scalar.INT32, Scalar.INT64, Scalar.UINT32})


def json_type_of(shape: Shape) -> str:
    """The one JSON type that the values of a scalar's shape are of."""
    return "number" if shape.types & NUMBER else next(iter(shape.types))


def scalar_of(shape: Shape, json_type: str) -> Scalar:
    """The scalar that holds the values of a shape that are of one JSON type."""
    if json_type == "boolean":
        return Scalar.BOOL
    if json_type == "string":
        return Scalar.BYTES if (shape.formats | shape.encodings) & ENCODED else Scalar.STRING
    return _number(shape)


def is_wide(shape: Shape) -> bool:
    """Whether an integer is said to go beyond what 64 bits hold."""
    low, high = shape.lower, shape.upper
    return bool(
        "number" not in shape.types
        and ((high and high[0] > RANGES["uint64"][1]) or (low and low[0] < RANGES["int64"][0]))
    )


def widened(scalars: Iterable[Scalar]) -> Scalar:
    """The scalar that holds what any of several of one JSON type holds."""
    found = set(scalars)
    if len(found) == 1:
        return found.pop()
    if found <= {Scalar.STRING, Scalar.BYTES}:
        return Scalar.STRING
    return Scalar.INT64 if found <= SIGNED else Scalar.DOUBLE


def _number(shape: Shape) -> Scalar:
    by_format = next((WIDTHS[each] for each in WIDTHS if each in shape.formats), None)
    if by_format:
        return by_format
    values = (shape.values or {}).values()
    listed = bool(values) and all(isinstance(each, int) for each in values)
    if "number" in shape.types and not listed:
        return Scalar.FLOAT if "float" in shape.formats else Scalar.DOUBLE
    return _by_range(shape)


def _by_range(shape: Shape) -> Scalar:
    low = shape.lower[0] if shape.lower else None
    high = shape.upper[0] if shape.upper else None
    if high is None or low is None:
        return Scalar.INT64
    fits = [
        each
        for each in ("int32", "int64", "uint64")
        if low >= RANGES[each][0] and high <= RANGES[each][1]
    ]
    if fits:
        return WIDTHS[fits[0]]
    return Scalar.UINT64 if low >= 0 else Scalar.INT64
