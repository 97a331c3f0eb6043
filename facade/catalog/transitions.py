"""What happens to a version in each state, as a table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from facade.errors.caller import (
    CallerFault,
    HasChildren,
    VersionExists,
    VersionInUse,
    VersionNotFound,
)
from facade.model.change import Change, Create, Delete, Deprecate, Promote, Rollback, Update
from facade.model.names import ConnectorName, VersionName
from facade.model.version import State


class Event(StrEnum):
    """What happens to a version: the changes, those with a switch twice."""

    CREATE = "create"
    UPDATE = "update"
    PROMOTE = "promote"
    DEPRECATE = "deprecate"
    RESTORE = "restore"
    DELETE = "delete"
    FORCE_DELETE = "force delete"


ABSENT = None
"""The state of a version that is not there."""

Verdict: TypeAlias = State | type[CallerFault] | None

TRANSITIONS: Mapping[Event, Mapping[State | None, Verdict]] = {
    Event.CREATE: {
        ABSENT: State.READY,
        State.READY: VersionExists,
        State.ACTIVE: VersionExists,
        State.DEPRECATED: VersionExists,
    },
    Event.UPDATE: {
        ABSENT: VersionNotFound,
        State.READY: State.READY,
        State.ACTIVE: State.ACTIVE,
        State.DEPRECATED: State.DEPRECATED,
    },
    Event.PROMOTE: {
        ABSENT: VersionNotFound,
        State.READY: State.ACTIVE,
        State.ACTIVE: State.ACTIVE,
        State.DEPRECATED: State.ACTIVE,
    },
    Event.DEPRECATE: {
        ABSENT: VersionNotFound,
        State.READY: State.DEPRECATED,
        State.ACTIVE: VersionInUse,
        State.DEPRECATED: State.DEPRECATED,
    },
    Event.RESTORE: {
        ABSENT: VersionNotFound,
        State.READY: State.READY,
        State.ACTIVE: State.ACTIVE,
        State.DEPRECATED: State.READY,
    },
    Event.DELETE: {
        ABSENT: VersionNotFound,
        State.READY: ABSENT,
        State.ACTIVE: HasChildren,
        State.DEPRECATED: ABSENT,
    },
    Event.FORCE_DELETE: {
        ABSENT: VersionNotFound,
        State.READY: ABSENT,
        State.ACTIVE: ABSENT,
        State.DEPRECATED: ABSENT,
    },
}
"""Contract section 5: where each event leads from each state, or which fault refuses it."""

REFUSALS: Mapping[type[CallerFault], str] = {
    VersionExists: "is there already; versions are immutable: choose another id",
    VersionInUse: "serves `live` calls; promote another version first",
    HasChildren: "serves `live` calls; promote another version first, or set `force`",
}
"""Why, for those that concern a version that is there."""


def event_of(change: Change) -> Event:
    """Which row of the table a change of one version belongs to."""
    match change:
        case Create():
            return Event.CREATE
        case Update():
            return Event.UPDATE
        case Deprecate(undo=undo):
            return Event.RESTORE if undo else Event.DEPRECATE
        case Delete(force=force):
            return Event.FORCE_DELETE if force else Event.DELETE
        case Promote() | Rollback():
            return Event.PROMOTE


def version_id(change: Change) -> str:
    """The id of the version that a change is about; empty for a rollback, which may be of many."""
    match change:
        case Create(version_id=key):
            return key
        case Rollback():
            return ""
        case _:
            return change.name.version


def describe(parent: ConnectorName, change: Change) -> str:
    """A change in a line, for the audit: `promote connectors/pets/versions/v2 10%`."""
    if isinstance(change, Rollback):
        return f"rollback {parent}" + (f" to {change.to.version}" if change.to else "")
    said = f"{event_of(change)} {VersionName(parent.connector, version_id(change), parent.tenant)}"
    return said + (_promotion(change) if isinstance(change, Promote) else "")


def _promotion(change: Promote) -> str:
    share = change.percent or (0 if change.matches else 100)
    rules = [f"{key}={value}" for key, value in sorted(change.matches.items())]
    return "".join(
        (
            f" {share}%" if share else "",
            f" where {' or '.join(rules)}" if rules else "",
            " though it breaks" if change.allow_breaking else "",
        )
    )
