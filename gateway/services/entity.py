"""EntityService: what backends have that is listed, read and changed one by one."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

from facade.entities.asked import Asking, Query
from facade.entities.entities import Entities
from facade.model.entity import parse_entity, parse_entity_type
from facade.model.face import caller_of, deadline_of
from facade.transcode.arguments import parse
from gateway.convert.entity import entity_to, text_in, type_to
from gateway.convert.value_writer import ValueWriter
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import entity_pb2 as pb


class EntityService:
    """The methods of gateway.v1.EntityService."""

    def __init__(self, entities: Entities) -> None:
        """Takes what has them."""
        self._entities = entities
        self._writer = ValueWriter()

    async def get_entity_type(self, request: pb.GetEntityTypeRequest, rpc: Rpc) -> pb.EntityType:
        """Gets an entity type, with its schema."""
        name = parse_entity_type(request.name, tenant=rpc.identity.tenant)
        return type_to(await self._entities.type(name, rpc.identity), full=True)

    async def list_entity_types(
        self, request: pb.ListEntityTypesRequest, rpc: Rpc
    ) -> pb.ListEntityTypesResponse:
        """Lists the entity types of a version, page by page."""
        asked = asked_in(request, rpc.identity.tenant, rpc.identity)
        found, token = await self._entities.types(asked, type_to, weight)
        return pb.ListEntityTypesResponse(entity_types=found, next_page_token=token)

    async def get_entity(self, request: pb.GetEntityRequest, rpc: Rpc) -> pb.Entity:
        """Gets an entity."""
        name = parse_entity(request.name, tenant=rpc.identity.tenant)
        found = await self._entities.get(name, _asking(request, rpc))
        return entity_to(found, self._writer)

    async def list_entities(
        self, request: pb.ListEntitiesRequest, rpc: Rpc
    ) -> pb.ListEntitiesResponse:
        """Lists entities, page by page."""
        parent = parse_entity_type(request.parent, "parent", rpc.identity.tenant)
        query = Query(
            within=request.within,
            filter=request.filter,
            order_by=request.order_by,
            size=request.page_size,
            token=request.page_token,
            bound=asked_in(request).bound,
        )
        found = await self._entities.page(parent, query, _asking(request, rpc))
        return pb.ListEntitiesResponse(
            entities=[entity_to(each, self._writer) for each in found.entities],
            next_page_token=found.token,
            partial_pushdown=found.partial_pushdown,
        )

    async def create_entity(self, request: pb.CreateEntityRequest, rpc: Rpc) -> pb.Entity:
        """Makes an entity."""
        parent = parse_entity_type(request.parent, "parent", rpc.identity.tenant)
        asking, text = _asking(request, rpc), text_in(request)
        made = await self._entities.create(parent, request.within, text, asking)
        return entity_to(made, self._writer, as_text=request.HasField("json"))

    async def update_entity(self, request: pb.UpdateEntityRequest, rpc: Rpc) -> pb.Entity:
        """Changes the fields of an entity that are given."""
        name = parse_entity(request.name, tenant=rpc.identity.tenant)
        asking, text = _asking(request, rpc), text_in(request)
        changed = await self._entities.update(name, text, asking)
        return entity_to(changed, self._writer, as_text=request.HasField("json"))

    async def delete_entity(self, request: pb.DeleteEntityRequest, rpc: Rpc) -> Empty:
        """Deletes an entity."""
        name = parse_entity(request.name, tenant=rpc.identity.tenant)
        await self._entities.delete(name, _asking(request, rpc))
        return Empty()


def _asking(request: Any, rpc: Rpc) -> Asking:
    tenant = rpc.identity.tenant
    return Asking(
        identity=rpc.identity,
        caller=caller_of(tenant, request.connection, request.subject),
        deadline=deadline_of(rpc.context.time_remaining()),
        trace_id=rpc.trace_id,
        metadata=rpc.sent(),
        arguments=parse(request.parameters_json) if request.parameters_json else {},
    )
