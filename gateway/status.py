"""A Fault as google.rpc.Status, cut to the sizes that every client can take."""

from bisect import bisect_right
from collections.abc import Callable, Hashable

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    Help,
    QuotaFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from facade.errors.fault import HELP, Fault, Quota, Violation
from facade.recent import Recent

MAX_MESSAGE = 1024
"""Bytes of the message on the wire, where gRPC writes all but printable ASCII as `%XX`."""

MAX_DETAILS = 4096
"""Bytes of all details together: with base64 and the message, trailers stay below 8 KiB."""

MAX_TEXT = 512
"""Bytes of any one description."""

MAX_FACT = 200
"""Bytes of any one value in ErrorInfo.metadata but the excerpt."""

MAX_URL = 2048
"""Bytes of a URL there: one that is cut leads nowhere, so a longer one is not told."""

URLS = frozenset({"authorizationUrl"})
"""Facts that are URLs."""

MAX_QUOTAS = 5
"""Limits that are named of those that were reached, where nothing else takes their room."""

KEPT = 1024
"""Statuses that stay written."""

TRACE = "0" * 32
"""What stands in them in the place of the trace; no trace is called so (W3C Trace Context)."""


class Statuses:
    """Statuses in their wire form: those that say nothing of a call but its trace stay written."""

    def __init__(self) -> None:
        """Begins with none."""
        self._written: Recent[Hashable, tuple[str, bytes]] = Recent(KEPT)

    def write(self, fault: Fault, trace_id: str) -> tuple[str, bytes]:
        """The message, and the status with all details, of a fault in a trace."""
        details = fault.details
        own = details.facts or details.violations or details.resource or details.quotas
        if own or details.excerpt or len(trace_id) != len(TRACE):
            return _written(to_status(fault, trace_id))
        key = type(fault), fault.message, fault.status, fault.effect, details.retry_after
        message, written = self._written.get(key) or self._keep(key, fault)
        return message, written.replace(TRACE.encode(), trace_id.encode())

    def _keep(self, key: Hashable, fault: Fault) -> tuple[str, bytes]:
        written = _written(to_status(fault, TRACE))
        self._written.put(key, written)
        return written


def _written(status: Status) -> tuple[str, bytes]:
    return status.message, status.SerializeToString()


def to_status(fault: Fault, trace_id: str = "") -> Status:
    """What the caller is told of a fault.

    Details: ErrorInfo (reason, domain, and in `metadata` the facts, `outcome`, `traceId` and, of
    what the backend said, `excerpt`), BadRequest, ResourceInfo, RetryInfo, QuotaFailure, Help,
    each where there is something to say. Where they are more than `MAX_DETAILS`, the excerpt is
    cut first, then the last violations.
    """
    message = _line(fault.message, MAX_MESSAGE, _on_the_wire)
    others = _others(fault)
    room = MAX_DETAILS - sum(_size(each) for each in others)
    info, violations = _info(fault, trace_id), _violations(fault)
    excerpt = _line(fault.details.excerpt, MAX_DETAILS)
    if excerpt:
        left = room - _size(info) - _size(_bad_request(violations, len(violations)))
        _quote(info, excerpt, left)
    left = room - _size(info)
    details = [info, *_fitting(violations, left), *others]
    status = Status(code=int(fault.status), message=message)
    for each in details:
        status.details.add().Pack(each)
    return status


def _info(fault: Fault, trace_id: str) -> ErrorInfo:
    facts = {**fault.details.facts, "outcome": fault.effect.value}
    if trace_id:
        facts["traceId"] = trace_id
    return ErrorInfo(
        reason=fault.reason,
        domain=fault.domain.value,
        metadata={
            key: _line(value, MAX_URL if key in URLS else MAX_FACT)
            for key, value in facts.items()
            if key not in URLS or len(value) <= MAX_URL
        },
    )


def _violations(fault: Fault) -> list[BadRequest.FieldViolation]:
    return [_violation(each) for each in fault.details.violations]


def _violation(violation: Violation) -> BadRequest.FieldViolation:
    return BadRequest.FieldViolation(
        field=_line(violation.field, MAX_TEXT),
        description=_line(violation.description, MAX_TEXT),
    )


def _others(fault: Fault) -> list[Message]:
    """The details that are never cut away."""
    details: list[Message] = []
    resource = fault.details.resource
    if resource is not None:
        meant = ", ".join(f"`{each}`" for each in resource.suggestions[:3])
        details.append(
            ResourceInfo(
                resource_type=_line(resource.type, MAX_FACT),
                resource_name=_line(resource.name, MAX_TEXT),
                description=_line(f"Did you mean {meant}?", MAX_TEXT) if meant else "",
            )
        )
    if fault.details.retry_after is not None:
        retry = RetryInfo()
        retry.retry_delay.FromNanoseconds(round(fault.details.retry_after * 1_000_000_000))
        details.append(retry)
    if fault.details.quotas:
        most = MAX_QUOTAS if resource is None else 1
        details.append(_quota_failure(fault.details.quotas[:most]))
    link = Help.Link(description=fault.remedy, url=HELP + fault.reason.lower())
    return [*details, Help(links=[link])]


def _quota_failure(quotas: tuple[Quota, ...]) -> QuotaFailure:
    return QuotaFailure(
        violations=[
            QuotaFailure.Violation(
                subject=_line(each.subject, MAX_FACT), description=_line(each.description, MAX_FACT)
            )
            for each in quotas
        ]
    )


def _quote(info: ErrorInfo, excerpt: str, room: int) -> None:
    """Puts as much of the excerpt into the metadata as fits into the room, or nothing."""
    overhead = 24
    if room > overhead:
        info.metadata["excerpt"] = _cut(excerpt, room - overhead)


def _fitting(violations: list[BadRequest.FieldViolation], room: int) -> list[BadRequest]:
    """As many of the violations as fit, with a line about the rest."""
    if not violations:
        return []
    whole = _bad_request(violations, len(violations))
    if _size(whole) <= room:
        return [whole]
    most = bisect_right(
        range(len(violations)), room, key=lambda kept: _size(_bad_request(violations, kept))
    )
    return [_bad_request(violations, max(most - 1, 0))]


def _bad_request(violations: list[BadRequest.FieldViolation], kept: int) -> BadRequest:
    request = BadRequest(field_violations=violations[:kept])
    if kept < len(violations):
        request.field_violations.add(description=f"… and {len(violations) - kept} more")
    return request


def _size(detail: Message) -> int:
    """Bytes of a detail within a Status: itself, its type URL and the tags around them."""
    return detail.ByteSize() + len(detail.DESCRIPTOR.full_name) + 32


def _on_the_wire(text: str) -> int:
    return sum(1 if " " <= sign <= "~" and sign != "%" else 3 * _bytes(sign) for sign in text)


def _bytes(text: str) -> int:
    return len(text.encode())


def _line(text: str, most: int, size: Callable[[str], int] = _bytes) -> str:
    """The text on one line: whatever a terminal or a header could trip over is a space."""
    if len(text) <= most and text.isascii() and text.isprintable() and "%" not in text:
        return text.strip()  # of such a text every sign is one byte: nothing to measure or replace
    kept = text[: most + 1]
    return _cut("".join(sign if sign.isprintable() else " " for sign in kept).strip(), most, size)


def _cut(text: str, most: int, size: Callable[[str], int] = _bytes) -> str:
    """The text, or as much of its beginning as is at most so many bytes with a mark at its end."""
    if size(text) <= most:
        return text
    most -= size("…")
    low, high = 0, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= most else (low, middle - 1)
    return text[:low] + "…"
