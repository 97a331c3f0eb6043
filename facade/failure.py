"""What the failures of a wire stand for: each becomes a Fault that says what may have happened."""

import httpx

from facade.channel import HeadTooLarge
from facade.errors.backend import (
    BackendBadResponse,
    BackendFault,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.fault import Details, Effect
from facade.wire import Phase, TlsError

RETRY_AFTER = 1.0
"""Seconds after which a backend that could not be reached may be tried again."""

FAILURES = (TimeoutError, httpx.TransportError, BackendFault)
"""What an exchange may end in."""

_KINDS: tuple[tuple[type[httpx.TransportError], type[BackendFault], str], ...] = (
    (TlsError, BackendTls, "no TLS connection to the backend: its certificate or the handshake"),
    (httpx.ConnectError, BackendUnreachable, "no connection to the backend could be made"),
    (httpx.ConnectTimeout, BackendUnreachable, "no connection to the backend could be made"),
    (HeadTooLarge, ResponseTooLarge, "the head of the backend's answer is beyond the limits"),
    (httpx.ProtocolError, BackendBadResponse, "the backend's answer breaks HTTP"),
)
"""The first that matches counts."""


def fault_of(
    error: Exception, request: httpx.Request, response: httpx.Response | None
) -> BackendFault:
    """The fault that one of FAILURES stands for; without a response no answer had begun."""
    if isinstance(error, BackendFault):
        fault = error
    elif isinstance(error, (TimeoutError, httpx.TimeoutException)) and not isinstance(
        error, httpx.ConnectTimeout
    ):
        fault = _late(_effect(request, answered=response is not None))
    else:
        fault = _failure(error, request, answered=response is not None)
    if response is not None:
        fault.add({"httpStatus": str(response.status_code)})
    return fault


def _effect(request: httpx.Request, *, answered: bool) -> Effect:
    if answered:
        return Effect.EXECUTED
    unsent = request.extensions.get("phase") is Phase.CONNECT
    return Effect.NOT_EXECUTED if unsent else Effect.UNKNOWN


def _late(effect: Effect) -> BackendTimeout:
    text = {
        Effect.NOT_EXECUTED: "no connection to the backend could be made before the deadline",
        Effect.UNKNOWN: "the backend gave no answer before the deadline",
        Effect.EXECUTED: "the backend's answer was not whole before the deadline",
    }
    return BackendTimeout(text[effect], effect=effect)


def _failure(error: Exception, request: httpx.Request, *, answered: bool) -> BackendFault:
    for kind, fault, text in _KINDS:
        if isinstance(error, kind):
            retry_after = RETRY_AFTER if fault is BackendUnreachable else None
            return fault(text, details=Details(retry_after=retry_after))
    text = "cut its answer off" if answered else "gave no HTTP answer"
    return BackendUnavailable(f"the backend {text}", effect=_effect(request, answered=answered))
