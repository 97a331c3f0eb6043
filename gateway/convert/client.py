"""A client's side of the messages: what the catalog answers as models, changes as requests."""

from collections.abc import Iterable
from datetime import UTC, datetime

from facade.errors.fault import Violation
from facade.model.change import (
    Change,
    Create,
    Delete,
    Deprecate,
    Draft,
    Promote,
    Rollback,
    Update,
)
from facade.model.names import VersionName, parse_connector, parse_version
from facade.model.version import Connector, State, Version
from gateway.convert.connector import connector_from
from gateway.convert.version import draft_from, version_to
from gateway.v1 import gateway_pb2 as pb
from gateway.v1.version_pb2 import Connector as ConnectorMessage
from gateway.v1.version_pb2 import ConnectorVersion

_UNSET = datetime.fromtimestamp(0, UTC)


def known_connector(message: ConnectorMessage, versions: Iterable[ConnectorVersion]) -> Connector:
    """A connector with its versions, as the catalog answered them."""
    known = [known_version(each) for each in versions]
    plain = connector_from(message, parse_connector(message.name))
    return Connector(
        name=plain.name,
        title=plain.title,
        description=plain.description,
        labels=plain.labels,
        etag=message.etag,
        create_time=message.create_time.ToDatetime(UTC),
        update_time=message.update_time.ToDatetime(UTC),
        versions={each.name.version: each for each in known},
    )


def known_version(message: ConnectorVersion) -> Version:
    """A version, as the catalog answered it."""
    problems: list[Violation] = []
    draft = draft_from(message, "version", problems)
    state = ConnectorVersion.State.Name(message.state).removeprefix("STATE_")
    return Version(
        name=parse_version(message.name),
        spec_digest=message.spec_digest,
        source_digest=message.spec_source_digest,
        spec_uri=draft.spec_uri,
        destination=draft.destination,
        credentials=draft.credentials,
        passthrough=draft.passthrough,
        variables=draft.variables,
        policy=draft.policy,
        serialization=draft.serialization,
        labels=draft.labels,
        notes=draft.notes,
        state=State(state),
        traffic_percent=message.traffic_percent,
        matches=dict(message.match_headers),
        etag=message.etag,
        create_time=message.create_time.ToDatetime(UTC),
        update_time=message.update_time.ToDatetime(UTC),
    )


def change_to(change: Change) -> pb.VersionChange:
    """A change as ManageVersions takes it."""
    match change:
        case Create():
            version = draft_to(change.draft)
            create = pb.CreateVersion(
                version_id=change.version_id, version=version, strict=change.strict
            )
            return pb.VersionChange(create=create)
        case Update():
            update = pb.UpdateVersion(version=draft_to(change.draft, change.name))
            update.version.etag = change.etag
            update.update_mask.paths.extend(change.paths)
            return pb.VersionChange(update=update)
        case Promote():
            promote = pb.PromoteVersion(
                name=str(change.name),
                traffic_percent=change.percent or 0,
                etag=change.etag,
                allow_breaking=change.allow_breaking,
                match_headers=change.matches,
            )
            return pb.VersionChange(promote=promote)
        case Deprecate():
            deprecate = pb.DeprecateVersion(
                name=str(change.name), etag=change.etag, undo=change.undo, notes=change.notes
            )
            if change.sunset is not None:
                deprecate.sunset_time.FromDatetime(change.sunset)
            return pb.VersionChange(deprecate=deprecate)
        case Delete():
            delete = pb.DeleteVersion(name=str(change.name), etag=change.etag, force=change.force)
            return pb.VersionChange(delete=delete)
        case Rollback():
            rollback = pb.RollbackVersions(to=str(change.to) if change.to is not None else "")
            return pb.VersionChange(rollback=rollback)


def draft_to(draft: Draft, name: VersionName | None = None) -> ConnectorVersion:
    """What a version is to be made of; only what a caller may say is set."""
    made = version_to(
        Version(
            name=name or VersionName("-", "-"),
            spec_digest="",
            spec_uri=draft.spec_uri,
            destination=draft.destination,
            credentials=draft.credentials,
            passthrough=draft.passthrough,
            variables=draft.variables,
            policy=draft.policy,
            serialization=draft.serialization,
            labels=draft.labels,
            notes=draft.notes,
            create_time=_UNSET,
            update_time=_UNSET,
        )
    )
    for field in ("create_time", "update_time", "state", *(() if name else ("name",))):
        made.ClearField(field)
    if draft.spec_text:
        made.spec_text = draft.spec_text
    if draft.spec_archive:
        made.spec_archive = draft.spec_archive
        made.spec_root = draft.spec_root
    return made
