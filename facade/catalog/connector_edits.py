"""What becomes of a connector that is created, changed or deleted; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from facade.catalog import missing
from facade.catalog.changes import Document, Edit, Folded, fold, seal, stale
from facade.catalog.draft import check_labels, check_text
from facade.catalog.promotion import Standing
from facade.catalog.request import field_of, invalid
from facade.catalog.snapshot import Snapshot
from facade.catalog.verdicts import Verdicts
from facade.errors.caller import ConnectorExists, HasChildren
from facade.errors.fault import Details, Resource, Violation
from facade.model.change import Change, Create, Promote
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector

UPDATABLE: Final = ("title", "description", "labels")


def managed(
    snapshot: Snapshot,
    name: ConnectorName,
    changes: Sequence[Change],
    documents: Mapping[int, Document],
    verdicts: Verdicts,
    now: datetime,
) -> Folded:
    """A connector after a change set; the first create of an unknown one creates it.

    `documents`: those of its creates, by their places in it. Raises what refuses a change, and
    Uncompared where the verdicts do not tell how two versions differ.
    """
    known = snapshot.connectors.get(name)
    before = known if isinstance(changes[0], Create) else snapshot.connector(name)
    pinned = snapshot.pinned(name)
    every = [
        Edit(
            parent=name,
            now=now,
            field=field_of(change, number),
            document=documents.get(number),
            standing=Standing(verdicts=verdicts),
            pinned=pinned,
        )
        for number, change in enumerate(changes)
    ]
    return fold(before, changes, every)


def created(
    snapshot: Snapshot,
    connector: Connector,
    first: tuple[Create, Document] | None,
    now: datetime,
) -> Folded:
    """A new connector, with its first version where there is one; raises ConnectorExists."""
    name = connector.name
    if name in snapshot.connectors:
        raise ConnectorExists(f"`{name}` is there already", details=_about(name))
    blank = replace(connector, etag="", create_time=now, update_time=now, versions={})
    if first is None:
        return Folded(connector=seal(None, blank, now))
    create, document = first
    edit = Edit(parent=name, now=now, field="initial_version", document=document)
    promote = Promote(name=VersionName(name.connector, create.version_id, name.tenant))
    return Folded(connector=fold(blank, (create, promote), (edit, edit)).connector)


def check_texts(connector: Connector) -> Iterator[Violation]:
    """What is wrong with what is said of a connector."""
    yield from check_text(connector.title, "connector.title")
    yield from check_text(connector.description, "connector.description")
    yield from check_labels(connector.labels, "connector.labels")


def chosen(values: Connector, paths: Sequence[str]) -> tuple[str, ...]:
    """The fields that an update changes: the named, every populated one, or with `*` all.

    Raises InvalidRequest.
    """
    found = list(check_texts(values))
    found.extend(
        Violation(field="update_mask", description=f"`{path[:63]}` cannot be updated")
        for path in paths
        if path != "*" and path not in UPDATABLE
    )
    if found:
        raise invalid(*found)
    populated = tuple(path for path in UPDATABLE if getattr(values, path))
    return UPDATABLE if "*" in paths else tuple(paths) or populated


def updated(
    snapshot: Snapshot, name: ConnectorName, new: Mapping[str, Any], etag: str, now: datetime
) -> Folded:
    """A connector with new fields; raises ConnectorNotFound, EtagMismatch."""
    before = snapshot.connector(name)
    if etag and etag != before.etag:
        raise stale(missing.CONNECTOR, str(name), "connector.etag")
    return Folded(connector=seal(before, replace(before, **new), now))


def deleted(
    snapshot: Snapshot, name: ConnectorName, etag: str, *, force: bool, cleared: bool = False
) -> Folded:
    """A connector as it last was; one that has versions or connections goes by force alone.

    One whose connections were cleared away already is kept for those that came after.
    Raises ConnectorNotFound, EtagMismatch, HasChildren.
    """
    before = snapshot.connector(name)
    if etag and etag != before.etag:
        raise stale(missing.CONNECTOR, str(name), "etag")
    connections = sum(len(each) for each in snapshot.pinned(name).values())
    if connections and cleared:
        raise HasChildren(
            f"a connection of `{name}` was made meanwhile; repeat the request", details=_about(name)
        )
    if (before.versions or connections) and not force:
        has = [(len(before.versions), "version"), (connections, "connection")]
        said = " and ".join(f"{n} {noun}{'s' * (n > 1)}" for n, noun in has if n)
        raise HasChildren(
            f"`{name}` has {said}; set `force` to delete what it has, too",
            details=_about(name),
        )
    return Folded(connector=before)


def _about(name: ConnectorName) -> Details:
    return Details(resource=Resource(type=missing.CONNECTOR, name=str(name)))
