"""The methods of entities: where they are, and what they take."""

from typing import Final

from facade.app.api import entities
from facade.app.api.entity_forms import (
    ENTITY,
    ENTITY_TYPE,
    LIST_ENTITIES_RESPONSE,
    LIST_ENTITY_TYPES_RESPONSE,
)
from facade.app.api.form.form import Field, Form
from facade.app.api.form.scalar import CONNECTION_NAME, COUNT, SUBJECT_NAME, TEXT
from facade.app.api.form.verbatim import ANY
from facade.app.api.requests import NOTHING
from facade.app.api.route import Route
from facade.app.api.template import Template

SERVICE: Final = "EntityService"

TYPES: Final = Template.of("/v1/{parent=connectors/*/versions/*}/entityTypes")
A_TYPE: Final = Template.of("/v1/{name=connectors/*/versions/*/entityTypes/*}")
ENTITIES: Final = Template.of("/v1/{parent=connectors/*/versions/*/entityTypes/*}/entities")
AN_ENTITY: Final = Template.of("/v1/{name=connectors/*/versions/*/entityTypes/*/entities/*}")

CALL = (
    Field("connection", CONNECTION_NAME, "Through which connection: connections/{connection}"),
    Field("subject", SUBJECT_NAME, "For whom: connections/{connection}/subjects/{subject}"),
    Field("parameters_json", TEXT, "Other arguments that the action takes, as a JSON object."),
)
WITHIN = Field("within", TEXT, "The keys of the parents, percent-encoded and joined by `~`.")
TOKEN = Field("page_token", TEXT, "The token of an earlier answer to the same request.")

GET = Form("GetEntityRequest", "An entity.", CALL)
DELETE = Form("DeleteEntityRequest", "An entity to delete.", CALL)
LIST_TYPES = Form(
    "ListEntityTypesRequest",
    "A page of entity types.",
    (Field("page_size", COUNT, "At most so many types; 50 if unset, 1000 at most."), TOKEN),
)
LIST = Form(
    "ListEntitiesRequest",
    "A page of entities.",
    (
        WITHIN,
        Field("page_size", COUNT, "At most so many entities; 25 if unset, 200 at most."),
        TOKEN,
        Field("filter", TEXT, "An AIP-160 filter over fields, such as `status = sold`."),
        Field("order_by", TEXT, "One field, and `desc` behind it for the other way round."),
        *CALL,
    ),
)
CREATE = Form(
    "CreateEntityRequest",
    "A new entity.",
    (WITHIN, Field("json", ANY, "The entity, byte for byte.", required=True), *CALL),
)
UPDATE = Form(
    "UpdateEntityRequest",
    "Changes of an entity.",
    (
        Field("json", ANY, "The fields that change; null takes one away.", required=True),
        *CALL,
    ),
)

ROUTES: Final = (
    Route(
        rpc="GetEntityType",
        service=SERVICE,
        about="Gets an entity type.",
        verb="GET",
        path=A_TYPE,
        request=NOTHING,
        answer=ENTITY_TYPE,
        handler=entities.get_type,
    ),
    Route(
        rpc="ListEntityTypes",
        service=SERVICE,
        about="Lists the entity types of a version.",
        verb="GET",
        path=TYPES,
        request=LIST_TYPES,
        answer=LIST_ENTITY_TYPES_RESPONSE,
        handler=entities.list_types,
    ),
    Route(
        rpc="GetEntity",
        service=SERVICE,
        about="Gets an entity.",
        verb="GET",
        path=AN_ENTITY,
        request=GET,
        answer=ENTITY,
        handler=entities.get,
    ),
    Route(
        rpc="ListEntities",
        service=SERVICE,
        about="Lists entities: by conditions, in the order of one field, page by page.",
        verb="GET",
        path=ENTITIES,
        request=LIST,
        answer=LIST_ENTITIES_RESPONSE,
        handler=entities.page,
    ),
    Route(
        rpc="CreateEntity",
        service=SERVICE,
        about="Makes an entity.",
        verb="POST",
        path=ENTITIES,
        request=CREATE,
        body="*",
        answer=ENTITY,
        handler=entities.create,
    ),
    Route(
        rpc="UpdateEntity",
        service=SERVICE,
        about="Changes the fields of an entity that are given; all others stay.",
        verb="PATCH",
        path=AN_ENTITY,
        request=UPDATE,
        body="*",
        answer=ENTITY,
        handler=entities.update,
    ),
    Route(
        rpc="DeleteEntity",
        service=SERVICE,
        about="Deletes an entity.",
        verb="DELETE",
        path=AN_ENTITY,
        request=DELETE,
        handler=entities.delete,
    ),
)
