"""What changes make of a connector: one after the other, all or none; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256

import msgspec

from facade.catalog import missing, traffic
from facade.catalog.history import remembered, rolled_back
from facade.catalog.mask import updated
from facade.catalog.promotion import Standing, promoted
from facade.catalog.request import invalid
from facade.catalog.transitions import ABSENT, REFUSALS, TRANSITIONS, event_of, version_id
from facade.catalog.verdicts import packed, serving
from facade.errors.caller import (
    CallerFault,
    EtagMismatch,
    HasChildren,
    InvalidSpec,
    VersionExists,
    VersionNotFound,
)
from facade.errors.fault import Details, Resource, Violation
from facade.model.action import Problem
from facade.model.change import Change, Create, Delete, Deprecate, Promote, Rollback, Update
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import Policy
from facade.model.version import Connector, Deprecation, State, Version

MAX_PROBLEMS = 1000
MAX_TOLD = 10
"""Connections that a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known of a document once it was read."""

    digest: str
    source_digest: str = ""
    actions: tuple[str, ...] = ()
    """Their ids."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The circumstances of one change."""

    parent: ConnectorName
    now: datetime
    standing: Standing = field(default_factory=Standing)
    pinned: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By the version's id: the connections that are to be served by that version."""
    field: str = "changes[0]"
    """Where in the request the change stands, for faults."""
    document: Document | None = None
    """Of a Create."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What a change set leads to."""

    connector: Connector
    versions: tuple[Version, ...] = field(default=())
    """What each change led to, in order; a deleted one as it last was."""


def fold(connector: Connector | None, changes: Sequence[Change], edits: Sequence[Edit]) -> Folded:
    """Applies changes in order, all or none; raises the fault of the first that is refused.

    Etags are compared with the state that the set began with: `seal` renews
    them once, at the end. So are new versions: with what serves then. Raises
    Uncompared where it is not known how two versions differ.
    """
    state = connector
    served = serving(connector.versions) if connector is not None else None
    last: list[Version | None] = []
    for change, edit in zip(changes, edits, strict=True):
        before = state
        standing = replace(edit.standing, serving=served)
        state = apply(before, change, replace(edit, standing=standing))
        last.append(None)
        if isinstance(change, Delete) and before is not None:
            gone = before.versions[change.name.version]
            for number, earlier in enumerate(changes[: len(last)]):
                if last[number] is None and version_id(earlier) == change.name.version:
                    last[number] = gone
    if state is None:
        raise invalid(Violation(field="changes", description="at least one change is required"))
    back = isinstance(changes[0], Rollback)
    sealed = seal(connector, state if back else remembered(connector, state), edits[0].now)
    final = sealed.versions
    if back:
        return Folded(connector=sealed, versions=sealed.live)
    versions = tuple(
        gone or final[version_id(change)] for gone, change in zip(last, changes, strict=True)
    )
    return Folded(connector=sealed, versions=versions)


def apply(connector: Connector | None, change: Change, edit: Edit) -> Connector:
    """The connector after one change; the first create of an unknown connector creates it."""
    if connector is None:
        if not isinstance(change, Create):
            raise missing.no_connector(edit.parent, ())
        connector = Connector(name=edit.parent, create_time=edit.now, update_time=edit.now)
    if isinstance(change, Rollback):
        return rolled_back(connector, change)
    version = connector.versions.get(version_id(change))
    verdict = TRANSITIONS[event_of(change)][version.state if version is not None else ABSENT]
    if isinstance(verdict, type) and (version is None or verdict is VersionExists):
        raise _refusal(verdict, connector, change, edit)
    if version is not None:
        _check_etag(version, change, edit)
    if isinstance(verdict, type):
        raise _refusal(verdict, connector, change, edit)
    return replace(connector, versions=_changed(connector, change, edit))


def seal(before: Connector | None, after: Connector, now: datetime) -> Connector:
    """Gives everything that differs from `before` its etag and the time of the change.

    An etag hashes the content and the one before it, so that a state that
    comes back is not taken for the one that was read.
    """
    old = before.versions if before is not None else {}
    versions = {
        key: version if old.get(key) is version else _sealed_version(old.get(key), version, now)
        for key, version in after.versions.items()
    }
    sealed = replace(after, versions=versions)
    if before is not None and sealed == before:
        return before
    content = replace(sealed, etag=before.etag if before is not None else "", versions={})
    etag = _hash(content, [each.etag for each in versions.values()])
    return replace(sealed, etag=etag, update_time=now)


def _changed(connector: Connector, change: Change, edit: Edit) -> dict[str, Version]:
    versions = dict(connector.versions)
    key = version_id(change)
    match change:
        case Create():
            versions[key] = _created(change, edit)
        case Update():
            versions[key] = updated(versions[key], change, edit.field)
        case Promote():
            versions = promoted(versions, change, edit.standing, edit.field)
        case Deprecate():
            versions[key] = _deprecated(versions[key], change, edit)
        case Delete():
            _check_pins(change, edit)
            del versions[key]
            shares = traffic.scale(traffic.shares_of(versions), traffic.WHOLE)
            versions = traffic.settle(versions, shares)
    return versions


def _created(change: Create, edit: Edit) -> Version:
    if edit.document is None:
        raise ValueError("a Create needs its document")
    draft, document = change.draft, edit.document
    if change.strict:
        _check_strict(document, edit.field)
    _check_actions(draft.policy, document, edit.field)
    version = Version(
        name=VersionName(edit.parent.connector, change.version_id, edit.parent.tenant),
        spec_digest=document.digest,
        source_digest=document.source_digest,
        spec_uri=draft.spec_uri,
        destination=draft.destination,
        credentials=draft.credentials,
        passthrough=draft.passthrough,
        variables=draft.variables,
        policy=draft.policy,
        serialization=draft.serialization,
        labels=draft.labels,
        notes=draft.notes,
        create_time=edit.now,
        update_time=edit.now,
        action_count=len(document.actions),
        problems=document.problems[:MAX_PROBLEMS],
    )
    known = edit.standing.serving
    if known is None:
        return version
    found = edit.standing.verdicts.between(known, version)
    return replace(version, difference=packed(known.name.version, found))


def _deprecated(version: Version, change: Deprecate, edit: Edit) -> Version:
    """Marked, or not any more; what is said of a mark that is there already replaces it."""
    if version.state is State.ACTIVE:
        return version
    if change.undo:
        return replace(version, state=State.READY, deprecation=None)
    held = version.deprecation or Deprecation(time=edit.now)
    if change.sunset is not None and change.sunset < held.time:
        where, why = f"{edit.field}.sunset_time", "must not be before the deprecation (RFC 9745)"
        raise invalid(Violation(field=where, description=why))
    deprecation = Deprecation(
        time=held.time, sunset=change.sunset or held.sunset, notes=change.notes or held.notes
    )
    return replace(version, state=State.DEPRECATED, deprecation=deprecation, matches={})


def _check_pins(change: Delete, edit: Edit) -> None:
    """What a connection is to be served by goes by force alone."""
    pins = sorted(edit.pinned.get(change.name.version, ()))
    if not pins or change.force:
        return
    why = f"serves the connections {', '.join(pins[:MAX_TOLD])}; change them first, or set `force`"
    raise HasChildren(
        f"{edit.field}: `{change.name}` {why}",
        details=Details(
            violations=(Violation(field=f"{edit.field}.name", description=why),),
            resource=Resource(type=missing.VERSION, name=str(change.name)),
        ),
    )


def _check_strict(document: Document, field: str) -> None:
    errors = [each for each in document.problems if each.severity == "error"]
    if errors:
        raise InvalidSpec(
            f"{field}: the document has {len(errors)} errors, and `strict` allows none",
            details=Details(
                violations=tuple(
                    Violation(field=each.pointer, description=f"{each.message} (line {each.line})")
                    for each in errors[:MAX_PROBLEMS]
                )
            ),
        )


def _check_actions(policy: Policy, document: Document, field: str) -> None:
    """A policy for an action that is not there would hold for none, and nobody would see it."""
    problems = []
    for name in sorted(policy.actions.keys() - set(document.actions)):
        close = get_close_matches(name, document.actions, n=1)
        meant = f"; did you mean `{close[0]}`?" if close else ""
        place = f"{field}.version.policy.actions[{name}]"
        problems.append(Violation(field=place, description=f"no action of the document{meant}"))
    if problems:
        raise invalid(*problems)


def _check_etag(version: Version, change: Change, edit: Edit) -> None:
    etag = "" if isinstance(change, (Create, Rollback)) else change.etag
    if etag and etag != version.etag:
        field = f"{edit.field}.{'version.etag' if isinstance(change, Update) else 'etag'}"
        raise stale(missing.VERSION, str(version.name), field)


def stale(type_: str, name: str, field: str) -> EtagMismatch:
    """The fault of an etag that is not the current one."""
    return EtagMismatch(
        f"{field}: `{name}` changed since it was read",
        details=Details(
            violations=(Violation(field=field, description="is not the current etag"),),
            resource=Resource(type=type_, name=name),
        ),
    )


def _refusal(
    fault: type[CallerFault], connector: Connector, change: Change, edit: Edit
) -> CallerFault:
    name = VersionName(edit.parent.connector, version_id(change), edit.parent.tenant)
    if fault is VersionNotFound:
        return missing.no_version(name, connector.versions)
    part = "version_id" if isinstance(change, Create) else "name"
    why = REFUSALS[fault]
    held = connector.versions.get(name.version)
    if fault is VersionExists and held is not None and edit.document is not None:
        same = held.spec_digest == edit.document.digest
        other = "the same" if same else f"another than this, sha256:{edit.document.digest}"
        why += f"; its document, sha256:{held.spec_digest}, is {other}"
    return fault(
        f"{edit.field}: `{name}` {why}",
        details=Details(
            violations=(Violation(field=f"{edit.field}.{part}", description=why),),
            resource=Resource(type=missing.VERSION, name=str(name)),
        ),
    )


def _sealed_version(old: Version | None, version: Version, now: datetime) -> Version:
    content = replace(version, etag=old.etag if old is not None else "")
    if old is not None and content == old:
        return old
    return replace(version, etag=_hash(content, []), update_time=now)


def _hash(content: Version | Connector, parts: list[str]) -> str:
    return sha256(msgspec.json.encode([content, parts], order="sorted")).hexdigest()[:32]
