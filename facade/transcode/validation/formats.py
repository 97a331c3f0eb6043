"""How `format`s are checked: as bounds, by the validator's own checks, or by wider ones.

Where published APIs ask for more than a standard allows, their form is taken too: a false
refusal helps nobody.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from facade.model.formats import RANGES
from facade.transcode.body.binary import BASE64

NARROW_OFFSET = re.compile(r"(.*[0-9][+-][0-9]{2})([0-9]{2})")
"""Of ISO 8601's basic format, as Jira asks for: `+0100`."""
LOCAL_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?")
"""Without an offset, as opening hours are given."""


def _textual(name: str) -> Callable[[str], bool]:
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid


_DATE_TIME, _TIME, _HOSTNAME = _textual("date-time"), _textual("time"), _textual("hostname")


def _is_date_time(value: str) -> bool:
    if _DATE_TIME(value):
        return True
    match = NARROW_OFFSET.fullmatch(value)
    return match is not None and _DATE_TIME(f"{match[1]}:{match[2]}")


def _is_time(value: str) -> bool:
    return _TIME(value) or LOCAL_TIME.fullmatch(value) is not None


def _is_host(value: str) -> bool:
    """With underscores, as the DNS takes them (RFC 2181 section 11)."""
    return _HOSTNAME(value) or _HOSTNAME(value.replace("_", "a"))


def _is_base64(value: str) -> bool:
    """Both alphabets, padding optional, lines broken (RFC 4648, RFC 2045)."""
    digits = "".join(value.split())
    return BASE64.fullmatch(digits) is not None and len(digits.rstrip("=")) % 4 != 1


WIDER: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "byte": _is_base64,
        "base64": _is_base64,
        "date-time": _is_date_time,
        "time": _is_time,
        "hostname": _is_host,
    }
)
"""The formats that the validator does not check, or not as far as published APIs go."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        **{f"int{bits}": f"must fit {bits} bits" for bits in (8, 16, 32, 64)},
        **{f"uint{bits}": f"must fit {bits} bits without a sign" for bits in (8, 16, 32, 64)},
        "float": "must fit a number of 32 bits",
        "double": "must fit a number of 64 bits",
        "byte": "must be base64 (RFC 4648)",
        "base64": "must be base64 (RFC 4648)",
        "date-time": "must be a date-time such as 2024-01-31T09:30:00Z",
        "date": "must be a date such as 2024-01-31",
        "time": "must be a time such as 09:30:00Z",
        "duration": "must be a duration such as P3DT12H",
        "uuid": "must be a UUID",
        "uri": "must be a URI with its scheme",
        "uri-reference": "must be a URI or a relative reference",
        "uri-template": "must be a URI template (RFC 6570)",
        "iri": "must be an IRI with its scheme",
        "iri-reference": "must be an IRI or a relative reference",
        "email": "must be an e-mail address",
        "idn-email": "must be an e-mail address",
        "hostname": "must be the name of a host",
        "idn-hostname": "must be the name of a host",
        "ipv4": "must be an IPv4 address",
        "ipv6": "must be an IPv6 address",
        "json-pointer": "must be a JSON pointer such as /a/0",
        "relative-json-pointer": "must be a relative JSON pointer such as 1/a",
        "regex": "must be a regular expression",
    }
)
"""What to say, by format."""


def bounds_of(name: Any) -> tuple[Any, ...]:
    """The bounds that a format stands for; empty where it is none of numbers."""
    return RANGES.get(name, ()) if isinstance(name, str) else ()
