"""Connector and Version: what is published, and how its backend is reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from facade.model.action import Location, Problem
from facade.model.credential import Credential, Passthrough
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import Policy


class State(StrEnum):
    """The life of a version."""

    READY = "READY"
    """Its document was read; it serves no `live` calls."""
    ACTIVE = "ACTIVE"
    """It serves `live` calls."""
    DEPRECATED = "DEPRECATED"
    """It still answers when it is named, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A value that the backend needs with every call."""

    name: str
    location: Location | None
    """Where it goes; None: it fills `{name}` in the server's URL."""
    value: str | None = None
    """In the open."""
    secret: str | None = None
    """A secret reference."""
    required: bool = True


class Balancing(StrEnum):
    """Which of several servers a call goes to."""

    FIRST = "first"
    """Always the first: a document's others may be its sandbox, or another region's data."""
    FAILOVER = "failover"
    """The first, and the next one while it cannot be reached."""
    ROUND_ROBIN = "round_robin"
    """Each in turn, but for those that cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the connections to a backend are made, where that is not the usual way."""

    ca: str = ""
    """A secret reference to PEM certificates that are trusted instead of the system's."""
    proxy: str = ""
    """The name of one of the operator's proxies; empty: none."""
    source_address: str = ""
    """Which of this machine's addresses they come from, of those that the operator allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the calls of a version go."""

    uri: str = ""
    """Replaces the document's servers; empty: the document's own."""
    others: tuple[str, ...] = ()
    """More servers beside `uri`, in their order."""
    balancing: Balancing = Balancing.FIRST
    indirect: bool = False
    """Whether a facade stands there, which calls the backend."""
    credential: Credential | None = None
    """How the calls to the facade are signed."""
    network: Network = field(default_factory=Network)


class DeepObjectArrays(StrEnum):
    """How an array within a `deepObject` is written, which the standard leaves open."""

    BRACKETS = "brackets"
    """`a[b][]=x&a[b][]=y`"""
    INDICES = "indices"
    """`a[b][0]=x&a[b][1]=y`"""
    REPEAT = "repeat"
    """`a[b]=x&a[b]=y`"""


class LabelDelimiter(StrEnum):
    """What stands between the items of a `label` that does not explode."""

    BY_EDITION = "by_edition"
    """As the document's edition prints it: dots up to 3.0.3 and in 3.1.0, else commas."""
    COMMA = "comma"
    """As RFC 6570 section 3.2.5 has it."""
    DOT = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serialization:
    """How parameters are written where editions of the standard differ or say nothing."""

    deep_object_arrays: DeepObjectArrays = DeepObjectArrays.BRACKETS
    label_delimiter: LabelDelimiter = LabelDelimiter.BY_EDITION


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One edition of a connector: immutable in document, authentication and variables."""

    name: VersionName
    spec_digest: str
    """SHA-256 of the document's text, in hex; the text is in the ledger under it."""
    source_digest: str = ""
    """That of the document before files elsewhere became part of it; empty: it has none."""
    spec_uri: str = ""
    """Where the document was read from."""
    destination: Destination = field(default_factory=Destination)
    credentials: tuple[Credential, ...] = ()
    passthrough: tuple[Passthrough, ...] = ()
    """What callers sign with themselves."""
    variables: tuple[Variable, ...] = ()
    policy: Policy = field(default_factory=Policy)
    serialization: Serialization = field(default_factory=Serialization)
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    state: State = State.READY
    traffic_percent: int = 0
    etag: str = ""
    create_time: datetime
    update_time: datetime
    action_count: int = 0
    problems: tuple[Problem, ...] = ()
    """Of the document, found when the version was created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A backend that the gateway knows, with its versions by id."""

    name: ConnectorName
    title: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    create_time: datetime
    update_time: datetime
    versions: Mapping[str, Version] = field(default_factory=dict)

    @property
    def live(self) -> tuple[Version, ...]:
        """The versions that serve `live` calls, with their shares."""
        return tuple(each for each in self.versions.values() if each.state is State.ACTIVE)
