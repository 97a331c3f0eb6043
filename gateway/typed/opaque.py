"""Values that the document leaves open: google.protobuf.Value, Struct and ListValue."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from facade.errors.caller import InvalidParameters
from facade.model.typed import WellKnown
from gateway.convert.value_writer import ITEM, VALUE, ValueWriter
from gateway.convert.values import MAX_LEVELS, NoValue, from_struct
from gateway.convert.wire import framed
from gateway.typed.misfit import Misfit
from gateway.typed.scalar_writers import double_of

DEEP: Final = f"is nested deeper than the {MAX_LEVELS} levels that protobuf reads"

_KINDS: Final[Mapping[WellKnown, bytes]] = MappingProxyType(
    {WellKnown.STRUCT: b"\x2a", WellKnown.LIST: b"\x32"}
)
"""The tags by which these stand in a Value."""


class NoKind(Exception):
    """A Value in what a caller sent holds nothing, or is broken."""


class OpaqueWriter:
    """Writes well-known types; one for a service, which remembers names."""

    def __init__(self) -> None:
        """Knows no names."""
        self._values = ValueWriter()

    def value(self, tree: Any, level: int) -> bytes:
        """A Value that stands so many levels deep, with its length before it; raises Misfit."""
        tree = _safe(tree)
        try:
            return self._values.elements([tree], level)[len(ITEM) :]
        except NoValue:
            raise Misfit(DEEP) from None

    def struct(self, tree: Any, level: int) -> bytes:
        """A Struct, likewise."""
        if type(tree) is not dict:
            raise Misfit("is no object")
        tree = _safe(tree)
        try:
            return framed(b"", self._values.members(tree, level + 2 if tree else level))
        except NoValue:
            raise Misfit(DEEP) from None

    def list(self, tree: Any, level: int) -> bytes:
        """A ListValue, likewise."""
        if type(tree) is not list:
            raise Misfit("is no array")
        tree = _safe(tree)
        try:
            return framed(b"", self._values.elements(tree, level + 1 if tree else level))
        except NoValue:
            raise Misfit(DEEP) from None


def opaque_of(kind: WellKnown, data: bytes) -> Any:
    """Reads a Value, Struct or ListValue, its numbers still doubles; raises NoKind."""
    value = data if kind is WellKnown.VALUE else framed(_KINDS[kind], data)
    try:
        return from_struct(Struct.FromString(framed(ITEM, framed(VALUE, value))))[""]
    except (DecodeError, InvalidParameters):
        raise NoKind from None


def _safe(tree: Any) -> Any:
    """The same with numbers that a Value holds with all digits; raises Misfit with the place."""
    try:
        orjson.dumps(tree, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        return _doubles(tree, 0)
    return tree


def _doubles(tree: Any, level: int) -> Any:
    if level > MAX_LEVELS:
        raise Misfit(DEEP)
    if type(tree) is list:
        pairs: Any = enumerate(tree)
    elif type(tree) is dict:
        pairs = tree.items()
    else:
        return tree if tree is None or type(tree) in (str, bool) else double_of(tree)
    place: Any = None
    found = []
    try:
        for place, each in pairs:
            found.append((place, _doubles(each, level + 1)))
    except Misfit as misfit:
        misfit.path.append(place)
        raise
    return dict(found) if type(tree) is dict else [each for _, each in found]
