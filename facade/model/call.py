"""Call, Plan, Reply and Outcome: the four things that one call is, in turn."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self, TypeAlias

import msgspec
from msgspec import structs

from facade.errors.fault import Fault
from facade.model.action import Action
from facade.model.names import ActionName
from facade.model.policy import STANDARD, Policy
from facade.model.version import Version

TICK = 0.001
"""Seconds for which no plan is made anew."""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in order, repeats kept."""


class Form(StrEnum):
    """In which form the arguments came; the output goes back in the same."""

    VALUE = "value"
    """A google.protobuf.Struct."""
    JSON = "json"
    """JSON text."""


class Argument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One argument, by value and by its text."""

    value: Any
    """As Python has it; numbers with a point or an exponent are Decimal."""
    text: str
    """Its JSON, byte for byte as the caller wrote it."""


Arguments: TypeAlias = Mapping[str, Argument]
"""By the caller's names, in the caller's order."""


class Upload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request body as it goes to the backend, in place of the argument `body`."""

    content_type: str
    data: bytes


class CacheUse(StrEnum):
    """How one call may use the cache."""

    POLICY = "policy"
    """As the version's policy says."""
    BYPASS = "bypass"
    """Neither reads nor writes."""
    REFRESH = "refresh"
    """Does not read, but writes."""
    ONLY = "only"
    """Answers from the cache or fails."""


class CacheStatus(StrEnum):
    """Where an answer comes from."""

    HIT = "hit"
    MISS = "miss"
    STALE = "stale"
    """Remembered, past its time: the backend fails, or a new one is being fetched."""
    REVALIDATED = "revalidated"
    """Remembered; the backend has just said that it still holds."""
    BYPASS = "bypass"
    """The cache had no part in it."""


class Caller(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """On whose behalf a call is made: what keeps its cache, limits and connections apart."""

    tenant: str = ""
    connection: str = ""
    subject: str = ""
    """The end user."""


NOBODY = Caller()
"""The caller of a gateway that knows no callers."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks for."""

    name: ActionName
    arguments: Arguments
    upload: Upload | None = None
    form: Form = Form.JSON
    deadline: float | None = None
    """Seconds that the caller gives; None: the version's timeout alone."""
    content_type: str = ""
    """The media type to write the body in, of those that the action takes; empty: by rule."""
    accept: str = ""
    """Replaces the Accept header (RFC 9110 section 12.5.1); empty: what the document declares."""
    validate_only: bool = False
    """Plan the HTTP request and send nothing."""
    continue_on_failure: bool = False
    """Answer with the fault inside instead of raising it."""
    full_view: bool = True
    """Tell the exchange; without it no more is told than the status that the backend answered."""
    trace_id: str = ""
    caller: Caller = NOBODY
    caller_name: str = ""
    """Who calls: an identity, a flow or a run; a repeat by a request id has the same one."""
    metadata: Mapping[str, str] = {}
    """What came beside the call, by lower-case key: read only where a version's rules say so."""
    variables: Mapping[str, str] = {}
    """Values of the version's overridable variables, by name."""
    request_id: str = ""
    """Makes the call happen once: a repeat answers what the first one answered."""
    cache_use: CacheUse = CacheUse.POLICY
    max_wait: float = 0.0
    """Seconds that it may wait for its turn where a limit is reached."""
    single: bool = False
    """Whether its caller tries again himself: here only a server that got nothing is gone past."""
    hops: int = 0
    """Facades that it has come to."""
    at_home: bool = False
    """Whether the connection is one of ours, though the call came to a facade."""
    pairs: tuple[str, ...] = ()
    """Of a query, as they stand there: of the URL of a next page, through a facade."""

    @property
    def counted_caller(self) -> str:
        """Who calls, for the count of who calls what: all runs of a flow are that flow."""
        caller = self.caller_name
        return caller.partition("/runs/")[0] if caller.startswith("flows/") else caller

    def __repr__(self) -> str:
        """Without what may be secret."""
        return f"Call(name={self.name!r}, trace_id={self.trace_id!r})"


class TlsIdentity(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A client certificate, and who is trusted instead of the system's authorities; PEM texts."""

    certificate: str = ""
    key: str = ""
    ca: str = ""

    def __repr__(self) -> str:
        """Without the key."""
        return f"TlsIdentity(certificate={self.certificate!r}, ca={self.ca!r})"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP request that a call comes to: pure, unsigned, complete."""

    version: Version
    action: Action
    method: str
    origin: str
    """`https://host:port`, lower case, port only where it is not the scheme's own."""
    target: str
    """Path and query as they go on the wire, percent-encoded, ASCII."""
    path: str = ""
    """The operation's own, in which that of `target` ends, behind the server's."""
    headers: Headers
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Origin and target of the same request at each other server that it may go to."""
    body: bytes | None = None
    """None: no body and no Content-Type."""
    timeout: float = 10.0
    """Seconds for the whole exchange: the version's, capped by the caller's."""
    policy: Policy = STANDARD
    """Of the action."""
    caller: Caller = NOBODY
    metadata: Mapping[str, str] = {}
    """The caller's, for the credentials that are the caller's own."""
    request_id: str = ""
    """The same for every try of a call, where the backend or the caller knows one."""
    cache_use: CacheUse = CacheUse.POLICY
    max_wait: float = 0.0
    """The caller's, for a facade that has the cache and the limits."""
    hops: int = 0
    """Facades that the call has come to."""
    identity: TlsIdentity | None = None
    """Set by signing, where the connection itself needs it."""

    def __repr__(self) -> str:
        """Without what may be secret."""
        return f"Plan(version={self.version.name!r}, action={self.action.id!r})"

    def within(self, left: float) -> Self:
        """The same with the seconds that are left, as far as a tick matters."""
        return self if self.timeout < left + TICK else structs.replace(self, timeout=left)

    @property
    def uri(self) -> str:
        """The whole URL."""
        return self.origin + self.target

    @property
    def server(self) -> str:
        """The server's URL: origin and path, without the operation's own."""
        return self.origin + self.target.partition("?")[0].removesuffix(self.path)


class Hop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a facade tells of a call beside the backend's answer."""

    attempts: int = 1
    """Tries at the backend."""
    cache: CacheStatus = CacheStatus.BYPASS
    age: float | None = None
    """Seconds since the backend made the answer, where it was remembered."""
    seconds: float | None = None
    """How long the facade took."""
    backend_seconds: float | None = None
    """How long of it the backend took."""
    server: str = ""
    """The backend's server, its origin and path: what the URLs in its answers are below."""
    headers: Mapping[str, str] = {}
    """What a face says before the answer: `ratelimit`, `ratelimit-policy`."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the backend answered, whole and unpacked."""

    status: int
    headers: Headers
    """Names in lower case."""
    body: bytes
    complete: bool = True
    """False where the answer ended with the connection, so that a cut cannot be seen."""
    hop: Hop | None = None
    """Of an answer that came through a facade of ours."""

    def header(self, name: str) -> str | None:
        """The first field of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One try at the backend."""

    status: int
    """0 where no answer came."""
    seconds: float
    reason: str = ""
    """Of its failure; empty where it succeeded."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What went over the wire for one call, secrets blanked."""

    method: str
    uri: str
    server: str = ""
    """Origin and path of the server, for a face that hands the reply on."""
    request_headers: Headers
    request_body: bytes | None = None
    reply: Reply | None = None
    attempts: tuple[Attempt, ...] = ()
    version: str = ""
    trace_id: str = ""
    curl: str = ""
    """The request as a curl command, for a dry run."""
    warnings: tuple[str, ...] = ()
    """What the document does not say of the answer: an undeclared status or media type."""
    cache: CacheStatus = CacheStatus.BYPASS
    age: float | None = None
    """Seconds since the backend made the answer, where it was remembered."""
    timings: Mapping[str, float] = {}
    """Seconds that others had the call, by who: `facade`, `backend`."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a call comes to: JSON, something else, nothing, or the fault."""

    json: bytes | None = None
    """The backend's bytes, untouched; None where the output is not JSON."""
    body: bytes | None = None
    """Anything that is not JSON, with `content_type`."""
    content_type: str = ""
    fault: Fault | None = None
    """Only for a call that continues on failure."""
    exchange: Exchange
    headers: Mapping[str, str] = {}
    """What a face says before the answer: `ratelimit`, `ratelimit-policy`."""


class Recalled(Outcome, frozen=True, kw_only=True):
    """What a call comes to by an answer that was remembered, where nothing signs the call."""

    plan: Plan
    remembered: bytes
    """The body as it was remembered: the same object each time."""
