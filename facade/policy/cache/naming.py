"""Naming: which calls may have the same answer, and where it is kept."""

from typing import TypeAlias

import msgspec

from facade.caching.key import place_of
from facade.model.call import Caller, Plan
from facade.recent import Recent
from facade.sealing import Seal

NAMED = 4_000
"""Keys that are kept, of the requests that were last seen: to name one costs four look-ups."""

SHORT = 500
"""Characters of a target and of telling fields up to which that is done."""

Whole: TypeAlias = tuple[str | bytes | None, ...]
"""All that makes a name, as it stands."""

Asked: TypeAlias = tuple[Caller, str, tuple[str, ...], str, str, bool, tuple[str, ...]]
"""All that makes a key, as it stands."""

_WRITTEN = msgspec.msgpack.Encoder().encode


class Key(msgspec.Struct, frozen=True, gc=False):
    """Where the answers to a call are kept."""

    tag: str
    """Names the path, with whatever query and whoever signs: what is invalidated at once."""
    entry: str
    """Names the request."""

    @property
    def marker(self) -> str:
        """Where the word stands under which answers of the path are good."""
        return marker_of(self.tag)

    @property
    def lease(self) -> str:
        """Where the right stands to ask the backend for the entry, in the same slot."""
        return "lease:" + self.entry.removeprefix("cache:")


def marker_of(tag: str) -> str:
    """Where the marker of a path is kept, in the same Redis Cluster slot as its entries."""
    return f"cache:{{{tag}}}"


class Naming:
    """Names keys, which tell nothing of what they are made of."""

    def __init__(self, seal: Seal) -> None:
        """Takes the seal that names."""
        self._seal = seal
        self._keys: Recent[Asked, Key] = Recent(NAMED)

    def key(self, plan: Plan, who: str, told: str) -> Key:
        """The key of a call: the same for two calls only if either may have the other's answer.

        Tenant, connection, connector, version and path make the tag; who signs and for
        whom, the path's template, origin, query, telling fields (`told`) and body make the rest.
        """
        name, target, policy = plan.version.name, plan.target, plan.policy.cache
        if plan.body or len(target) + len(told) > SHORT:
            return self._key(plan, who, told)
        served = name.connector, name.version, plan.action.path, plan.origin
        asked = plan.caller, who, served, target, told, policy.shared, policy.key_without
        key = self._keys.get(asked)
        if key is None:
            key = self._key(plan, who, told)
            self._keys.put(asked, key)
        return key

    def tag(self, plan: Plan, path: str, *, shared: bool) -> str:
        """The tag of a path."""
        name, caller = plan.version.name, plan.caller
        connection = None if shared else caller.connection
        return self._name((caller.tenant, connection, name.connector, name.version, path))

    def _key(self, plan: Plan, who: str, told: str) -> Key:
        policy, signing = plan.policy.cache, (who, plan.caller.subject)
        path, query = place_of(plan.target, policy.key_without)
        tag = self.tag(plan, path, shared=policy.shared)
        whom = ("", "") if policy.shared else signing
        rest = tag, query, *whom, plan.action.path, plan.origin, told, plan.body or b""
        return Key(tag, f"cache:{{{tag}}}:{self._name(rest)}")

    def _name(self, parts: Whole) -> str:
        """Names parts written in one, which costs a third of naming each of them."""
        try:
            return self._seal.name(_WRITTEN(parts))
        except UnicodeEncodeError:  # half a character, of which JSON's \\u writes any
            return self._seal.name(repr(parts))
