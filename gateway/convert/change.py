"""ManageVersions' messages to changes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation
from facade.model.change import (
    Change,
    Create,
    Delete,
    Deprecate,
    Promote,
    Rollback,
    Update,
)
from facade.model.names import VersionName, parse_version
from gateway.convert.version import draft_from
from gateway.v1 import gateway_pb2 as pb
from gateway.v1.catalog_pb2 import CreateConnectorRequest

_NOWHERE = VersionName("-", "-")
"""Stands for a name that could not be read, in a change that is refused."""


def changes_from(messages: Iterable[pb.VersionChange]) -> tuple[Change, ...]:
    """The changes, in order; raises InvalidRequest with everything that is none."""
    problems: list[Violation] = []
    changes = [_change(each, f"changes[{n}]", problems) for n, each in enumerate(messages)]
    if problems:
        raise invalid(*problems)
    return tuple(each for each in changes if each is not None)


def first_from(request: CreateConnectorRequest) -> Create | None:
    """The first version of a new connector, if it has one; raises InvalidRequest."""
    if not request.HasField("initial_version"):
        return None
    problems: list[Violation] = []
    change = _create(request.initial_version, "initial_version", problems)
    if problems:
        raise invalid(*problems)
    return change


def _change(message: pb.VersionChange, field: str, problems: list[Violation]) -> Change | None:
    kind = message.WhichOneof("change")
    if kind is None:
        wanted = f"one of {', '.join(list(_READERS)[:-1])} and rollback is required"
        problems.append(Violation(field=field, description=wanted))
        return None
    return _READERS[kind](getattr(message, kind), f"{field}.{kind}", problems)


def _create(message: pb.CreateVersion, field: str, problems: list[Violation]) -> Create:
    return Create(
        version_id=message.version_id,
        draft=draft_from(message.version, f"{field}.version", problems),
        strict=message.strict,
    )


def _update(message: pb.UpdateVersion, field: str, problems: list[Violation]) -> Update:
    return Update(
        name=_name(message.version.name, f"{field}.version", problems),
        draft=draft_from(message.version, f"{field}.version", problems),
        paths=tuple(message.update_mask.paths),
        etag=message.version.etag,
    )


def _promote(message: pb.PromoteVersion, field: str, problems: list[Violation]) -> Promote:
    return Promote(
        name=_name(message.name, field, problems),
        percent=message.traffic_percent or None,
        etag=message.etag,
        allow_breaking=message.allow_breaking,
        matches=dict(message.match_headers),
    )


def _deprecate(message: pb.DeprecateVersion, field: str, problems: list[Violation]) -> Deprecate:
    return Deprecate(
        name=_name(message.name, field, problems),
        etag=message.etag,
        undo=message.undo,
        sunset=_sunset(message, field, problems),
        notes=message.notes,
    )


def _delete(message: pb.DeleteVersion, field: str, problems: list[Violation]) -> Delete:
    return Delete(name=_name(message.name, field, problems), etag=message.etag, force=message.force)


def _rollback(message: pb.RollbackVersions, field: str, problems: list[Violation]) -> Rollback:
    return Rollback(to=_name(message.to, field, problems, "to") if message.to else None)


def _sunset(message: pb.DeprecateVersion, field: str, problems: list[Violation]) -> datetime | None:
    if not message.HasField("sunset_time"):
        return None
    try:
        return message.sunset_time.ToDatetime(UTC)
    except (ValueError, OverflowError):
        problems.append(Violation(field=f"{field}.sunset_time", description="is no time"))
        return None


def _name(text: str, field: str, problems: list[Violation], part: str = "name") -> VersionName:
    try:
        return parse_version(text, f"{field}.{part}")
    except InvalidRequest as fault:
        problems.extend(fault.details.violations)
        return _NOWHERE


_READERS: Mapping[str, Callable[[Any, str, list[Violation]], Change]] = {
    "create": _create,
    "update": _update,
    "promote": _promote,
    "deprecate": _deprecate,
    "delete": _delete,
    "rollback": _rollback,
}
