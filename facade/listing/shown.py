"""What is shown of an action beside its own words: its arguments, each with its schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from facade.model.action import Action, Body, Location, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One argument of an action, by the name by which a caller passes it."""

    name: str
    location: Location
    required: bool
    description: str = ""
    schema: Schema | None = None
    """Standing alone; None: it is not to be shown, or there is none."""


def arguments(action: Action, *, full: bool) -> Iterator[Shown]:
    """The arguments in the document's order, then those of the body; schemas only where full.

    Without them nothing is read that has to be made first.
    """
    for each in action.parameters:
        yield Shown(
            name=each.key,
            location=each.location,
            required=each.required,
            description=each.description,
            schema=each.schema if full else None,
        )
    if action.body is not None:
        whole = action.input_schema if full else True
        yield from _body(action.body, _member(whole, "properties"), _member(whole, "$defs"))


def output(action: Action) -> Schema:
    """What a call answers: of the first success that has a body, else of `default`."""
    bodies = {each.status: each.media[0].schema for each in action.responses if each.media}
    success = sorted(status for status in bodies if status.startswith("2"))
    return bodies[success[0]] if success else bodies.get("default", True)


def _body(
    body: Body, schemas: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Iterator[Shown]:
    """What makes the body: its properties where they can stand alone, else itself."""
    if not body.flat:
        yield _place("body", schemas, definitions, required=body.required, said=body.description)
    for name in body.flat:
        required = body.required and name in body.flat_required
        yield _place(name, schemas, definitions, required=required)


def _place(
    name: str,
    schemas: Mapping[str, Any],
    definitions: Mapping[str, Any],
    *,
    required: bool,
    said: str = "",
) -> Shown:
    """An argument of the body, with what only its schema says of it."""
    schema = schemas.get(name)
    described = schema.get("description") if isinstance(schema, Mapping) else None
    return Shown(
        name=name,
        location=Location.BODY,
        required=required,
        description=said or (described if isinstance(described, str) else ""),
        schema=None if schema is None else _alone(schema, definitions),
    )


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
