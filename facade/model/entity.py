"""EntityType: things of a backend that are listed, read and changed one by one; and their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from facade.model.names import VersionName, malformed, parse_version

TYPES = "entityTypes"
ENTITIES = "entities"

BETWEEN = "~"
"""Between the keys of an entity's parents and its own, each percent-encoded."""


class Verb(StrEnum):
    """What can be done with the entities of a type."""

    LIST = "LIST"
    CREATE = "CREATE"
    GET = "GET"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityType:
    """A collection of a backend's, by the paths of its document."""

    id: str
    """The last fixed segment of the collection's path, with those before it where two have it."""
    alias: str = ""
    """The same in the singular, where nothing else is called so."""
    wanted: str = ""
    """What it would be called, did nothing else claim that; empty: it is called so."""
    path: str
    """The collection's: `/owners/{owner}/pets`."""
    key: str
    """The variable at the end of the path of one entity."""
    parents: tuple[str, ...] = ()
    """The variables before it, in order."""
    key_field: str = ""
    """What the document says of where an entity holds its key (`x-entity-key`)."""
    operations: Mapping[Verb, str]
    """The ids of the actions."""


@dataclass(frozen=True, slots=True)
class EntityTypeName:
    """connectors/{connector}/versions/{version}/entityTypes/{entity_type}."""

    version: VersionName
    entity_type: str

    def __str__(self) -> str:
        return f"{self.version}/{TYPES}/{self.entity_type}"


@dataclass(frozen=True, slots=True)
class EntityName:
    """…/entityTypes/{entity_type}/entities/{entity}."""

    parent: EntityTypeName
    entity: str

    def __str__(self) -> str:
        return f"{self.parent}/{ENTITIES}/{self.entity}"


def parse_entity_type(text: str, field: str = "name", tenant: str = "") -> EntityTypeName:
    """Parses …/entityTypes/{entity_type}; raises InvalidRequest."""
    pattern = f"connectors/{{connector}}/versions/{{version}}/{TYPES}/{{entity_type}}"
    parts = text.split("/")
    if len(parts) != 6 or parts[4] != TYPES or not parts[5]:
        raise malformed(field, text, pattern)
    return EntityTypeName(parse_version("/".join(parts[:4]), field, tenant), parts[5])


def parse_entity(text: str, field: str = "name", tenant: str = "") -> EntityName:
    """Parses …/entityTypes/{entity_type}/entities/{entity}; raises InvalidRequest."""
    parent, between, entity = text.rpartition(f"/{ENTITIES}/")
    if not between or not entity or "/" in entity:
        pattern = f"{{entity_type}}/{ENTITIES}/{{entity}}"
        raise malformed(field, text, pattern)
    return EntityName(parse_entity_type(parent, field, tenant), entity)


def entity_id(keys: tuple[str, ...]) -> str:
    """The id of an entity in a name: the keys of its parents and its own."""
    return BETWEEN.join(quote(each, safe="").replace(BETWEEN, "%7E") for each in keys)


def keys_in(entity: str) -> tuple[str, ...]:
    """The keys that an id is made of."""
    return tuple(unquote(each) for each in entity.split(BETWEEN)) if entity else ()
