"""The handlers of the methods of entities."""

from typing import Any

import msgspec
from starlette.responses import Response

from facade.app.api.calls import remaining_of
from facade.app.api.catalog import listed, page_of
from facade.app.api.entity_forms import ENTITY, ENTITY_TYPE
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.catalog.request import invalid
from facade.entities.asked import Asking, Entity, Query
from facade.entities.shape import key_field, shape_in
from facade.entities.types import KnownType
from facade.errors.fault import Violation
from facade.model.entity import parse_entity, parse_entity_type
from facade.model.face import caller_of, deadline_of
from facade.telemetry.spans import current
from facade.transcode.arguments import parse


async def get_type(desk: Desk, asked: Asked) -> Response:
    """Gets an entity type, with its schema."""
    name = parse_entity_type(asked.name, tenant=asked.identity.tenant)
    known = await desk.entities.type(name, asked.identity)
    shape = shape_in(known.spec, known.type)
    more = {"key_field": key_field(known.type, shape), "schema": shape.alone()}
    return data(_type(known, more))


async def list_types(desk: Desk, asked: Asked) -> Response:
    """Lists the entity types of a version, page by page."""
    found = await desk.entities.types(page_of(asked), _listed_type, weight)
    return listed("entityTypes", *found)


async def get(desk: Desk, asked: Asked) -> Response:
    """Gets an entity."""
    name = parse_entity(asked.name, tenant=asked.identity.tenant)
    return data(_entity(await desk.entities.get(name, _asking(asked))))


async def page(desk: Desk, asked: Asked) -> Response:
    """Lists entities, page by page."""
    parent = parse_entity_type(asked.name, "parent", asked.identity.tenant)
    fields = asked.fields
    query = Query(
        within=fields.get("within", ""),
        filter=fields.get("filter", ""),
        order_by=fields.get("order_by", ""),
        size=fields.get("page_size", 0),
        token=fields.get("page_token", ""),
        bound=page_of(asked).bound,
    )
    found = await desk.entities.page(parent, query, _asking(asked))
    told = {
        "entities": [_entity(each) for each in found.entities],
        "nextPageToken": found.token,
        "partialPushdown": found.partial_pushdown,
    }
    return data(told)


async def create(desk: Desk, asked: Asked) -> Response:
    """Makes an entity."""
    parent = parse_entity_type(asked.name, "parent", asked.identity.tenant)
    within = asked.fields.get("within", "")
    made = await desk.entities.create(parent, within, _text(asked), _asking(asked))
    return data(_entity(made))


async def update(desk: Desk, asked: Asked) -> Response:
    """Changes the fields of an entity that are given."""
    name = parse_entity(asked.name, tenant=asked.identity.tenant)
    return data(_entity(await desk.entities.update(name, _text(asked), _asking(asked))))


async def delete(desk: Desk, asked: Asked) -> Response:
    """Deletes an entity."""
    name = parse_entity(asked.name, tenant=asked.identity.tenant)
    await desk.entities.delete(name, _asking(asked))
    return nothing()


def _asking(asked: Asked) -> Asking:
    fields, tenant = asked.fields, asked.identity.tenant
    more = fields.get("parameters_json", "")
    return Asking(
        identity=asked.identity,
        caller=caller_of(tenant, fields.get("connection", ""), fields.get("subject", "")),
        deadline=deadline_of(remaining_of(asked)),
        trace_id=current().trace_id,
        metadata=asked.headers,
        arguments=parse(more) if more else {},
    )


def _text(asked: Asked) -> str:
    given = asked.members.get("json")
    if given is None:
        raise invalid(Violation(field="json", description="is required"))
    return given.text


def _listed_type(known: KnownType) -> msgspec.Raw:
    return packed(_type(known, {"key_field": "", "schema": None}))


def _type(known: KnownType, more: dict[str, Any]) -> dict[str, Any]:
    kind = known.type
    given = {
        "name": str(known.name),
        "wanted_id": kind.wanted,
        "operations": {verb.value: action for verb, action in kind.operations.items()},
    }
    return ENTITY_TYPE.write(kind, given | more)


def _entity(entity: Entity) -> dict[str, Any]:
    json = None if entity.json is None else msgspec.Raw(entity.json)
    return ENTITY.write(entity, {"json": json})
