"""The faults of an exchange: each says what may have happened, and nothing that a library said."""

import re
import ssl

from facade.errors.backend import (
    BackendBadResponse,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.fault import Details, Effect

RETRY_AFTER = 1.0
"""Seconds after which a backend that could not be reached may be tried again."""

_ABOUT_CERTIFICATES = re.compile("CERTIFICATE|UNKNOWN_CA")

_LATE = {
    Effect.NOT_EXECUTED: "no connection to the backend could be made before the deadline",
    Effect.UNKNOWN: "the backend gave no answer before the deadline",
    Effect.EXECUTED: "the backend's answer was not whole before the deadline",
}


def unreachable() -> BackendUnreachable:
    """No connection."""
    return BackendUnreachable(
        "no connection to the backend could be made", details=Details(retry_after=RETRY_AFTER)
    )


def untrusted() -> BackendTls:
    """A connection, and no TLS on it."""
    return BackendTls("no TLS connection to the backend: its certificate or the handshake")


def unanswered(effect: Effect = Effect.UNKNOWN) -> BackendUnavailable:
    """A connection that ended, or spoke something else, in place of an answer."""
    return BackendUnavailable("the backend gave no HTTP answer", effect=effect)


def hung_up(reason: Exception | None) -> BackendUnavailable | BackendTls:
    """A connection that ended before an answer, for what reason there is.

    A backend may hang up over our certificate after we have begun to speak, and so before it
    read a request (RFC 8446 section 4.4.2.4).
    """
    if isinstance(reason, ssl.SSLError) and _ABOUT_CERTIFICATES.search(reason.reason or ""):
        return untrusted()
    return unanswered()


def cut_off() -> BackendUnavailable:
    """An answer that began and did not end."""
    return BackendUnavailable("the backend cut its answer off")


def broken(effect: Effect = Effect.EXECUTED) -> BackendBadResponse:
    """An answer that HTTP does not allow."""
    return BackendBadResponse("the backend's answer breaks HTTP", effect=effect)


def unspoken() -> BackendBadResponse:
    """A backend that speaks something else than HTTP/2, where it was to know it beforehand."""
    return BackendBadResponse(
        "the backend does not speak HTTP/2, which its version asks for", effect=Effect.NOT_EXECUTED
    )


def head_too_large() -> ResponseTooLarge:
    """A head beyond the limits."""
    return ResponseTooLarge("the head of the backend's answer is beyond the limits")


def too_large(limit: float) -> ResponseTooLarge:
    """A body of more bytes than that."""
    return ResponseTooLarge(f"the backend's answer is larger than {limit} bytes")


def late(effect: Effect) -> BackendTimeout:
    """The deadline."""
    return BackendTimeout(_LATE[effect], effect=effect)
