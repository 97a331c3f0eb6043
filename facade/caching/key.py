"""Which requests are the same: the canonical form of a request (RFC 3986 section 6.2.2)."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from facade.caching.fields import CONDITIONS
from facade.model.action import Action, Location
from facade.model.said import Fields

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_CONTROLLING = CONDITIONS | {"cache-control", "pragma"}
"""Arguments that ask something of caches and do not name another answer."""


class CanonicalTarget(NamedTuple):
    """Where an answer is: a path and a query, in canonical form."""

    path: str
    query: str | None


def canonical_target(target: str, key_without: Sequence[str] = ()) -> CanonicalTarget:
    """The place of a request target, without the query parameters that make no difference.

    What is encoded without need is decoded; nothing else changes, so that two targets have the
    same place only where every server must take them for the same.
    """
    path, mark, query = target.partition("?")
    if "%" in target:
        path, query = _canonical(path), _canonical(query)
    if key_without and query:
        pairs = [pair for pair in query.split("&") if _name(pair) not in key_without]
        query = "&".join(pairs)
        mark = query and mark
    return CanonicalTarget(path, query if mark else None)


def telling_fields(action: Action) -> tuple[str, ...]:
    """The header fields that arguments of an action fill, and in which form it answers.

    Backends that serve one client seldom say Vary of them.
    """
    named = {each.name.lower() for each in action.parameters if each.location is Location.HEADER}
    if any(each.location is Location.COOKIE for each in action.parameters):
        named.add("cookie")
    return tuple(sorted((named | {"accept"}) - _CONTROLLING))


def told(names: Sequence[str], fields: Fields) -> str:
    """What a request says in some fields, in one line that no other request has."""
    return "\n".join(f"{name}: {fields[name]}" for name in names if name in fields)


def _canonical(text: str) -> str:
    return _ENCODED.sub(_decoded, text)


def _decoded(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])
