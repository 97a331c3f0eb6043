"""What a request to the mirror asks for: its parts as they came, and the call that it becomes."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote, unquote

import msgspec
from starlette.types import Scope

from facade.app.mirror.routers import Served
from facade.hop.fields import NOTHING, Handed
from facade.model.action import Action, Location
from facade.model.call import CacheUse, Call, Headers
from facade.model.face import caller_of
from facade.model.names import ConnectionName, VersionName
from facade.transcode.match import Matched, fields_of

VERSION = re.compile(r"/connectors/([^/]+)/versions/([^/]+)(/.*)", re.DOTALL)
CONNECTION = re.compile(r"/connections/([^/]+)(/.*)", re.DOTALL)
NAMED = 1024
"""Versions and connections whose names are remembered as addresses have them."""
SAFE = "/!$&'()*+,;=:@"
"""What stands in a path as it is (RFC 3986 section 3.3)."""

DIRECTIVES: Mapping[str, CacheUse] = MappingProxyType(
    {
        "no-store": CacheUse.BYPASS,
        "only-if-cached": CacheUse.ONLY,
        "no-cache": CacheUse.REFRESH,
    }
)
"""What a request says to caches (RFC 9111 section 5.2.1); the first of them that it says counts."""
CACHE_CONTROL = "cache-control"


class Address(msgspec.Struct, frozen=True, gc=False):
    """A path of a version, or of a connection; percent-encoded."""

    ids: tuple[str, ...]
    """Of the connector and the version, which may be `live`; or of the connection alone."""
    rest: str
    """Below the prefix."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A request without its body."""

    method: str
    whole: str
    """Path and query as they came."""
    name: VersionName | ConnectionName
    """As the address has it: maybe `live`."""
    target: str
    """Path and query below the prefix."""
    headers: Headers
    """Names in lower case."""
    fields: Mapping[str, str]
    """The same by name, several lines of one as one."""

    def header(self, name: str) -> str:
        """The field of a lower-case name; empty where there is none."""
        return self.fields.get(name, "")


def address_of(scope: Scope) -> Address | None:
    """What a request's path says, where it is for a path of some version or connection."""
    path = _path(scope)
    found = VERSION.fullmatch(path) or CONNECTION.fullmatch(path)
    return None if found is None else Address(found.groups()[:-1], found[found.re.groups])


def read_head(scope: Scope, address: Address, tenant: str = "") -> Head:
    """The head of a request that is mirrored, for what a tenant has."""
    query = scope["query_string"].decode("latin-1")
    behind = f"?{query}" if query else ""
    headers = tuple(
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    )
    return Head(
        method=scope["method"],
        whole=_path(scope) + behind,
        name=_named(address.ids, tenant),
        target=address.rest + behind,
        headers=headers,
        fields=fields_of(headers),
    )


def call_of(
    matched: Matched, served: Served, head: Head, handed: Handed, trace_id: str, caller_name: str
) -> Call:
    """The call that a matched request is, without what is given in place of variables.

    It is made for whom a gateway says, if one asks.
    """
    use, fields = handed.cache_use, head.fields
    if use is CacheUse.POLICY and CACHE_CONTROL in fields:
        use = _asked_of_caches(fields[CACHE_CONTROL], matched.action)
    return Call(
        name=served.place(matched.action).name,
        arguments=matched.arguments,
        upload=matched.upload,
        deadline=handed.timeout,
        content_type=matched.content_type,
        accept=matched.accept,
        full_view=False,
        trace_id=trace_id,
        caller=handed.caller if handed is not NOTHING else caller_of(head.name.tenant, "", ""),
        caller_name=caller_name,
        metadata={key: fields[key] for key in served.metadata if key in fields},
        request_id=handed.request_id,
        cache_use=use,
        max_wait=handed.max_wait,
        hops=handed.hops,
    )


def _asked_of_caches(said: str, action: Action) -> CacheUse:
    """What the request itself says to caches, where the field is not the backend's parameter."""
    if any(
        each.location is Location.HEADER and each.name.lower() == CACHE_CONTROL
        for each in action.parameters
    ):
        return CacheUse.POLICY
    listed = {each.partition("=")[0].strip().lower() for each in said.split(",")}
    return next((use for word, use in DIRECTIVES.items() if word in listed), CacheUse.POLICY)


@lru_cache(NAMED)
def _named(ids: tuple[str, ...], tenant: str) -> VersionName | ConnectionName:
    first, *more = (unquote(each) for each in ids)
    return VersionName(first, more[0], tenant) if more else ConnectionName(first, tenant)


def _path(scope: Scope) -> str:
    """The path as it came; of a server that does not tell it, as it would come."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"], safe=SAFE) if raw is None else raw.decode("latin-1")
