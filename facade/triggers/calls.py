"""Calls that triggers make: slots filled, as the flow's own."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from facade.expressions.exact_json import write_json
from facade.expressions.slots import compile_slots
from facade.model.call import CacheUse, Call, Caller
from facade.model.definition import ActionCall
from facade.model.flow import Flow
from facade.model.names import ConnectionName, parse_action, parse_connection
from facade.model.trigger import Undo
from facade.transcode.arguments import parse

SPACE: Final = UUID("6f1c8f0e-6f0b-5b0e-9d55-2d0f5c3a7b11")
"""The name space of the ids that are made here."""

LONGEST: Final = 60.0
"""Seconds that one call may take."""


def undo_of(call: ActionCall, scope: Mapping[str, Any]) -> Undo:
    """A call with its slots filled, to be kept."""
    tree = {"subject": call.subject, "arguments": dict(call.arguments)}
    filled = compile_slots(tree, _places(call)).fill(scope).value
    return Undo(
        action=call.action,
        connection=call.connection,
        subject=str(filled["subject"] or ""),
        arguments=filled["arguments"],
    )


def call_of(
    asked: Undo, tenant: str, flow: str, request_id: str = "", use: CacheUse = CacheUse.POLICY
) -> Call:
    """The call that such a thing is; raises InvalidRequest for a name that is none."""
    given = {name: value for name, value in (asked.arguments or {}).items() if value is not None}
    return Call(
        name=parse_action(asked.action, tenant=tenant),
        arguments=parse(write_json(given)),
        deadline=LONGEST,
        caller=caller_of(asked, tenant),
        caller_name=f"flows/{flow}",
        request_id=request_id,
        cache_use=use,
    )


def caller_of(asked: Undo, tenant: str) -> Caller:
    """On whose behalf it is made."""
    connection = asked.connection
    known = (
        parse_connection(connection, tenant=tenant) if connection else ConnectionName("", tenant)
    )
    return Caller(tenant=tenant, connection=known.connection, subject=asked.subject)


def made_id(flow: Flow, *parts: str) -> str:
    """A UUID that is the same for the same parts of a flow."""
    return str(uuid5(SPACE, "\n".join((flow.uid, *parts))))


def _places(call: ActionCall) -> dict[str, Any]:
    """Where the values stand: those of the arguments lie one level deeper here."""
    return {f"/arguments{pointer}": place for pointer, place in call.places.items()}
