"""What the API answers: data in the envelope, or nothing."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.responses import Response

from facade.errors.fault import Fault
from facade.hop.envelope import envelope

NOTHING: Mapping[str, str] = MappingProxyType({})

ALWAYS: Mapping[str, str] = MappingProxyType(
    {"cache-control": "no-store", "x-content-type-options": "nosniff"}
)
"""What every answer says to who hands it on or shows it."""

ENCODER = msgspec.json.Encoder(decimal_format="number")


def data(tree: Any, headers: Mapping[str, str] = NOTHING) -> Response:
    """An answer of 200; msgspec.Raw within it goes as it is. Headers without a value do not go."""
    said = {**ALWAYS, **{name: value for name, value in headers.items() if value}}
    return Response(ENCODER.encode({"data": tree}), headers=said, media_type="application/json")


def nothing() -> Response:
    """The answer of a method that has nothing to tell."""
    return Response(status_code=204, headers=ALWAYS)


def packed(tree: Any) -> msgspec.Raw:
    """An entry of a list, encoded once: for its size, and for the answer."""
    return msgspec.Raw(ENCODER.encode(tree))


def weight(entry: msgspec.Raw) -> int:
    """Bytes of such an entry."""
    return len(bytes(entry))


def error(fault: Fault, trace_id: str) -> msgspec.Raw:
    """A fault within an answer, as the envelope of errors tells it."""
    return msgspec.json.decode(envelope(fault, trace_id), type=dict[str, msgspec.Raw])["error"]
