"""Naming: which calls may have the same answer, and where it is kept."""

import msgspec

from facade.caching.key import canonical_target
from facade.model.call import Plan
from facade.sealing import Namer, Seal


class CacheKey(msgspec.Struct, frozen=True, gc=False):
    """Where the answers to a call are kept."""

    tag: str
    """Names the path, with whatever query and whoever signs: what is invalidated at once."""
    entry: str
    """Names the request."""
    tenant: str = ""
    """Whose calls ask for it; empty: of a gateway without tenants."""

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


class Names:
    """Names the keys of the requests of one kind, which differ in target and body alone."""

    __slots__ = ("_entries", "_plain", "_tags", "_tenant", "_without")

    def __init__(self, tenant: str, tags: Namer, entries: Namer, without: tuple[str, ...]) -> None:
        """Takes whose they are, what names paths and the rest, and query parameters left out."""
        self._tenant = tenant
        self._tags = tags.name
        self._entries = entries.name
        self._plain = entries.name()
        self._without = without

    def key(self, target: str, body: bytes | None) -> CacheKey:
        """The key of one of them."""
        path, name = target, self._plain
        if body or "?" in target or "%" in target:
            path, query = canonical_target(target, self._without)
            if body or query is not None:
                name = self._entries("" if query is None else "?" + query, body or b"")
        tag = self._tags(path)
        return CacheKey(tag, f"cache:{{{tag}}}:{name}", self._tenant)


class Naming:
    """Names keys, which tell nothing of what they are made of."""

    def __init__(self, seal: Seal) -> None:
        """Takes the seal that names."""
        self._namer = seal.namer

    def of(self, plan: Plan, who: str, told: str) -> Names:
        """Names the keys of calls: two have the same only if either may have the other's answer.

        Tenant, connection, connector, version and path make the tag; who signs and for
        whom, the path's template, origin, query, telling fields (`told`) and body make the rest.
        """
        policy, signing = plan.policy.cache, (who, plan.caller.subject)
        whom = ("", "") if policy.shared else signing
        entries = self._namer.under("entry", *whom, plan.action.path, plan.origin, told)
        tags = self._tags(plan, shared=policy.shared)
        return Names(plan.caller.tenant, tags, entries, policy.key_without)

    def tag(self, plan: Plan, path: str, *, shared: bool) -> str:
        """The tag of a path."""
        return self._tags(plan, shared=shared).name(path)

    def _tags(self, plan: Plan, *, shared: bool) -> Namer:
        name, caller = plan.version.name, plan.caller
        whose = ("shared",) if shared else ("of", caller.connection)
        return self._namer.under(*whose, caller.tenant, name.connector, name.version)
