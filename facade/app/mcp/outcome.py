"""What a call came to, as a tool's result: for models to read, and as an object for programs."""

from base64 import b64encode
from typing import Any

import msgspec

from facade.errors.fault import Effect, Fault
from facade.hop.envelope import envelope
from facade.model.call import Outcome
from facade.tools.results import structured

NONE = "The backend answered without content."

ACTED = {
    Effect.NOT_EXECUTED: "The backend did not act.",
    Effect.UNKNOWN: "The backend may have acted.",
    Effect.EXECUTED: "The backend answered so.",
}


def result_of(outcome: Outcome, uri: str) -> dict[str, Any]:
    """The result of a call that succeeded; `uri` names bytes that are neither text nor picture."""
    if outcome.body is not None:
        return {"content": [_body(outcome.body, outcome.content_type, uri)]}
    text = outcome.json.decode() if outcome.json is not None else NONE
    return {"content": [_text(text)], "structuredContent": structured(outcome.json)}


def failure_of(fault: Fault, trace_id: str) -> dict[str, Any]:
    """The result of one that failed: a model reads what is wrong, and may do better."""
    lines = [fault.message, f"{fault.reason}: {ACTED[fault.effect]}"]
    lines.extend(f"{each.field}: {each.description}" for each in fault.details.violations)
    if fault.details.excerpt:
        lines.append(f"Answer: {fault.details.excerpt}")
    if fault.details.retry_after is not None:
        lines.append(f"Retry after {fault.details.retry_after:g} s.")
    lines.append(fault.remedy)
    return {
        "content": [_text("\n".join(lines))],
        "structuredContent": msgspec.Raw(envelope(fault, trace_id)),
        "isError": True,
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _body(data: bytes, content_type: str, uri: str) -> dict[str, Any]:
    kind = content_type.partition(";")[0].strip().lower()
    family = kind.partition("/")[0]
    if family == "text":
        try:
            return _text(data.decode())
        except UnicodeDecodeError:
            pass  # of another charset: as bytes
    blob = b64encode(data).decode()
    if family in {"image", "audio"}:
        return {"type": family, "data": blob, "mimeType": kind}
    resource = {"uri": uri, "mimeType": kind or "application/octet-stream", "blob": blob}
    return {"type": "resource", "resource": resource}
