"""Which requests an answer is for, by its Vary (RFC 9111 section 4.1)."""

from collections.abc import Iterable

from facade.caching.fields import members
from facade.model.call import Headers
from facade.model.said import Fields

MOST_NAMES = 8
"""Names in Vary beyond which an answer is for nobody else."""

_PREFERENCES = frozenset({"accept", "accept-charset", "accept-encoding", "accept-language"})
"""Fields whose members stand in no order and in any case (RFC 9110 section 12.4)."""


def varying(fields: Fields) -> frozenset[str] | None:
    """The names of the request fields that chose an answer; None: nothing tells (`*`), or many."""
    if "vary" not in fields:
        return frozenset()
    names = frozenset(members(fields["vary"]))
    return None if "*" in names or len(names) > MOST_NAMES else names


def selected_by(names: Iterable[str], fields: Fields) -> Headers:
    """What a request says in the fields that choose, written in one way; absent ones left out."""
    return tuple([(name, _plain(name, fields[name])) for name in sorted(names) if name in fields])


def _plain(name: str, value: str) -> str:
    if '"' in value:
        return value
    parts = [part.strip() for part in value.split(",")]
    if name in _PREFERENCES:
        parts = sorted(part.lower() for part in parts if part)
    return ",".join(parts)
