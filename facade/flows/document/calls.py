"""Calls of actions, as a flow file writes them."""

from collections.abc import Mapping
from typing import Any, Final

from facade.flows.document.form import Form, Member, Members, required
from facade.flows.document.kinds import Json, Text, places_of
from facade.flows.document.names import ActionText, ConnectionText
from facade.flows.document.node import Node
from facade.model.definition import ActionCall

CALLING: Final[Members] = {
    "action": required(ActionText(), "The action: `CONNECTOR/ACTION`, or its whole name."),
    "connection": Member(ConnectionText(), "The connection that it goes through.", ""),
    "subject": Member(Text(most=500), "The subject of that connection; may be a slot.", ""),
    "arguments": Member(
        Json(mapping=True), "The arguments by name; texts may hold slots `{{ … }}`.", {}
    ),
}
"""The fields of a call."""


def call_of(node: Node, values: Mapping[str, Any]) -> ActionCall:
    """The call that the fields say."""
    if values.get("subject") and not values.get("connection"):
        raise node.child("subject").refuse("needs a `connection`, of which it is a subject")
    arguments = node.child("arguments")
    return ActionCall(
        action=values["action"],
        connection=values.get("connection", ""),
        subject=values.get("subject", ""),
        arguments=values.get("arguments", {}),
        place=node.child("action").place,
        places=places_of(arguments) if arguments.value else {},
    )


def taken_of(call: ActionCall) -> dict[str, Any]:
    """The fields of a call."""
    return {key: getattr(call, key) for key in CALLING}


CALL: Final = Form(
    name="Call",
    about="One call of an action.",
    members=CALLING,
    make=call_of,
    take=taken_of,
)
"""A call that stands alone, as triggers have it."""
