"""The HTTP status of a fault, on the HTTP face."""

from collections.abc import Mapping
from types import MappingProxyType

from facade.errors.fault import Code, Fault

STATUSES: Mapping[Code, int] = MappingProxyType(
    {
        Code.OK: 200,
        Code.CANCELLED: 499,
        Code.UNKNOWN: 500,
        Code.INVALID_ARGUMENT: 400,
        Code.DEADLINE_EXCEEDED: 504,
        Code.NOT_FOUND: 404,
        Code.ALREADY_EXISTS: 409,
        Code.PERMISSION_DENIED: 403,
        Code.RESOURCE_EXHAUSTED: 429,
        Code.FAILED_PRECONDITION: 400,
        Code.ABORTED: 409,
        Code.OUT_OF_RANGE: 400,
        Code.UNIMPLEMENTED: 501,
        Code.INTERNAL: 500,
        Code.UNAVAILABLE: 503,
        Code.UNAUTHENTICATED: 401,
    }
)
"""The table of google.rpc.Code."""

REASONS: Mapping[str, int] = MappingProxyType(
    {
        "BACKEND_BAD_RESPONSE": 502,
        "BACKEND_ERROR": 502,
        "BACKEND_REDIRECT": 502,
        "EXPRESSION_EXHAUSTED": 422,
        "HAS_CHILDREN": 409,
        "HOP_UNTRUSTED": 401,
        "MESSAGE_LATE": 408,
        "MISDIRECTED": 421,
        "REMOVAL_FAILED": 500,
        "REQUEST_TOO_LARGE": 413,
        "RESPONSE_TOO_LARGE": 502,
        "STORE_FULL": 507,
    }
)
"""The reasons for which HTTP has a better word than for their codes."""

FIELDS: Mapping[str, int] = MappingProxyType({"allow": 405, "accept": 415})
"""What a header field of the answer makes of a refusal: the path has other methods, or takes
other media types (RFC 9110 sections 10.2.1 and 12.5.1)."""


def http_status(fault: Fault) -> int:
    """The status of the answer that tells a fault.

    What the answer says to do instead decides, else the reason, else the code. 500 stands for a
    bug of ours, and for a removal that failed: so seed 004 has it (C-9).
    """
    for field, status in FIELDS.items():
        if field in fault.details.headers:
            return status
    return REASONS.get(fault.reason) or STATUSES[fault.status]
