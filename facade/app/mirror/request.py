"""What a request to the mirror asks for: its parts as they came, and the call that it becomes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, unquote

from starlette.types import Scope

from facade.hop.fields import Handed
from facade.hop.mark import unmarked
from facade.model.action import Action, Location
from facade.model.call import CacheUse, Call, Headers
from facade.model.face import joined
from facade.model.names import ActionName, VersionName
from facade.model.version import Version
from facade.transcode.match import Matched

ADDRESS = re.compile(r"/connectors/([^/]+)/versions/([^/]+)(/.*)", re.DOTALL)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A request without its body."""

    method: str
    whole: str
    """Path and query as they came."""
    name: VersionName
    """As the address has it: maybe `live`."""
    target: str
    """Path and query below the version's prefix."""
    headers: Headers
    """Names in lower case."""

    def header(self, name: str) -> str:
        """The first field of a lower-case name; empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")


def is_mirrored(scope: Scope) -> bool:
    """Whether a request is for a path of some version."""
    return ADDRESS.fullmatch(_path(scope)) is not None


def read_head(scope: Scope) -> Head:
    """The head of a request that is mirrored."""
    path, query = _path(scope), scope["query_string"].decode("latin-1")
    found = ADDRESS.fullmatch(path)
    connector, version, rest = found.groups() if found else ("", "", path)
    behind = f"?{query}" if query else ""
    return Head(
        method=scope["method"],
        whole=path + behind,
        name=VersionName(unquote(connector), unquote(version)),
        target=rest + behind,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ),
    )


def call_of(matched: Matched, version: Version, head: Head, handed: Handed, trace_id: str) -> Call:
    """The call that a matched request is, without what is given in place of variables."""
    use = handed.cache_use
    if use is CacheUse.POLICY:
        use = _asked_of_caches(head, matched.action)
    name = version.name
    return Call(
        name=ActionName(name.connector, name.version, matched.action.id),
        arguments=matched.arguments,
        upload=matched.upload,
        deadline=handed.timeout,
        content_type=matched.content_type,
        accept=matched.accept,
        full_view=False,
        trace_id=trace_id,
        caller=handed.caller,
        metadata=joined(unmarked(head.headers)),
        request_id=handed.request_id,
        cache_use=use,
        max_wait=handed.max_wait,
        hops=handed.hops,
    )


def _asked_of_caches(head: Head, action: Action) -> CacheUse:
    """What the request itself says to caches, where the field is not the backend's parameter."""
    said = ",".join(value for name, value in head.headers if name == CACHE_CONTROL)
    if not said or any(
        each.location is Location.HEADER and each.name.lower() == CACHE_CONTROL
        for each in action.parameters
    ):
        return CacheUse.POLICY
    listed = {each.partition("=")[0].strip().lower() for each in said.split(",")}
    return next((use for word, use in DIRECTIVES.items() if word in listed), CacheUse.POLICY)


def _path(scope: Scope) -> str:
    """The path as it came; of a server that does not tell it, as it would come."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"], safe=SAFE) if raw is None else raw.decode("latin-1")
