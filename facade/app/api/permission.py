"""What a caller may have: a request that was read is looked at for what it asks of its caller."""

from collections.abc import Mapping
from typing import Any

from facade.access.authorize import Authority
from facade.access.methods import METHODS, THROUGH, Asks, new_name
from facade.app.api.route import Asked

NOT_IN_THE_TABLE = Asks(permission=None)
"""Of a method that is refused to everybody."""


def check(authority: Authority, asked: Asked) -> None:
    """Raises CallerForbidden where the caller may not have the method with that request."""
    asks, fields = METHODS.get(asked.rpc, NOT_IN_THE_TABLE), asked.fields
    name = asked.name
    if asks.collection or not name:
        name = str(fields.get(asks.field, ""))
    if asks.within:
        name = new_name(asks, name, _at(fields, asks.within))
    authority.check_viewed(asked.rpc, asked.identity, str(fields.get(asks.viewed) or ""))
    authority.check(asked.rpc, asked.identity, name, _through(fields), _kinds(fields))


def _at(fields: Any, path: str) -> str:
    """The text at a path of fields; empty where there is none."""
    found = fields
    for each in path.split("."):
        found = found.get(each) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def _through(fields: Any) -> tuple[str, ...]:
    """The names of what the call goes through; a field may also be the connection itself."""
    given = (fields.get(each) for each in THROUGH)
    return tuple(each for each in given if each and isinstance(each, str))


def _kinds(fields: Any) -> tuple[str, ...]:
    """What each change of a set is."""
    return tuple(type(each).__name__.lower() for each in fields.get("changes", ()))
