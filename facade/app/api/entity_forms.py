"""Entities and their types, by field; only ever written."""

from facade.app.api.form.form import TEXTS, Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import FLAG, TEXT, TREE
from facade.app.api.form.verbatim import ANY

ENTITY_TYPE = Form(
    "EntityType",
    "A collection of a backend's whose items have a path of their own.",
    (
        Field(
            "name",
            TEXT,
            "Format: connectors/{connector}/versions/{version}/entityTypes/{entity_type}",
        ),
        Field("alias", TEXT, "Its id in the singular, which stands for it too."),
        Field("wanted_id", TEXT, "What its id would be, did not another collection claim that."),
        Field("path", TEXT, "The path of the collection."),
        Field("key", TEXT, "The variable of the path that is an entity's key."),
        Field("parents", Listed(TEXT), "The variables before it."),
        Field("key_field", TEXT, "In which field an entity holds its key. Of GetEntityType."),
        Field("operations", TEXTS, "The action of each verb: LIST, CREATE, GET, UPDATE, DELETE."),
        Field("schema", TREE, "JSON Schema of an entity. Of GetEntityType."),
    ),
)

LIST_ENTITY_TYPES_RESPONSE = Form(
    "ListEntityTypesResponse",
    "A page of entity types.",
    (
        Field("entity_types", Listed(ENTITY_TYPE), "The types, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

ENTITY = Form(
    "Entity",
    "One entity, as the backend has it.",
    (
        Field(
            "name",
            TEXT,
            "Its last segment has the keys of its parents and its own, percent-encoded and joined "
            "by `~`. Empty where nothing that the backend answers tells the key.",
        ),
        Field("json", ANY, "What the backend answered, byte for byte."),
        Field("rewritten", FLAG, "Of an update: all of it was read, changed and put back."),
        Field("guarded", FLAG, "Of such an update: it asked with If-Match."),
    ),
)

LIST_ENTITIES_RESPONSE = Form(
    "ListEntitiesResponse",
    "A page of entities.",
    (
        Field("entities", Listed(ENTITY), "In the order that was asked for, else the backend's."),
        NEXT_PAGE_TOKEN,
        Field("partial_pushdown", FLAG, "Whether some conditions were seen to here."),
    ),
)
