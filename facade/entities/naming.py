"""Names of entities, by what the backend tells of them."""

from urllib.parse import unquote, urlsplit

from facade.entities.asked import Entity
from facade.entities.shape import key_field, shape_in
from facade.entities.types import KnownType
from facade.entities.value import is_number, read, text_of
from facade.model.call import Outcome
from facade.model.entity import EntityName, entity_id


class Naming:
    """Names the entities of one type, within the same parents."""

    def __init__(self, known: KnownType, parents: tuple[str, ...]) -> None:
        """Takes the type, and the keys of the parents."""
        self._known = known
        self._parents = parents
        self._field = key_field(known.type, shape_in(known.spec, known.type))

    def entity(self, json: bytes) -> Entity:
        """An entity of a list."""
        return Entity(name=self._name(self._key(json)), json=json)

    def made(self, outcome: Outcome) -> Entity:
        """One that was just made: by what the backend answers, or by where it says that it is."""
        key = self._key(outcome.json) if outcome.json is not None else ""
        reply = outcome.exchange.reply
        location = reply.header("location") if reply is not None and not key else None
        if location:
            key = unquote(urlsplit(location).path.rstrip("/").rpartition("/")[2])
        return Entity(name=self._name(key), json=outcome.json)

    def _key(self, json: bytes) -> str:
        item = read(json) if self._field else None
        held = item.get(self._field) if isinstance(item, dict) else None
        return text_of(held) if isinstance(held, str) or is_number(held) else ""

    def _name(self, key: str) -> str:
        if not key:
            return ""
        return str(EntityName(self._known.name, entity_id((*self._parents, key))))
