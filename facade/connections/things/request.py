"""ActionRequest: what the platform asks of a thing, and which action that is."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from facade.catalog.request import invalid
from facade.errors.caller import ActionNotFound
from facade.errors.fault import Violation
from facade.model.action import Action, Parameter
from facade.model.call import Argument, Arguments
from facade.model.face import ID_RULE, is_request_id
from facade.transcode.arguments import argument

TYPES: Final[Mapping[str, type | tuple[type, ...]]] = MappingProxyType(
    {"integer": int, "number": (int, float), "boolean": bool}
)
"""What a text may stand for where the action's schema asks for that."""


class ActionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform asks of a thing."""

    id: str
    """Of the request: a repeat is answered what the first one was."""
    thing_id: str = msgspec.field(name="thingId")
    component_id: str = msgspec.field(name="componentId", default="")
    action_id: str = msgspec.field(name="actionId")
    parameters: dict[str, Any] = {}
    callback: str = msgspec.field(name="callbackUrl", default="")
    """Where a pending action is completed; empty: the answer waits for its end."""


READER = msgspec.json.Decoder(ActionRequest)


def read_request(body: bytes) -> ActionRequest:
    """The request that a body is; raises InvalidRequest."""
    try:
        request = READER.decode(body)
    except msgspec.DecodeError:
        words = "must be an object with the texts `id`, `thingId`, `componentId` and `actionId`"
        raise invalid(Violation(field="body", description=words)) from None
    if not request.id or not is_request_id(request.id):
        raise invalid(Violation(field="id", description=f"is required: {ID_RULE}"))
    return request


def action_of(request: ActionRequest, find: Callable[[str], Action]) -> Action:
    """The action that is meant: `componentId.actionId`, else `actionId` alone.

    `find` gives an action by id or alias, and raises ActionNotFound.
    """
    if request.component_id:
        try:
            return find(f"{request.component_id}.{request.action_id}")
        except ActionNotFound:
            pass
    return find(request.action_id)


def arguments_of(request: ActionRequest, action: Action, own: str) -> Arguments:
    """The arguments of the call: the request's, and what the backend calls the thing.

    Texts become numbers and booleans where the action asks for those, since connctd sends every
    parameter as a text.
    """
    schema = action.input_schema
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    found = {
        name: _argument(value, properties.get(name)) for name, value in request.parameters.items()
    }
    place = thing_parameter(action, found)
    if place is not None:
        found[place.key] = _argument(own, properties.get(place.key))
    return found


def thing_parameter(action: Action, given: Mapping[str, Argument]) -> Parameter | None:
    """The parameter that takes a thing's id: of the path's that nobody gave, the only one."""
    left = [
        each
        for each in action.parameters
        if each.required and each.location == "path" and each.key not in given
    ]
    return left[0] if len(left) == 1 else None


def _argument(value: Any, schema: Any) -> Argument:
    if isinstance(value, str):
        for kind in _kinds(schema):
            try:
                read = msgspec.json.decode(value)
            except msgspec.DecodeError:
                continue
            if isinstance(read, TYPES[kind]) and isinstance(read, bool) == (kind == "boolean"):
                return Argument(value=read, text=value)
    return argument(value)


def _kinds(schema: Any) -> Iterator[str]:
    """The types of a schema that a text may stand for; none where a text is one of them."""
    said = schema.get("type") if isinstance(schema, Mapping) else None
    kinds = [said] if isinstance(said, str) else said or ()
    if "string" not in kinds:
        yield from (each for each in kinds if each in TYPES)
