"""Connection and Subject: a connector made one's own, and the end users who call through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from facade.model.credential import Credential
from facade.model.names import LIVE, ConnectionName, SubjectName
from facade.model.policy import Limit


class ConnectionState(StrEnum):
    """Where a connection stands."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    """Its calls are refused until it is resumed."""
    AUTHORIZATION_REQUIRED = "AUTHORIZATION_REQUIRED"
    """Somebody must consent at the authorization server first."""
    ERROR = "ERROR"
    """Its configuration no longer fits its version, or its credential is not accepted."""
    DELETING = "DELETING"
    """Its subjects go first."""


class EndUsers(StrEnum):
    """Whose credentials sign the calls of a connection."""

    NEVER = "never"
    """Its own, or the version's."""
    FALLBACK = "fallback"
    """The subject's where the call names one that has some, else its own."""
    REQUIRED = "required"
    """The subject's; without one the call is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Why nothing of a connection may change; calls go on."""

    reason: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOverride:
    """What a connection tells of one action as a tool, over what its document says (G-25)."""

    action: str
    """Its id."""
    hidden: bool = False
    read_only: bool | None = None
    """None, here and below: as its document or its method says."""
    idempotent: bool | None = None
    destructive: bool | None = None
    open_world: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connector's version with values, credentials and limits of its own."""

    name: ConnectionName
    uid: str = ""
    """A UUID that no other connection ever has (AIP-148)."""
    title: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    connector: str
    """The id of its connector: never changes."""
    version: str = LIVE
    """The id of the version that serves it, or `live`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values of the version's variables, by name, in the open; secret ones in `secrets`."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Secret references for variables, by name."""
    credentials: tuple[Credential, ...] = ()
    """In the place of the version's, scheme by scheme."""
    consents: Mapping[str, str] = field(default_factory=dict)
    """The ids of the consents that its owner gave, by security scheme; never told."""
    end_users: EndUsers = EndUsers.NEVER
    limits: tuple[Limit, ...] = ()
    """Beside the version's: all must admit a call."""
    allowed_hosts: tuple[str, ...] = ()
    """Where ExecuteHttpRequest may go: HOST, HOST:PORT, *.SUFFIX."""
    test_action: str = ""
    """The id of the action by which it is checked; empty: a safe one that needs no arguments."""
    tool_overrides: tuple[ToolOverride, ...] = ()
    """One at most for each action."""
    state: ConnectionState = ConnectionState.ACTIVE
    state_description: str = ""
    lock: Lock | None = None
    revision: int = 1
    """Counts its changes."""
    etag: str = ""
    create_time: datetime
    update_time: datetime


class SubjectState(StrEnum):
    """Where a subject stands (seed 004)."""

    STARTING = "STARTING"
    """It is there, but somebody must consent, or its things are being added."""
    STARTED = "STARTED"
    ERROR = "ERROR"
    DELETING = "DELETING"
    """Its things go first; a removal that was cut short goes on after a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An end user of a connection."""

    name: SubjectName
    uid: str = ""
    external_id: str
    """What the caller calls them: X-External-Subject-Id; one subject of a connection has it."""
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[Credential, ...] = ()
    """Their own, by reference; for those of OAuth2 the tokens are kept sealed, elsewhere."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Their own values of the version's overridable variables."""
    consents: Mapping[str, str] = field(default_factory=dict)
    """The ids of the consents that they gave, by security scheme; never told."""
    mappings: Mapping[str, str] = field(default_factory=dict)
    """The backend's ids of things, and by what ids they are known here."""
    state: SubjectState = SubjectState.STARTED
    state_description: str = ""
    revision: int = 1
    etag: str = ""
    create_time: datetime
    update_time: datetime
