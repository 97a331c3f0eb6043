"""Actions, as messages."""

from google.protobuf.struct_pb2 import Struct

from facade.listing.shown import Shown, arguments, output
from facade.model.action import Action, Location, Schema
from facade.model.names import ActionName
from gateway.convert.paging import rule_to
from gateway.convert.problem import problem_to
from gateway.convert.values import NoValue, to_struct
from gateway.v1 import action_pb2 as pb

_LOCATIONS = {
    Location.PATH: pb.Parameter.LOCATION_PATH,
    Location.QUERY: pb.Parameter.LOCATION_QUERY,
    Location.QUERYSTRING: pb.Parameter.LOCATION_QUERYSTRING,
    Location.HEADER: pb.Parameter.LOCATION_HEADER,
    Location.COOKIE: pb.Parameter.LOCATION_COOKIE,
    Location.BODY: pb.Parameter.LOCATION_BODY,
}

_LEVEL = 3
"""How deep the deepest schema stands in ListActionsResponse: actions, parameters, schema."""


def action_to(name: ActionName, action: Action, *, full: bool) -> pb.Action:
    """An action under its canonical name; with its schemas where it is to be full.

    Without them nothing is read that has to be made first: schemas outweigh their document.
    """
    message = pb.Action(
        name=str(name),
        title=action.title,
        description=action.description,
        tags=action.tags,
        method=action.method,
        path=action.path,
        safe=action.safe,
        idempotent=action.idempotent,
        deprecated=action.deprecated,
        alias=action.alias,
        callable=not action.problems,
        problems=[problem_to(each) for each in action.problems],
        parameters=[_parameter(each) for each in arguments(action, full=full)],
        paging=rule_to(action.paging) if action.paging else None,
    )
    if full:
        message.input_schema.CopyFrom(schema_to(action.input_schema))
        message.output_schema.CopyFrom(schema_to(output(action)))
    return message


def schema_to(schema: Schema) -> Struct:
    """A JSON Schema as a Struct, which has no place for the schemas `true` and `false`.

    One that is too deep for a Struct is replaced by one that takes anything and says so.
    """
    if isinstance(schema, bool):
        return to_struct({} if schema else {"not": {}}, _LEVEL)
    try:
        return to_struct(schema, _LEVEL)
    except NoValue:
        return to_struct({"$comment": "deeper than a Struct can be; see the document"}, _LEVEL)


def _parameter(shown: Shown) -> pb.Parameter:
    return pb.Parameter(
        name=shown.name,
        location=_LOCATIONS[shown.location],
        required=shown.required,
        description=shown.description,
        schema=None if shown.schema is None else schema_to(shown.schema),
    )
