"""Pages of entities: conditions, order and tokens over a backend that may know none of them."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from facade.catalog.request import invalid
from facade.entities.asked import Asking, Listed, Query
from facade.entities.conditions import Conditions, conditions
from facade.entities.naming import Naming
from facade.entities.order import Column, column, sorting
from facade.entities.shape import element_of, shape_in
from facade.entities.types import KnownType
from facade.entities.value import at, rank, read
from facade.entities.walking import Executor, Position, Walked, sized, texts_of
from facade.errors.fault import Violation
from facade.listing.pages import MAX_BYTES
from facade.model.action import Action
from facade.model.entity import Verb, keys_in

DEFAULT_SIZE = 25
MAX_SIZE = 200

MAX_PAGES = 100
"""Of the backend's, that one request calls."""
MAX_LOOKED_AT = 10_000
"""Entities that one request goes through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a list comes to, before its position is sealed."""

    listed: Listed
    next: Position | None


class Lists:
    """Lists entities, by calls of the backend's own operation."""

    def __init__(self, engine: Executor) -> None:
        """Takes what makes the calls."""
        self._engine = engine

    async def page(
        self, known: KnownType, query: Query, asking: Asking, begin: Position | None
    ) -> Slice:
        """A page; raises InvalidRequest, ActionUnsupported, and the faults of calls.

        It may have fewer entities than were asked for, even none, and yet not be the last one:
        where a condition that is seen to here lets few through.
        """
        size = page_size(query.size)
        action = known.action(Verb.LIST, asking)
        shape = element_of(action) or shape_in(known.spec, known.type)
        found = conditions(query.filter, action, shape, reserved(action))
        wanted = column(query.order_by, shape)
        sort = sorting(wanted, action) if wanted is not None else {}
        parents = keys_in(query.within)
        arguments = {**known.keys(action, parents, "within"), **found.pushed, **(sort or {})}
        call = asking.call(known.called(action, asking), arguments)
        here = sort is None
        call = sized(action, call, MAX_SIZE if here or found.predicate else size)
        first = Position(version=known.name.version.version, arguments=texts_of(call.arguments))
        walked = Walked(
            engine=self._engine,
            action=action,
            call=call,
            begin=first if here or begin is None else begin,
            max_pages=MAX_PAGES,
        )
        naming = Naming(known, parents)
        if here and wanted is not None:
            start = begin.index if begin else 0
            return await self._sorted(walked, wanted, found, naming, size, start)
        return await self._filled(walked, found, naming, size)

    async def _filled(self, walked: Walked, found: Conditions, naming: Naming, size: int) -> Slice:
        """In the backend's own order, until the page is full."""
        taken: list[bytes] = []
        looked_at, room = 0, MAX_BYTES
        left: Position | None = None
        async with aclosing(walked.items()) as items:
            async for each in items:
                looked_at += 1
                if found.predicate is None or found.predicate(read(each.json)):
                    taken.append(each.json)
                    room -= len(each.json)
                if len(taken) == size or room < 0 or looked_at == MAX_LOOKED_AT:
                    left = each.after
                    break
            else:
                left = walked.next
        return _slice(taken, found, naming, left)

    async def _sorted(
        self,
        walked: Walked,
        wanted: Column,
        found: Conditions,
        naming: Naming,
        size: int,
        start: int,
    ) -> Slice:
        """In an order that the backend does not know: all of them, if they are not too many."""
        every: list[tuple[Any, bytes]] = []
        looked_at = 0
        async with aclosing(walked.items()) as items:
            async for each in items:
                looked_at += 1
                if looked_at > MAX_LOOKED_AT:
                    raise _unsortable()
                item = read(each.json)
                if found.predicate is None or found.predicate(item):
                    every.append((at(item, wanted.path), each.json))
        if walked.next is not None:
            raise _unsortable()
        known = [each for each in every if each[0] is not None]
        known.sort(key=lambda each: rank(each[0]), reverse=wanted.descending)
        known.extend(each for each in every if each[0] is None)
        taken = [json for _, json in known[start : start + size]]
        end = start + len(taken)
        ended = Position(version=walked.begin.version, index=end)
        left = ended if end < len(known) else None
        return _slice(taken, found, naming, left)


def page_size(asked: int) -> int:
    """How many entities a page has: 25 by default, 200 at most; raises InvalidRequest below 0."""
    if asked < 0:
        words = f"{asked} is negative; from 1 to {MAX_SIZE}, or 0 for {DEFAULT_SIZE}"
        raise invalid(Violation(field="page_size", description=words))
    return min(asked, MAX_SIZE) or DEFAULT_SIZE


def reserved(action: Action) -> frozenset[str]:
    """The parameters that say which page: no conditions."""
    rule = action.paging
    if rule is None:
        return frozenset()
    return frozenset(each[0] for each in (rule.parameter, rule.size) if each)


def _slice(taken: list[bytes], found: Conditions, naming: Naming, left: Position | None) -> Slice:
    entities = tuple(naming.entity(each) for each in taken)
    partial = found.predicate is not None
    return Slice(listed=Listed(entities=entities, token="", partial_pushdown=partial), next=left)


def _unsortable() -> Exception:
    words = (
        f"the backend has no parameter to sort by, and more than {MAX_LOOKED_AT} entities or "
        f"{MAX_PAGES} pages, which are not sorted here; filter by more"
    )
    return invalid(Violation(field="order_by", description=words))
