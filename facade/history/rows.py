"""Rows: what calls have left becomes rows of executions, and what is counted of them."""

from operator import itemgetter
from typing import Any, Final

from facade.errors.fault import Code
from facade.history.noting import Noted
from facade.history.tally import Key
from facade.model.execution import Execution, ExecutionKind
from facade.model.time_ids import new_id

MICROSECONDS: Final = 1_000_000

MESSAGE: Final = 1024
"""Characters of a message that are kept."""
CALLER: Final = 255
ACTION: Final = 512

FLOWS: Final = "flows/"
"""How the name of a caller begins that is a flow."""

FINE: Final = frozenset({Code.OK.name, Code.CANCELLED.name})
"""A call that its caller gave up has not failed."""

CALL: Final = ExecutionKind.CALL.value
RUN: Final = ExecutionKind.RUN.value
_ACTION_OF: Final = itemgetter("tenant", "connector", "version", "action")
CODES: Final = {code.name: code.value for code in Code}


def writable(text: str) -> str:
    """A text as every database takes it: one that is refused would hold up all behind it."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def of_call(noted: Noted) -> dict[str, Any]:
    """The row of a call."""
    called, began, caller = noted.called, noted.time - noted.seconds, noted.caller
    flow, run = _flow_of(caller) if caller.startswith(FLOWS) else ("", "")
    return {
        "tenant": noted.tenant,
        "id": new_id(began),
        "kind": CALL,
        "connector": called.connector,
        "version": called.version,
        "action": writable(called.action[:ACTION]),
        "connection": noted.connection,
        "flow": flow,
        "run": run,
        "caller": writable(caller[:CALLER]),
        "time": int(began * MICROSECONDS),
        "seconds": noted.seconds,
        "ok": called.code in FINE,
        "code": CODES[called.code],
        "reason": called.reason,
        "message": writable(noted.message[:MESSAGE]),
        "status": noted.status,
        "attempts": noted.attempts,
        "cache": str(called.cache),
        "bytes_in": noted.bytes_in,
        "bytes_out": noted.bytes_out,
        "trace_id": noted.trace_id,
        "request_body": writable(noted.request_body),
        "response_body": writable(noted.response_body),
    }


def of_execution(execution: Execution) -> dict[str, Any]:
    """The row of what others have executed."""
    row = {name: getattr(execution, name) for name in Execution.__dataclass_fields__}
    row["kind"] = execution.kind.value
    row["time"] = int(execution.time.timestamp() * MICROSECONDS)
    row["action"] = writable(execution.action[:ACTION])
    row["caller"] = writable(execution.caller[:CALLER])
    row["message"] = writable(execution.message[:MESSAGE])
    return row


def key_of(row: dict[str, Any]) -> Key:
    """What a row counts for."""
    if row["kind"] == RUN:
        return Key(row["tenant"], "", "", "", row["flow"])
    return Key._make((*_ACTION_OF(row), ""))


def error_of(row: dict[str, Any]) -> str:
    """What has failed it: `BACKEND_TIMEOUT: …`; empty where nothing has."""
    if row["ok"]:
        return ""
    reason = row["reason"] or Code(row["code"]).name
    return f"{reason}: {row['message']}" if row["message"] else reason


def _flow_of(caller: str) -> tuple[str, str]:
    """The flow's id and the run's name, of a call that a flow has made."""
    flow, _, run = caller.removeprefix(FLOWS).partition("/")
    return flow, caller if run else ""
