"""The `format`s that values are held to; every other one is an annotation."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

_FLOAT: Final = Decimal("3.4028236e38")
_DOUBLE: Final = Decimal("1.7976931348623158e308")

RANGES: Final[Mapping[str, tuple[int | Decimal, int | Decimal]]] = MappingProxyType(
    {
        **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
        **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
        "float": (-_FLOAT, _FLOAT),
        "double": (-_DOUBLE, _DOUBLE),
    }
)
"""Of numbers: the least and the greatest (OpenAPI's format registry; IEEE 754)."""

TEXTS: Final = frozenset(
    {"date-time", "date", "time", "duration", "uuid", "byte", "base64", "regex"}
    | {"uri", "uri-reference", "uri-template", "iri", "iri-reference"}
    | {"email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"}
    | {"json-pointer", "relative-json-pointer"}
)
"""Of strings (JSON Schema validation, section 7.3; RFC 4648)."""

ASSERTED: Final = TEXTS | RANGES.keys()
