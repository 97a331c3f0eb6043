"""Entities: what is listed, read and changed one by one, each time by calls of actions."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

import msgspec
from msgspec import structs

from facade.entities import changing
from facade.entities.asked import Asking, Entity, Listed, Query
from facade.entities.listing import Lists
from facade.entities.naming import Naming
from facade.entities.types import KnownType, Types
from facade.entities.walking import Executor, read_position
from facade.errors.caller import ActionUnsupported
from facade.listing.pages import Asked, Tokens
from facade.model.access import Identity
from facade.model.call import Arguments, Outcome
from facade.model.entity import EntityName, EntityTypeName, Verb, keys_in
from facade.model.names import VersionName, parse_version

PATCH = "PATCH"

T = TypeVar("T")
"""What is listed, in the form of the face that lists it."""


class Entities:
    """The entities of every backend.

    Each of its methods raises EntityNotFound for a type that there is not, ActionUnsupported for
    what the document has no operation for, CallerForbidden where the caller may not call that
    operation, and the faults of calls.
    """

    def __init__(self, engine: Executor, types: Types, tokens: Tokens) -> None:
        """Takes what makes calls, what knows the types, and what leads from page to page."""
        self._engine = engine
        self._types = types
        self._tokens = tokens
        self._lists = Lists(engine)

    async def types(
        self, asked: Asked, form: Callable[[KnownType], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """A page of the types of a version, and the next token; raises InvalidRequest.

        Each is told of by the actions that the caller may view; without any it is left out.
        """
        parent = parse_version(asked.parent, "parent", asked.tenant)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in await self._types.all(parent):
                if each.type.id > after:
                    seen = each.seen(asked.identity)
                    yield each.type.id, form(seen) if seen is not None else None

        return await self._tokens.page(asked, entries, weigh)

    async def type(self, name: EntityTypeName, identity: Identity) -> KnownType:
        """One type, by the actions that the caller may view."""
        return await self._types.seen(name, identity)

    async def page(self, parent: EntityTypeName, query: Query, asking: Asking) -> Listed:
        """A page of the entities of a type; raises InvalidRequest.

        Its token holds to the request, and to the version that the listing began with.
        """
        bound = msgspec.json.encode([asking.identity.tenant, query.bound])
        begin = read_position(self._tokens.open(bound, query.token))
        if begin is not None:
            began = replace_version(parent.version, begin.version)
            parent = EntityTypeName(began, parent.entity_type)
        known = await self._types.find(parent, asking.identity, asking.metadata)
        found = await self._lists.page(known, query, asking, begin)
        position = "" if found.next is None else msgspec.json.encode(found.next).decode()
        return replace(found.listed, token=self._tokens.seal(bound, position))

    async def get(self, name: EntityName, asking: Asking) -> Entity:
        """One entity."""
        known = await self._types.find(name.parent, asking.identity, asking.metadata)
        outcome = await self._made(known, Verb.GET, name.entity, asking)
        return Entity(name=str(EntityName(known.name, name.entity)), json=outcome.json)

    async def create(
        self, parent: EntityTypeName, within: str, text: str, asking: Asking
    ) -> Entity:
        """Makes an entity of JSON text, whose digits go on as they are."""
        known = await self._types.find(parent, asking.identity, asking.metadata)
        action = known.action(Verb.CREATE, asking)
        parents = keys_in(within)
        arguments = {**known.keys(action, parents, "within"), **changing.body_argument(text)}
        outcome = await self._engine.execute(asking.call(known.called(action, asking), arguments))
        return Naming(known, parents).made(outcome)

    async def update(self, name: EntityName, text: str, asking: Asking) -> Entity:
        """Changes the fields that are given; what is null goes; all others stay (RFC 7396).

        By PATCH where there is one, else by a PUT of what GET answers with the changes in it.
        """
        known = await self._types.find(name.parent, asking.identity, asking.metadata)
        own = str(EntityName(known.name, name.entity))
        action = known.action(Verb.UPDATE, asking)
        if action.method == PATCH:
            body = changing.body_argument(text)
            kind = changing.patch_type(action)
            outcome = await self._made(known, Verb.UPDATE, name.entity, asking, body, kind)
            return Entity(name=own, json=outcome.json)
        if Verb.GET not in known.type.operations:
            raise ActionUnsupported(
                f"`{known.name}` has neither PATCH nor GET: what is not given would be lost"
            )
        before = await self._made(known, Verb.GET, name.entity, asking)
        reply = before.exchange.reply
        etag = (reply.header("etag") or "") if reply is not None else ""
        changes = changing.checked(text).encode()
        whole = changing.replacement(before.json or b"{}", changes, action)
        guard = changing.condition(action, etag)
        body = {**changing.body_argument(whole.decode()), **guard}
        outcome = await self._made(known, Verb.UPDATE, name.entity, asking, body)
        return Entity(name=own, json=outcome.json, rewritten=True, guarded=bool(guard))

    async def delete(self, name: EntityName, asking: Asking) -> None:
        """Deletes an entity."""
        known = await self._types.find(name.parent, asking.identity, asking.metadata)
        await self._made(known, Verb.DELETE, name.entity, asking)

    async def _made(
        self,
        known: KnownType,
        verb: Verb,
        entity: str,
        asking: Asking,
        more: Arguments | None = None,
        content_type: str = "",
    ) -> Outcome:
        """What a verb comes to for one entity."""
        action = known.action(verb, asking)
        arguments = {**known.keys(action, keys_in(entity), "name"), **(more or {})}
        call = asking.call(known.called(action, asking), arguments)
        return await self._engine.execute(structs.replace(call, content_type=content_type))


def replace_version(name: VersionName, version: str) -> VersionName:
    """The same connector's other version."""
    return VersionName(name.connector, version, name.tenant)
