"""What an unsafe request makes out of date (RFC 9111 section 4.4)."""

from urllib.parse import urljoin, urlsplit

from facade.caching.key import canonical_target
from facade.model.call import Plan, Reply
from facade.model.ports import DEFAULT_PORTS

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""Methods that change nothing (RFC 9110 section 9.2.1)."""


def changed_paths(plan: Plan, reply: Reply) -> frozenset[str]:
    """The paths whose answers an unsafe request has made out of date, with whatever query.

    Its own, the item and the collection that this is of by the path's template, and those that
    Location and Content-Location name at the same origin; nothing where the request failed.
    """
    if not 200 <= reply.status < 400:
        return frozenset()
    path = canonical_target(plan.target).path
    paths = {path, *_ancestors(path, plan.action.path)}
    origins = {plan.origin, *(origin for origin, _ in plan.elsewhere)}
    for name in ("location", "content-location"):
        uri = reply.header(name)
        if uri is not None:
            named = _path_at(plan.uri, uri, origins)
            paths.add(path if named is None else named)
    return frozenset(paths)


def _ancestors(path: str, template: str) -> list[str]:
    """The item that a path belongs to, and the collection of the item.

    `/pets/{id}/photo` belongs to `/pets/7` and that to `/pets`; `/pets` belongs to nothing.
    """
    words = template.rstrip("/").split("/")
    slots = [number for number, word in enumerate(words) if "{" in word]
    if not slots:
        return []
    end = "/" if path.endswith("/") else ""
    parts = path.rstrip("/").split("/")
    item = parts[: len(parts) - (len(words) - 1 - slots[-1])]
    return ["/".join(item) + end, ("/".join(item[:-1]) + end) or "/"]


def _path_at(base: str, uri: str, origins: set[str]) -> str | None:
    """The path of a reference, where it leads to one of the origins."""
    try:
        parts = urlsplit(urljoin(base, uri.strip()))
        origin = _origin(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        return None
    return canonical_target(parts.path or "/").path if origin in origins else None


def _origin(scheme: str, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return (
        f"{scheme}://{shown}"
        if port in (None, DEFAULT_PORTS.get(scheme))
        else f"{scheme}://{shown}:{port}"
    )
