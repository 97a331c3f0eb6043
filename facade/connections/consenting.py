"""Consenting: people say at an authorization server that calls may be made on their behalf."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from facade.catalog.request import invalid
from facade.connections.authorization_servers import AuthorizationServers
from facade.connections.authorizations import BYTES, CALLBACK, Authorization, Authorizations
from facade.connections.connections import Connections
from facade.connections.missing import no_subject
from facade.connections.returning import Returns
from facade.connections.subjects import SYSTEM, Subjects
from facade.errors.caller import CallerFault, ConnectionIncomplete, TokenRefused
from facade.errors.connections import AuthorizationRequired
from facade.errors.fault import Details, Fault, Violation
from facade.model.access import ANYONE, Identity
from facade.model.call import Caller
from facade.model.connection import Connection, EndUsers, Subject, SubjectState
from facade.model.names import ConnectionName, SubjectName
from facade.model.version import Version
from facade.policy.credentials.consents import Consents
from facade.policy.credentials.endpoint import Request
from facade.policy.credentials.grant import Code
from facade.recent import Recent

LOGGER = logging.getLogger(__name__)

Name: TypeAlias = ConnectionName | SubjectName
"""Who consents: a connection's owner, or an end user."""

MOST: Final = 10_000
"""People whose URL is kept."""
LATELY: Final = 60.0
"""Seconds for which calls that fail are told the same URL."""


class End(StrEnum):
    """What came of an answer, in words for whoever consented."""

    NOTED = "Thank you: the consent is noted. You can close this page."
    UNKNOWN = "This link was used already, is too old, or is none of ours. Ask for a new one."
    FOREIGN = "The answer is not from the server that was asked. Nothing was changed."
    DENIED = "Consent was not given. Nothing was changed."
    CHANGED = "What was to be consented to has changed meanwhile. Ask for a new link."
    NOT_TAKEN = "The authorization server gave no token for this consent. Ask for a new link."
    GONE = "There is nothing any more that this consent would be for."
    LATER = "This did not work just now. Ask for a new link in a while."


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Where people come back to from their consent."""

    public_url: str = ""
    """Of the HTTP face, that takes what they bring; empty: it is not known."""
    returns: Returns = field(default_factory=Returns)
    """Where they may be sent from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an authorization server had a browser bring (RFC 6749 section 4.1.2, RFC 9207)."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    issuer: str = ""
    error: str = ""


class Outcome(NamedTuple):
    """What came of an answer, and where whoever brought it goes on."""

    end: End
    return_uri: str = ""
    """Empty: nowhere; they are told."""


class Consenting:
    """Sends people to consent, and takes what comes of it. Raises StoreUnavailable."""

    def __init__(
        self,
        subjects: Subjects,
        connections: Connections,
        authorizations: Authorizations,
        servers: AuthorizationServers,
        consents: Consents,
        back: Back,
    ) -> None:
        """Takes who consents, what is kept of it, and where people are sent back to."""
        self._subjects = subjects
        self._connections = connections
        self._authorizations = authorizations
        self._servers = servers
        self._consents = consents
        self._public_url, self._returns = back.public_url.rstrip("/"), back.returns
        self._lately: Recent[Name, tuple[float, str]] = Recent(MOST)
        self.clock: Callable[[], float] = time.monotonic

    async def authorize(self, name: Name, by: Identity = ANYONE, return_uri: str = "") -> str:
        """The URL at which somebody consents, good for ten minutes and once.

        They are sent to `return_uri` then. Raises InvalidRequest where that is not allowed,
        ConnectionNotFound, SubjectNotFound, ConnectionIncomplete where nothing is got by
        consent or it is not known where, TokenRefused and TokenUnavailable.
        """
        flaw = self._returns.flaw(return_uri) if return_uri else ""
        if flaw:
            raise invalid(Violation(field="return_uri", description=flaw))
        if not self._public_url:
            raise _without_address()
        connection = self._connections.get(_parent(name))
        who = await self._who(name)
        held = self._servers.credentials(connection)
        open_ = [each for each in held if each.scheme not in who.consents]
        scheme = (*open_, *held)[0].scheme
        request, scope = await self._servers.request(connection, scheme)
        told = await self._servers.consent_at(request)
        authorization = Authorization(
            tenant=name.tenant,
            connection=name.connection,
            subject=name.subject if isinstance(name, SubjectName) else "",
            uid=who.uid,
            scheme=scheme,
            client_id=request.client.kind.client_id,
            token_uri=_token_place(request),
            verifier=self._authorizations.verifier(),
            redirect_uri=self._public_url + CALLBACK,
            issuer=told.issuer,
            tells_issuer=told.tells_issuer,
            authorization_uri=told.authorization_uri,
            by=by.name,
            return_uri=return_uri,
        )
        return await self._authorizations.begin(authorization, request.client, scope)

    async def answered(self, answer: Answered) -> Outcome:
        """Takes a server's answer; from then on calls are signed by what was consented to."""
        asked = await self._authorizations.find(answer.state)
        if asked is None:
            return Outcome(End.UNKNOWN)
        try:
            end = await self._taken(asked, answer)
        except CallerFault:
            end = End.GONE
        except Fault as fault:
            LOGGER.warning("%s: a consent is not noted: %s", asked.name, fault.reason)
            end = End.LATER
        allowed = asked.return_uri and not self._returns.flaw(asked.return_uri)
        return Outcome(end, asked.return_uri if allowed else "")

    async def _taken(self, asked: Authorization, answer: Answered) -> End:
        """Takes an answer to what was asked.

        Raises what the endpoint raises where the server does not answer, and ConnectionNotFound or
        SubjectNotFound for whom there is no more.
        """
        if not asked.is_from(answer.issuer):
            return End.FOREIGN
        if answer.error or not answer.code:
            await self._denied(asked.name)
            return End.DENIED
        request = await self._request(asked)
        if request is None:
            return End.CHANGED
        code = Code(text=answer.code, redirect_uri=asked.redirect_uri, verifier=asked.verifier)
        try:
            token = await self._servers.exchange(request, code)
        except TokenRefused:
            return End.NOT_TAKEN
        consent = secrets.token_urlsafe(BYTES)
        await self._consents.begin(consent, token)
        try:
            before = await self._given(asked, consent)
        except Fault:
            await self._consents.end(consent)
            raise
        if before:
            await self._consents.end(before)
        return End.NOTED

    async def lapsed(self, version: Version, caller: Caller, consent: str) -> Fault:
        """Notes that a consent does not hold, and says what calls fail with from now on."""
        try:
            name = await self._whose(caller, consent)
            if name is None:
                return _nobody()
            if consent:
                await self._taken_back(name, consent)
            url = await self._url(name)
        except Fault as fault:
            LOGGER.warning("%s: nobody can be asked for consent: %s", version.name, fault.reason)
            return _required("")
        return _required(url)

    async def _request(self, asked: Authorization) -> Request | None:
        """What a code is taken to its server with; None where who, or what, is another by now."""
        who = await self._who(asked.name)
        connection = self._connections.get(_parent(asked.name))
        request, _ = await self._servers.request(connection, asked.scheme)
        said = who.uid, request.client.kind.client_id, _token_place(request)
        return request if said == (asked.uid, asked.client_id, asked.token_uri) else None

    async def _who(self, name: Name) -> Connection | Subject:
        """Who is to consent; raises ConnectionNotFound, SubjectNotFound."""
        if isinstance(name, SubjectName):
            return await self._subjects.get(name)
        return self._connections.get(name)

    async def _whose(self, caller: Caller, consent: str) -> Name | None:
        """Who gave a consent, or has to give one."""
        if not caller.connection:
            return None
        parent = ConnectionName(caller.connection, caller.tenant)
        connection = self._connections.get(parent)
        theirs = connection.end_users is not EndUsers.NEVER and caller.subject
        if theirs and consent not in connection.consents.values():
            return SubjectName(caller.connection, caller.subject, caller.tenant)
        return parent

    async def _url(self, name: Name) -> str:
        """A URL for calls that fail: the same for a while, since each is kept until it is old."""
        lately, now = self._lately.get(name), self.clock()
        if lately is not None and now < lately[0] + LATELY:
            return lately[1]
        url = await self.authorize(name, SYSTEM)
        self._lately.put(name, (now, url))
        return url

    async def _given(self, asked: Authorization, consent: str) -> str:
        """Notes a consent; gives the one in whose place it comes, empty for none."""
        name, by = asked.name, Identity(tenant=asked.tenant, name=asked.by)
        self._lately.pop(name)
        if isinstance(name, ConnectionName):
            before = self._connections.get(name).consents.get(asked.scheme, "")
            await self._connections.consented(name, asked.scheme, consent, by)
            return before
        replaced: list[str] = []

        def given(subject: Subject) -> Subject:
            if subject.state is SubjectState.DELETING or subject.uid != asked.uid:
                raise no_subject(name)
            replaced[:] = [subject.consents.get(asked.scheme, "")]
            consents = {**subject.consents, asked.scheme: consent}
            state = SubjectState.STARTED
            return replace(subject, consents=consents, state=state, state_description="")

        await self._subjects.change("authorize_subject", name, given, by)
        return replaced[0]

    async def _taken_back(self, name: Name, consent: str) -> None:
        """Forgets a consent that the server takes no more; another process may have done so."""
        if isinstance(name, ConnectionName):
            held = self._connections.get(name).consents
            for scheme in [scheme for scheme, each in held.items() if each == consent]:
                await self._connections.consented(name, scheme, "", SYSTEM)
        else:
            await self._subjects.change("lapse_subject", name, _without(consent), SYSTEM)
        await self._consents.end(consent)

    async def _denied(self, name: Name) -> None:
        """Says of a subject that was to consent that it did not."""
        if isinstance(name, SubjectName):
            await self._subjects.change("authorize_subject", name, _refused, SYSTEM)


def _without(consent: str) -> Callable[[Subject], Subject]:
    def without(subject: Subject) -> Subject:
        kept: Mapping[str, str] = {
            scheme: each for scheme, each in subject.consents.items() if each != consent
        }
        if len(kept) == len(subject.consents) or subject.state is SubjectState.DELETING:
            return subject
        description = "The authorization server takes the consent no more."
        return replace(
            subject, consents=kept, state=SubjectState.ERROR, state_description=description
        )

    return without


def _refused(subject: Subject) -> Subject:
    if subject.state is not SubjectState.STARTING:
        return subject
    return replace(subject, state_description="Consent was not given.")


def _token_place(request: Request) -> str:
    """Where tokens are given, or where that is told: a code is taken to no other place."""
    return request.client.token_uri or request.client.discovery_uri


def _parent(name: Name) -> ConnectionName:
    return ConnectionName(name.connection, name.tenant)


def _required(url: str) -> AuthorizationRequired:
    facts = {"authorizationUrl": url} if url else {}
    return AuthorizationRequired(
        "somebody must consent to these calls first, or again", details=Details(facts=facts)
    )


def _nobody() -> ConnectionIncomplete:
    description = "name a connection: the credential is got by the consent of its owner or users"
    return ConnectionIncomplete(
        "nobody is named who could consent to the call",
        details=Details(violations=(Violation(field="connection", description=description),)),
    )


def _without_address() -> ConnectionIncomplete:
    description = "must say where the HTTP face is, so that browsers come back to it"
    return ConnectionIncomplete(
        "it is not known where people come back to from their consent",
        details=Details(violations=(Violation(field="public_url", description=description),)),
    )
