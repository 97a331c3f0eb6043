"""What a request shows of its caller, and what of it is ours alone."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

AUTHORIZATION: Final = "authorization"
OURS: Final = "x-portico-authorization"
"""Says who calls where `authorization` is meant for the backend."""
TENANT: Final = "x-tenant-id"
"""What some clients send: it must be the credential's, and never decides anything."""

SHOWN: Final = frozenset({AUTHORIZATION, OURS, TENANT})
"""Fields that tell of a caller; most of those who are asked nothing send none."""

BEARER: Final = "bearer "
"""The scheme, in lower case (RFC 9110 section 11.1), and the space behind it."""

KEY: Final = "portico_"
"""How every key of ours begins."""


class Presented(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one request shows."""

    credentials: tuple[str, ...] = ()
    """The values of the field that says who calls; more than one say nothing."""
    said: bool = False
    """Whether that field is ours alone, and not one that a backend may want."""
    names: tuple[str, ...] = ()
    """Those of the client certificate that the connection proved: URIs and DNS names."""
    uid: int | None = None
    """The user of the process at the other end of a Unix socket, where the system tells."""
    is_socket: bool = False
    """Whether it came by a Unix socket."""
    tenants: tuple[str, ...] = ()
    """The values of `x-tenant-id`."""


def presented(
    fields: Iterable[tuple[str, str | bytes]],
    names: tuple[str, ...] = (),
    uid: int | None = None,
    *,
    is_socket: bool = False,
) -> Presented:
    """What the fields and the connection of a request show; keys in lower case."""
    values: Mapping[str, list[str]] = {each: [] for each in SHOWN}
    for name, value in fields:
        if name in SHOWN:
            values[name].append(value if isinstance(value, str) else value.decode("latin-1"))
    own = values[OURS]
    return Presented(
        credentials=tuple(own or values[AUTHORIZATION]),
        said=bool(own),
        names=names,
        uid=uid,
        is_socket=is_socket,
        tenants=tuple(values[TENANT]),
    )


def is_own(field: str, value: str, judged: str) -> bool:
    """Whether a field of a request is for nobody behind us.

    `judged` is the field by which its caller was known; a key of ours stays here wherever it is.
    """
    if field in (OURS, judged):
        return True
    return field == AUTHORIZATION and value[: len(BEARER + KEY)].lower() == BEARER + KEY
