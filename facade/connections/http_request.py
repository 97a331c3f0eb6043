"""Requests of one's own through a connection: an HTTP request becomes a plan like any other."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

import orjson

from facade.catalog.catalog import Catalog
from facade.catalog.request import invalid
from facade.connections.hosts import allows
from facade.errors.caller import ConnectionIncomplete, EgressDenied
from facade.errors.fault import Violation
from facade.model.action import Action, Requirement
from facade.model.call import CacheUse, Call, Caller, Headers, Outcome, Plan
from facade.model.connection import Connection
from facade.model.field_names import TOKEN, is_framing
from facade.model.names import ActionName, ConnectionName
from facade.model.version import Destination, Network, Version
from facade.spec.spec import Spec
from facade.transcode.headers import value_flaw
from facade.transcode.server import Base, choose_all, parse
from facade.transcode.template import PATH, QUERY, has_dots, literal
from facade.transcode.variable_value import settle

ACTION = "executeHttpRequest"
"""What such a request is called in traces and metrics, in the place of an action."""

MOST_SERVERS = 100
"""Actions that are looked at for the servers that are the version's own."""

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")
"""Those that such a request may have (H-1)."""

BODILESS = frozenset({"GET", "HEAD"})
"""Those whose requests have no body (RFC 9110 sections 9.3.1 and 9.3.2)."""

CONTENT_TYPE = "content-type"
"""What only an action's own rules set elsewhere: here the caller alone knows the body."""

UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as its caller wrote it."""

    method: str = "GET"
    url: str
    headers: Headers = ()
    body: bytes | None = None


class Executor(Protocol):
    """The engine, as this needs it."""

    async def send(self, call: Call, plan: Plan) -> Outcome:
        """Executes a plan, and hands the answer on, whatever its status."""


class HttpRequests:
    """Sends requests that no action describes, by the rules of every call."""

    def __init__(
        self,
        engine: Executor,
        catalog: Catalog,
        values: Callable[[Version], Awaitable[Mapping[str, str]]],
    ) -> None:
        """Takes who sends, what there is, and what gives the secret values of variables."""
        self._engine = engine
        self._catalog = catalog
        self._values = values

    async def execute(
        self,
        name: ConnectionName,
        request: HttpRequest,
        deadline: float | None = None,
        trace_id: str = "",
    ) -> Outcome:
        """Sends a request to a host that the connection allows; the outcome's exchange has all.

        Raises ConnectionNotFound, ConnectionSuspended, InvalidRequest with everything that is
        wrong, EgressDenied for another host, and what calls raise, but for what the status of an
        answer stands for.
        """
        request = replace(request, url=request.url.strip())
        found = tuple(_flaws(request))
        if found:
            raise invalid(*found)
        connection = self._catalog.connecting.open(name)
        base = _base(request.url)
        if not allows(connection.allowed_hosts, base.origin):
            host = base.origin.partition("://")[2]
            raise EgressDenied(
                f"url: `{connection.name}` does not allow requests to `{host}`; "
                "its `allowed_hosts` names those that it does"
            )
        version = self._catalog.connecting.serving(connection)
        if base.origin not in {each.origin for each in await self.servers(version)}:
            version = _foreign(version)
        return await self.send(connection, version, request, base, deadline, trace_id)

    async def send(
        self,
        connection: Connection,
        version: Version,
        request: HttpRequest,
        base: Base,
        deadline: float | None = None,
        trace_id: str = "",
    ) -> Outcome:
        """Sends a request by a version: whatever signs its calls signs it."""
        name = version.name
        action = Action(
            id=ACTION,
            method=request.method,
            path=base.path or "/",
            pointer="",
            security=_security(await self._catalog.spec(version)),
        )
        caller = Caller(tenant=connection.name.tenant, connection=connection.name.connection)
        policy = version.policy_of(ACTION)
        call = Call(
            name=ActionName(name.connector, name.version, ACTION, name.tenant),
            arguments={},
            trace_id=trace_id,
            caller=caller,
            cache_use=CacheUse.BYPASS,
        )
        plan = Plan(
            version=version,
            action=action,
            method=request.method,
            origin=base.origin,
            target=(base.path or "/") + (f"?{base.query}" if base.query else ""),
            headers=request.headers,
            body=request.body,
            timeout=policy.timeout if deadline is None else min(policy.timeout, deadline),
            policy=policy,
            caller=caller,
            cache_use=CacheUse.BYPASS,
        )
        return await self._engine.send(call, plan)

    async def servers(self, version: Version) -> tuple[Base, ...]:
        """The servers of a version's own, as far as they are told; none of an indirect one's.

        What is sent to a facade is for the facade alone to make.
        """
        if version.destination.indirect:
            return ()
        spec = await self._catalog.spec(version)
        secrets = await self._values(version)
        settled, _ = settle(version.variables, secrets, {})
        texts = {each.name: text for each, text in settled if each.location is None}
        found: dict[Base, None] = {}
        for action in spec.ids[:MOST_SERVERS]:
            with suppress(ConnectionIncomplete):
                bases = choose_all(version, spec.action(action), texts)
                found |= dict.fromkeys(bases)
            if version.destination.uri:
                break
        return tuple(found)


def _security(spec: Spec) -> tuple[Requirement, ...] | None:
    """What signs, where no action says it: what the first signed one of the document asks for."""
    asked = (spec.action(each).security for each in spec.ids[:MOST_SERVERS])
    return next((each for each in asked if each and each != ((),)), None)


def _foreign(version: Version) -> Version:
    """The version for a server that is not its own: nothing of it goes there."""
    there = version.destination.network
    network = Network(proxy=there.proxy, source_address=there.source_address)
    return replace(
        version,
        credentials=(),
        passthrough=(),
        variables=(),
        destination=Destination(network=network),
    )


def _base(url: str) -> Base:
    """Where a URL leads, byte for byte; raises InvalidRequest."""
    try:
        base = parse(url)
    except ConnectionIncomplete:
        wanted = "must be an absolute http or https URL, without a user or dot segments"
        raise invalid(Violation(field="url", description=wanted)) from None
    parts = urlsplit(url)
    path = literal(parts.path, PATH + "/")
    if has_dots(path):
        raise invalid(Violation(field="url", description="must have no dot segments in its path"))
    return Base(base.origin, path, literal(parts.query, QUERY))


def _flaws(request: HttpRequest) -> Iterator[Violation]:
    if request.method not in METHODS:
        wanted = f"must be one of {', '.join(METHODS)}"
        yield Violation(field="method", description=wanted)
    if not request.url:
        yield Violation(field="url", description="is required")
    elif UNSAFE.search(request.url):
        yield Violation(field="url", description="has characters that no URL has")
    elif "#" in request.url:
        yield Violation(field="url", description="must have no fragment")
    yield from _flaws_of_headers(request)
    yield from _flaws_of_body(request)


def _flaws_of_headers(request: HttpRequest) -> Iterator[Violation]:
    for number, (name, value) in enumerate(request.headers):
        if not TOKEN.fullmatch(name):
            said = "must be a name that HTTP allows"
            yield Violation(field=f"headers[{number}].name", description=said)
        elif is_framing(name) and name.lower() != CONTENT_TYPE:
            said = "is a header that the gateway alone sets"
            yield Violation(field=f"headers[{number}].name", description=said)
        if flaw := value_flaw(value):
            yield Violation(field=f"headers[{number}].value", description=flaw)


def _flaws_of_body(request: HttpRequest) -> Iterator[Violation]:
    if request.method in BODILESS and request.body:
        yield Violation(field="body", description=f"a {request.method} sends none")
    elif request.body and any(_is_json(*field) for field in request.headers):
        try:
            orjson.loads(request.body)
        except ValueError as problem:
            said = f"is not the JSON that its content type says: {problem}"
            yield Violation(field="body", description=said)


def _is_json(name: str, value: str) -> bool:
    """Whether a header field says that the body is JSON."""
    kind = value.partition(";")[0].strip().lower()
    is_json = kind.endswith(("/json", "+json"))
    return is_json and name.lower() == CONTENT_TYPE
