"""ManageVersions' messages to changes."""

from collections.abc import Iterable

from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation
from facade.model.change import Change, Create, Delete, Deprecate, Promote, Update
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
    where = f"{field}.{kind}"
    match kind:
        case "create":
            return _create(message.create, where, problems)
        case "update":
            return _update(message.update, where, problems)
        case "promote":
            return Promote(
                name=_name(message.promote.name, where, problems),
                percent=message.promote.traffic_percent or 100,
                etag=message.promote.etag,
            )
        case "deprecate":
            return Deprecate(
                name=_name(message.deprecate.name, where, problems),
                etag=message.deprecate.etag,
                undo=message.deprecate.undo,
            )
        case "delete":
            return Delete(
                name=_name(message.delete.name, where, problems),
                etag=message.delete.etag,
                force=message.delete.force,
            )
    wanted = "one of create, update, promote, deprecate and delete is required"
    problems.append(Violation(field=field, description=wanted))
    return None


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


def _name(text: str, field: str, problems: list[Violation]) -> VersionName:
    try:
        return parse_version(text, f"{field}.name")
    except InvalidRequest as fault:
        problems.extend(fault.details.violations)
        return _NOWHERE
