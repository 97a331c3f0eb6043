"""Resource names: parse and format (AIP-122)."""

import re
from functools import lru_cache

import msgspec

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


class ConnectorName(msgspec.Struct, frozen=True, gc=False):
    """connectors/{connector}, of a tenant: it is part of what is named, never of the text."""

    connector: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"connectors/{self.connector}"


class VersionName(msgspec.Struct, frozen=True, gc=False):
    """connectors/{connector}/versions/{version}."""

    connector: str
    version: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"connectors/{self.connector}/versions/{self.version}"


class ActionName(msgspec.Struct, frozen=True, gc=False):
    """connectors/{connector}/versions/{version}/actions/{action}."""

    connector: str
    version: str
    action: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"connectors/{self.connector}/versions/{self.version}/actions/{self.action}"


class ConnectionName(msgspec.Struct, frozen=True, gc=False):
    """connections/{connection}, of a tenant."""

    connection: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"connections/{self.connection}"


class SubjectName(msgspec.Struct, frozen=True, gc=False):
    """connections/{connection}/subjects/{subject}, of a tenant."""

    connection: str
    subject: str
    tenant: str = ""

    @property
    def parent(self) -> ConnectionName:
        """The connection that it is of."""
        return ConnectionName(self.connection, self.tenant)

    def __str__(self) -> str:
        return f"connections/{self.connection}/subjects/{self.subject}"


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


def parse_connector(text: str, field: str = "name", tenant: str = "") -> ConnectorName:
    """Parses connectors/{connector}."""
    [connector] = _segments(text, field, ("connectors",))
    return ConnectorName(connector, tenant)


def parse_version(text: str, field: str = "name", tenant: str = "") -> VersionName:
    """Parses connectors/{connector}/versions/{version}."""
    connector, version = _segments(text, field, ("connectors", "versions"))
    return VersionName(connector, version, tenant)


def parse_action(text: str, field: str = "name", tenant: str = "") -> ActionName:
    """Parses connectors/{connector}/versions/{version}/actions/{action}."""
    return (_remembered if len(text) <= LONGEST else _action)(text, field, tenant)


def parse_connection(text: str, field: str = "name", tenant: str = "") -> ConnectionName:
    """Parses connections/{connection}."""
    [connection] = _segments(text, field, ("connections",))
    return ConnectionName(connection, tenant)


def parse_subject(text: str, field: str = "name", tenant: str = "") -> SubjectName:
    """Parses connections/{connection}/subjects/{subject}."""
    connection, subject = _segments(text, field, ("connections", "subjects"))
    return SubjectName(connection, subject, tenant)


def _action(text: str, field: str, tenant: str) -> ActionName:
    connector, version, action = _segments(text, field, ("connectors", "versions", "actions"))
    return ActionName(connector, version, action, tenant)


_remembered = lru_cache(REMEMBERED)(_action)
