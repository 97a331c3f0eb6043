"""Where a URL of a backend's leads, if that is where the calls of the version go anyway."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus, urljoin, urlsplit

from facade.errors.caller import ConnectionIncomplete
from facade.transcode.redact import one_line
from facade.transcode.server import Base, parse
from facade.transcode.template import PATH, QUERY, literal

LONGEST = 60 * 1024
"""Bytes of a path and query that are followed."""


class Place(NamedTuple):
    """Where a call goes: an origin, and path and query as they go on the wire."""

    origin: str
    target: str


class Astray(ValueError):
    """A URL that is not followed; its text says why, and holds nothing of the URL but the host."""


def next_place(
    reference: str, request: str, bases: Iterable[Base], added: Iterable[str] = ()
) -> Place:
    """Gives the place of a URL reference, path and query as they are.

    `added` are pairs that the version adds to every query; they and those of its server are there
    unless the URL has others of the name.

    Resolved against the URL of the request (RFC 3986 section 5). Raises Astray where it leads
    to another origin than those of `bases`, out of the path there, or nowhere.
    """
    try:
        url = urljoin(request, reference.strip())
        found = parse(url)
        parts = urlsplit(url)
    except (ValueError, ConnectionIncomplete):
        raise Astray("is no URL that can be called") from None
    near = [base for base in bases if base.origin == found.origin]
    if not near:
        host = one_line(found.origin, 200)
        raise Astray(f"is at {host}, where the version's calls do not go: it is not followed")
    if not any(f"{found.path}/".startswith(f"{base.path}/") for base in near):
        raise Astray("leaves the path of the version's server: it is not followed")
    path, query = literal(parts.path, PATH + "/") or "/", literal(parts.query, QUERY)
    target = f"{path}?{query}" if query else path
    target = completed(target, (*added, *near[0].query.split("&")))
    if len(target) > LONGEST:
        raise Astray(f"is longer than {LONGEST} bytes")
    return Place(found.origin, target)


def next_place_behind(
    reference: str, request: str, facade: Base, server: str, added: Iterable[str] = ()
) -> Place:
    """The same where a facade was called, and the URL is one of the backend's behind it.

    `server` is where the facade called the backend; the place is the same below the facade.
    """
    try:
        backend = parse(server)
    except ConnectionIncomplete:
        raise Astray("cannot be understood: the facade does not say where its backend is") from None
    own = request.removeprefix(facade.origin + facade.path)
    found = next_place(reference, f"{backend.origin}{backend.path}{own}", (backend,), added)
    return Place(facade.origin, facade.path + found.target.removeprefix(backend.path))


def completed(target: str, added: Iterable[str] = (), signed: Collection[str] = ()) -> str:
    """Gives a target with what the version adds to every query, and without what signs it.

    `added` are pairs of a query, which count where the target has none of the name. `signed` are
    the names of those that the version's credentials write once more: backends repeat them in
    their URLs.
    """
    path, _, query = target.partition("?")
    pairs = [each for each in query.split("&") if each and _name(each) not in signed]
    names = {_name(each) for each in pairs}
    pairs += [each for each in added if each and _name(each) not in names]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def names_behind(target: str, signed: str) -> Iterator[str]:
    """The names of the pairs that signing added to a target."""
    for pair in signed.removeprefix(target).lstrip("?&").split("&"):
        if pair:
            yield _name(pair)


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])
