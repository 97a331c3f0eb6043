"""Field masks (AIP-134): which fields of a version an update changes, and which never change."""

from collections.abc import Iterator
from dataclasses import replace

from facade.catalog import missing
from facade.catalog.draft import check_labels, check_text
from facade.catalog.sourcing import given_digest
from facade.errors.caller import VersionImmutable
from facade.errors.fault import Details, Resource, Violation
from facade.model.change import Draft, Update
from facade.model.policy import Policy
from facade.model.version import Destination, Network, Serialization, Version

MUTABLE = ("labels", "notes")
IMMUTABLE = (
    "spec_text",
    "spec_uri",
    "spec_archive",
    "spec_root",
    "direct",
    "indirect",
    "network",
    "credentials",
    "passthrough",
    "backend_variables",
    "policy",
    "serialization",
)
OUTPUT = (
    "name",
    "etag",
    "create_time",
    "update_time",
    "state",
    "traffic_percent",
    "problems",
    "action_count",
    "spec_digest",
    "spec_source_digest",
)


def check_mask(change: Update, field: str) -> Iterator[Violation]:
    """Unknown fields, and `*` beside others."""
    known = {"*", *MUTABLE, *IMMUTABLE, *OUTPUT}
    for path in change.paths:
        if path not in known:
            yield Violation(
                field=f"{field}.update_mask", description=f"no field `{path[:63]}` of a version"
            )
    if "*" in change.paths and len(change.paths) > 1:
        yield Violation(field=f"{field}.update_mask", description="`*` stands alone")
    yield from check_labels(change.draft.labels, f"{field}.version.labels")
    yield from check_text(change.draft.notes, f"{field}.version.notes")


def updated(version: Version, change: Update, field: str) -> Version:
    """Takes the named fields, every populated one, or all (AIP-134)."""
    draft, paths = change.draft, change.paths
    named = [path for path in paths if path in (*IMMUTABLE, *OUTPUT)]
    named = named or ([] if set(paths) & set(MUTABLE) else _differing(version, draft))
    if named:
        raise VersionImmutable(
            f"{field}: {', '.join(named)} of a version cannot change; create a new version",
            details=Details(
                violations=tuple(
                    Violation(field=f"{field}.version.{path}", description="is immutable")
                    for path in named
                ),
                resource=Resource(type=missing.VERSION, name=str(version.name)),
            ),
        )
    labels = "labels" in paths or "*" in paths or (not paths and draft.labels)
    notes = "notes" in paths or "*" in paths or (not paths and draft.notes)
    return replace(
        version,
        labels=draft.labels if labels else version.labels,
        notes=draft.notes if notes else version.notes,
    )


def _differing(version: Version, draft: Draft) -> list[str]:
    """The immutable fields that a draft populates with something else than they hold."""
    digest = given_digest(draft) if draft.spec_text or draft.spec_archive else ""
    given = "spec_archive" if draft.spec_archive else "spec_text"
    where = "indirect" if draft.destination.indirect else "direct"
    populated = (
        (given, digest, "", version.source_digest or version.spec_digest),
        ("spec_uri", draft.spec_uri, "", version.spec_uri),
        (where, _plain(draft.destination), Destination(), _plain(version.destination)),
        ("credentials", draft.credentials, (), version.credentials),
        ("network", draft.destination.network, Network(), version.destination.network),
        ("passthrough", draft.passthrough, (), version.passthrough),
        ("backend_variables", draft.variables, (), version.variables),
        ("policy", draft.policy, Policy(), version.policy),
        ("serialization", draft.serialization, Serialization(), version.serialization),
    )
    return [path for path, new, empty, old in populated if new not in (empty, old)]


def _plain(destination: Destination) -> Destination:
    """All of it but its network, which is a field of its own."""
    return replace(destination, network=Network())
