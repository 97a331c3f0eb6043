"""Naming: which calls may have the same answer, and where it is kept."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from facade.caching.key import place_of, telling_fields, told
from facade.caching.request import Request
from facade.model.action import Action
from facade.model.call import Plan
from facade.policy.cache.ask import Ask
from facade.sealing import Seal


@dataclass(frozen=True, slots=True)
class Key:
    """Where the answers to a call are kept."""

    tag: str
    """Names the path, with whatever query and whoever signs: what is invalidated at once."""
    entry: str
    """Names the request."""

    @property
    def marker(self) -> str:
        """Where the word stands under which answers of the path are good."""
        return marker_of(self.tag)


def marker_of(tag: str) -> str:
    """Where the marker of a path is kept, in the same Redis Cluster slot as its entries."""
    return f"cache:{{{tag}}}"


class Naming:
    """Names keys, which tell nothing of what they are made of."""

    def __init__(self, seal: Seal) -> None:
        """Takes the seal that names."""
        self._seal = seal
        self._telling: WeakKeyDictionary[Action, tuple[str, ...]] = WeakKeyDictionary()

    def key(self, ask: Ask, request: Request) -> Key:
        """The key of a call: the same for two calls only if either may have the other's answer.

        Tenant, connection, connector, version and path make the tag; who signs and for
        whom, the path's template, origin, query, telling fields and body make the rest.
        """
        plan, caching = ask.plan, ask.plan.policy.cache
        place = place_of(plan.target, caching.key_without)
        tag = self.tag(plan, place.path, shared=caching.shared)
        query = "" if place.query is None else f"?{place.query}"
        who = ("", "") if caching.shared else (ask.who, plan.caller.subject)
        digest = self._seal.name(
            tag,
            *who,
            plan.action.path,
            plan.origin,
            query,
            told(self._telling_fields(plan.action), request.fields),
            plan.body or b"",
        )
        return Key(tag, f"cache:{{{tag}}}:{digest}")

    def tag(self, plan: Plan, path: str, *, shared: bool) -> str:
        """The tag of a path."""
        name, caller = plan.version.name, plan.caller
        connection = "" if shared else f"={caller.connection}"
        return self._seal.name(caller.tenant, connection, name.connector, name.version, path)

    def _telling_fields(self, action: Action) -> tuple[str, ...]:
        found = self._telling.get(action)
        if found is None:
            found = self._telling[action] = telling_fields(action)
        return found
