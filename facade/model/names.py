"""Resource names: parse and format (AIP-122)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation

ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""Ids of connectors and versions; action ids are the document's own."""

LIVE = "live"
"""The reserved version id that stands for what serves traffic."""

ANY = "-"
"""The wildcard of AIP-159, in a parent only."""

REMEMBERED = 4096
"""Names of actions that are kept parsed."""
LONGEST = 512
"""Characters of such a name: longer ones are no names of actions that there are."""


@dataclass(frozen=True, slots=True)
class ConnectorName:
    """connectors/{connector}."""

    connector: str

    def __str__(self) -> str:
        return f"connectors/{self.connector}"


@dataclass(frozen=True, slots=True)
class VersionName:
    """connectors/{connector}/versions/{version}."""

    connector: str
    version: str

    def __str__(self) -> str:
        return f"connectors/{self.connector}/versions/{self.version}"


@dataclass(frozen=True, slots=True)
class ActionName:
    """connectors/{connector}/versions/{version}/actions/{action}."""

    connector: str
    version: str
    action: str

    def __str__(self) -> str:
        return f"connectors/{self.connector}/versions/{self.version}/actions/{self.action}"


def malformed(field: str, text: str, pattern: str) -> InvalidRequest:
    """Says which field holds no name of the pattern."""
    problem = Violation(field=field, description=f"`{text[:200]}` is not of the form {pattern}")
    return InvalidRequest(
        f"{field}: not of the form {pattern}", details=Details(violations=(problem,))
    )


def check_id(text: str, field: str) -> str:
    """Takes the id of a new connector or version; raises InvalidRequest naming the field."""
    if ID.fullmatch(text) and text != LIVE:
        return text
    description = (
        "`live` is reserved" if text == LIVE else f"`{text[:200]}` does not match ^{ID.pattern}$"
    )
    raise InvalidRequest(
        f"{field}: {description}",
        details=Details(violations=(Violation(field=field, description=description),)),
    )


def _segments(text: str, field: str, collections: tuple[str, ...]) -> list[str]:
    """The ids in a name; only an action's id, the last, may hold a slash."""
    pattern = "/".join(f"{collection}/{{{collection[:-1]}}}" for collection in collections)
    parts = text.split("/", 2 * len(collections) - 1)
    if len(parts) != 2 * len(collections) or tuple(parts[::2]) != collections:
        raise malformed(field, text, pattern)
    ids = parts[1::2]
    plain = ids[:2]
    if not all(ids) or not all(part == ANY or ID.fullmatch(part) for part in plain):
        raise malformed(field, text, pattern)
    return ids


def parse_connector(text: str, field: str = "name") -> ConnectorName:
    """Parses connectors/{connector}."""
    return ConnectorName(*_segments(text, field, ("connectors",)))


def parse_version(text: str, field: str = "name") -> VersionName:
    """Parses connectors/{connector}/versions/{version}."""
    return VersionName(*_segments(text, field, ("connectors", "versions")))


def parse_action(text: str, field: str = "name") -> ActionName:
    """Parses connectors/{connector}/versions/{version}/actions/{action}."""
    return _remembered(text, field) if len(text) <= LONGEST else _action(text, field)


def _action(text: str, field: str) -> ActionName:
    return ActionName(*_segments(text, field, ("connectors", "versions", "actions")))


_remembered = lru_cache(REMEMBERED)(_action)
