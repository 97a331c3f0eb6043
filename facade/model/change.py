"""Draft and Change: what can be asked of the versions of a connector."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from msgspec import structs

from facade.model.credential import Credential, Passthrough
from facade.model.names import VersionName
from facade.model.policy import Policy
from facade.model.typed import Numbers
from facade.model.version import Destination, Serialization, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a version is made of, before it is one."""

    spec_text: str = ""
    """The OpenAPI document, as YAML or JSON; empty where another of these has it."""
    spec_uri: str = ""
    """Where to read it."""
    spec_archive: bytes = b""
    """A zip of all of its files."""
    spec_root: str = ""
    """Which file of the archive it is; empty: the one that looks like it."""
    destination: Destination = field(default_factory=Destination)
    credentials: tuple[Credential, ...] = ()
    passthrough: tuple[Passthrough, ...] = ()
    variables: tuple[Variable, ...] = ()
    policy: Policy = field(default_factory=Policy)
    serialization: Serialization = field(default_factory=Serialization)
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    numbers: Numbers = field(default_factory=dict)
    """What its typed service was numbered by elsewhere; the connector's own go before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Adds a version; it serves no `live` calls until it is promoted."""

    version_id: str
    draft: Draft
    strict: bool = False
    """Refuse a document with any error, not only one that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Changes labels and notes, the only things of a version that change."""

    name: VersionName
    draft: Draft
    """Holds the new values of the fields in `paths`."""
    paths: tuple[str, ...]
    """Field names of ConnectorVersion; anything but `labels` and `notes` is VERSION_IMMUTABLE."""
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """Lets a version serve `live` calls: all of them, or a share."""

    name: VersionName
    percent: int | None = None
    """None: all of them, or with `matches` the share that it has."""
    etag: str = ""
    allow_breaking: bool = False
    """Whether it may break those who call what serves now."""
    matches: Mapping[str, str] = field(default_factory=dict)
    """The calls that it gets whatever its share, as a Version has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Has those versions serve again that served before, with their shares."""

    to: VersionName | None = None
    """One of them; None: those before the last change of traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecate:
    """Marks a version as one that callers should leave, or takes the mark back."""

    name: VersionName
    etag: str = ""
    undo: bool = False
    sunset: datetime | None = None
    """When it is going to be deleted."""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Removes a version that serves no `live` calls, or any, by force."""

    name: VersionName
    etag: str = ""
    force: bool = False


Change: TypeAlias = Create | Update | Promote | Deprecate | Delete | Rollback


def of_tenant(changes: Iterable[Change], tenant: str) -> tuple[Change, ...]:
    """The changes as a tenant asks for them: the versions that they name are its own."""
    return tuple(changes) if not tenant else tuple(_owned(each, tenant) for each in changes)


def _owned(change: Change, tenant: str) -> Change:
    match change:
        case Create():
            return change
        case Rollback(to=to):
            return change if to is None else replace(change, to=structs.replace(to, tenant=tenant))
        case _:
            return replace(change, name=structs.replace(change.name, tenant=tenant))
