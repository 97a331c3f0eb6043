"""Actions, as messages."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from facade.model.action import Action, Body, Location, Response, Schema
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
        parameters=_parameters(action, full=full),
        paging=rule_to(action.paging) if action.paging else None,
    )
    if full:
        message.input_schema.CopyFrom(schema_to(action.input_schema))
        message.output_schema.CopyFrom(schema_to(_output(action.responses)))
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


def _parameters(action: Action, *, full: bool) -> Iterator[pb.Parameter]:
    for each in action.parameters:
        yield pb.Parameter(
            name=each.key,
            location=_LOCATIONS[each.location],
            required=each.required,
            description=each.description,
            schema=schema_to(each.schema) if full else None,
        )
    if action.body is not None:
        whole = action.input_schema if full else True
        schemas, definitions = _member(whole, "properties"), _member(whole, "$defs")
        yield from (_place(each, schemas, definitions) for each in _body(action.body))


def _body(body: Body) -> Iterator[pb.Parameter]:
    """What makes the body: its properties where they can stand alone, else itself."""
    for name in body.flat:
        required = body.required and name in body.flat_required
        yield pb.Parameter(name=name, location=pb.Parameter.LOCATION_BODY, required=required)
    if not body.flat:
        yield pb.Parameter(
            name="body",
            location=pb.Parameter.LOCATION_BODY,
            required=body.required,
            description=body.description,
        )


def _place(
    parameter: pb.Parameter, schemas: Mapping[str, Any], definitions: Mapping[str, Any]
) -> pb.Parameter:
    """Adds the schema, and what only that says of a property."""
    schema = schemas.get(parameter.name)
    if schema is None:
        return parameter
    parameter.schema.CopyFrom(schema_to(_alone(schema, definitions)))
    described = schema.get("description") if isinstance(schema, Mapping) else None
    if isinstance(described, str):
        parameter.description = parameter.description or described
    return parameter


def _member(schema: Schema, name: str) -> Mapping[str, Any]:
    found = schema.get(name) if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _alone(schema: Schema, definitions: Mapping[str, Any]) -> Schema:
    """A part of a schema, with those definitions of the whole that it refers to."""
    needed: dict[str, Any] = {}
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in needed:
                needed[name] = definitions[name]
                waiting.append(definitions[name])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    if isinstance(schema, bool) or not needed:
        return schema
    return {**schema, "$defs": needed}


def _output(responses: Iterable[Response]) -> Schema:
    """What a call answers: of the first success that has a body, else of `default`."""
    bodies = {each.status: each.media[0].schema for each in responses if each.media}
    success = sorted(status for status in bodies if status.startswith("2"))
    return bodies[success[0]] if success else bodies.get("default", True)
