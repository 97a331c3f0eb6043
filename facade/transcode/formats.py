"""The `format`s that arguments are held to; every other one is an annotation."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import jsonschema_rs


def _numeric(low: int, high: int) -> Callable[[Any], bool]:
    """Whether a number lies in a range; what is no number is none of the format's business."""

    def fits(value: Any) -> bool:
        return isinstance(value, str | bool | list | dict | None) or low <= value <= high

    return fits


def _textual(name: str) -> Callable[[Any], bool]:
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid


FORMATS: Mapping[str, tuple[Callable[[Any], bool], str]] = MappingProxyType(
    {
        "int8": (_numeric(-(2**7), 2**7 - 1), "must fit 8 bits"),
        "uint8": (_numeric(0, 2**8 - 1), "must fit 8 bits without a sign"),
        "int16": (_numeric(-(2**15), 2**15 - 1), "must fit 16 bits"),
        "uint16": (_numeric(0, 2**16 - 1), "must fit 16 bits without a sign"),
        "int32": (_numeric(-(2**31), 2**31 - 1), "must fit 32 bits"),
        "uint32": (_numeric(0, 2**32 - 1), "must fit 32 bits without a sign"),
        "int64": (_numeric(-(2**63), 2**63 - 1), "must fit 64 bits"),
        "uint64": (_numeric(0, 2**64 - 1), "must fit 64 bits without a sign"),
        "date-time": (_textual("date-time"), "must be a date-time such as 2024-01-31T09:30:00Z"),
        "date": (_textual("date"), "must be a date such as 2024-01-31"),
        "uuid": (_textual("uuid"), "must be a UUID"),
        "uri": (_textual("uri"), "must be a URI with its scheme"),
        "email": (_textual("email"), "must be an e-mail address"),
        "ipv4": (_textual("ipv4"), "must be an IPv4 address"),
        "ipv6": (_textual("ipv6"), "must be an IPv6 address"),
    }
)
"""By name: the test and what to say (OpenAPI's format registry, RFC 3339, RFC 3986)."""


class Format:
    """The keyword `format` as jsonschema_rs calls it, for values of any type."""

    def __init__(
        self, parent_schema: dict[str, Any], value: Any, schema_path: list[str | int]
    ) -> None:
        """Looks the format up once; the rest of the schema does not matter."""
        del parent_schema, schema_path
        self._test = FORMATS.get(value) if isinstance(value, str) else None

    def validate(self, instance: Any) -> None:
        """Raises ValueError with our own words where the value is not of the format."""
        if self._test and not self._test[0](instance):
            raise ValueError(self._test[1])
