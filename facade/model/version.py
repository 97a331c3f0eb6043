"""Connector and Version: what is published, and how its backend is reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from facade.model.action import Location, Problem
from facade.model.credential import Credential, OAuth2, Passthrough
from facade.model.difference import Compared
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import Limit, Policy


class State(StrEnum):
    """The life of a version."""

    READY = "READY"
    """Its document was read; it serves no `live` calls."""
    ACTIVE = "ACTIVE"
    """It serves `live` calls."""
    DEPRECATED = "DEPRECATED"
    """It still answers when it is named, and says so."""


class VariableType(StrEnum):
    """What the text of a variable must be."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether another variable has a value."""

    variable: str
    equals: str
    negated: bool = False
    """Whether it must be another value, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A tree of comparisons, under which a variable is required."""

    any_of: bool = False
    """Whether one of them is enough; else all must hold."""
    comparisons: tuple[Comparison, ...] = ()
    conditions: tuple["Condition", ...] = ()


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
    required_when: Condition | None = None
    """Required only where this holds."""
    type: VariableType = VariableType.STRING
    pattern: str = ""
    """A regular expression that the whole value must match, in linear time; empty: any."""
    choices: tuple[str, ...] = ()
    """The values that it may have; none: any."""
    title: str = ""
    """A line for people."""
    overridable: bool = False
    """Whether the request that comes over a hop may give another value."""


class Balancing(StrEnum):
    """Which of several servers a call goes to."""

    FIRST = "first"
    """Always the first: a document's others may be its sandbox, or another region's data."""
    FAILOVER = "failover"
    """The first, and the next one while it cannot be reached."""
    ROUND_ROBIN = "round_robin"
    """Each in turn, but for those that cannot be reached."""


class HttpVersion(StrEnum):
    """Which version of HTTP is spoken with a backend."""

    HTTP_1_1 = "http1.1"
    HTTP_2 = "http2"
    """Over TLS if the backend chooses it (ALPN, RFC 7301); without TLS it must speak it at once
    (RFC 9113 section 3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the connections to a backend are made, where that is not the usual way."""

    ca: str = ""
    """A secret reference to PEM certificates that are trusted instead of the system's."""
    proxy: str = ""
    """The name of one of the operator's proxies; empty: none."""
    source_address: str = ""
    """Which of this machine's addresses they come from, of those that the operator allows."""
    http_version: HttpVersion = HttpVersion.HTTP_1_1


NO_MARK = "none"
"""The mark of a facade of whose answers nothing tells that they are its own."""


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
    mark: str = ""
    """Header that every answer of the facade has, where it is not one of ours; empty: it is one;
    NO_MARK: it has none, and each answer is taken for its own."""
    credential: Credential | None = None
    """How the calls to the facade are signed."""
    network: Network = field(default_factory=Network)

    @property
    def hops(self) -> bool:
        """Whether a facade of ours stands there: it is told on whose behalf a call is made."""
        return self.indirect and not self.mark


def facade_at(
    uri: str,
    others: Iterable[str],
    *,
    mark: str,
    credential: Credential | None,
    network: Network,
) -> Destination:
    """A facade at an address, and at others for when those before them cannot be reached."""
    more = tuple(others)
    return Destination(
        uri=uri,
        others=more,
        balancing=Balancing.FAILOVER if more else Balancing.FIRST,
        indirect=True,
        mark=mark,
        credential=credential,
        network=network,
    )


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
class Deprecation:
    """Since when callers should leave a version, and how long they can stay."""

    time: datetime
    sunset: datetime | None = None
    """When it is going to be deleted."""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Which versions served `live` calls at some time."""

    shares: Mapping[str, int]
    """By the version's id; they come to 100."""
    matches: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The rules of the versions that had some, by id."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
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
    connection: str = ""
    """The id of the connection whose values and credentials it has; never kept."""
    limits: tuple[Limit, ...] = ()
    """That connection's: beside the policy's, and on this side of a facade."""
    difference: Compared | None = None
    """From the version that served when it was created; None where none did."""
    served: bool = False
    """Whether it has ever had a share of the `live` calls."""
    matches: Mapping[str, str] = field(default_factory=dict)
    """The `live` calls that it gets whatever its share: by key of their metadata the value, or
    what it begins with, with a `*` behind that."""
    deprecation: Deprecation | None = None

    @property
    def metadata(self) -> tuple[str, ...]:
        """The keys of callers' metadata that sign its calls, or become the token that does."""
        kinds = (each.kind for each in self.credentials)
        subjects = (kind.subject_metadata for kind in kinds if isinstance(kind, OAuth2))
        return (*(each.metadata for each in self.passthrough), *subjects)

    def policy_of(self, action: str) -> Policy:
        """The policy of one action, as this side of the facade follows it."""
        own = self.policy.of(action)
        own = own.at_the_hop() if self.destination.indirect else own
        return replace(own, limits=(*own.limits, *self.limits)) if self.limits else own


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
    history: tuple[Traffic, ...] = ()
    """Who served before, the last one last: where a rollback leads to."""

    @property
    def live(self) -> tuple[Version, ...]:
        """The versions that serve `live` calls, with their shares."""
        return tuple(each for each in self.versions.values() if each.state is State.ACTIVE)
