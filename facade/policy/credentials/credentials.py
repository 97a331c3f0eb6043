"""Signing: a plan gets what its version and its caller hold for the security that is asked for."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain
from types import MappingProxyType

import msgspec
from msgspec import structs

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Code, Fault, Violation
from facade.errors.hop import HopFault
from facade.model.action import Action, SecurityScheme
from facade.model.call import Plan, Reply
from facade.model.credential import Credential, Passthrough
from facade.model.secret import held_by
from facade.model.version import Version
from facade.policy.credentials.digest import Challenges
from facade.policy.credentials.endpoint import Request
from facade.policy.credentials.marks import (
    BLANK,
    Mark,
    Stamp,
    incomplete,
    line_of,
    stamp_of,
    stamped,
)
from facade.policy.credentials.passthrough import given_by, marks_by, subject_of
from facade.policy.credentials.plain import bearer
from facade.policy.credentials.ready import UNSIGNED, Ready, ready_of
from facade.policy.credentials.requirements import Chosen, chosen
from facade.policy.credentials.token import Token
from facade.policy.credentials.tokens import Tokens
from facade.recent import Living, Recent
from facade.sealing import Seal
from facade.secrets.references import Read, Secrets

BEARING = 1024
"""Tokens whose header is kept made."""

STAMP_OF_UNKNOWN = stamp_of([Mark(value="Bearer ***", secrets=())])
"""Stands for a token that is not at hand, where nothing is sent."""

KEPT = 2048
"""Versions that share an action, those of connections too, by what callers give them, whose signing
is kept."""

NO_VALUES: Mapping[str, str] = MappingProxyType({})
"""Of a version without variables."""

Renewal = Callable[[Reply | None], bool]
"""Gives up what was not accepted; whether there may be something better now."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its credentials in place."""

    plan: Plan
    secrets: tuple[str, ...] = ()
    """Every secret text that the plan now holds, in each spelling: to be blanked wherever shown."""
    renewals: tuple[Renewal, ...] = ()
    """Of the credentials that can be renewed."""

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Signed(plan={self.plan!r})"


@dataclass(slots=True, kw_only=True)
class _Memo:
    """What signs the calls of one action of a version, worked out for the values it had last."""

    version: Version
    """Held, since it is known by which object it is: no other comes to be in its place."""
    chosen: tuple[Chosen, ...]
    references: tuple[str, ...]
    held: tuple[tuple[Read, str], ...] = field(default=(), repr=False)
    """What gives each of those secrets, and the value that it gave last."""
    ready: Ready | None = None
    is_alike: bool = False
    """Whether that is the same for all calls, whoever makes them."""


class Credentials:
    """Signs plans (OAS security requirements: any one of them, all schemes of that one)."""

    def __init__(
        self,
        secrets: Secrets,
        tokens: Tokens,
        seal: Seal,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes where references become values, who gives tokens, and what names who signs."""
        self._secrets = secrets
        self._seal = seal
        self._clock = clock
        self._tokens = tokens
        self._challenges = Challenges()
        self._bearing = lru_cache(BEARING)(_bearing)
        self._memos: Living[Recent[tuple[int, tuple[Passthrough, ...]], _Memo]] = Living()
        """By version, for each action: by identity, for to compare them takes longer."""

    def at_hand(self, version: Version, action: Action) -> Ready | None:
        """What signs the calls of an action, where that is the same whoever makes them.

        None where it is not, where no call was signed yet, or where a secret has another value
        now: `who` and `sign` find out.
        """
        memos = self._memos.find(id(action))
        if memos is None:
            return None
        memo = memos.young.get(key := (id(version), ())) or memos.get(key)
        if memo is None or not memo.is_alike:
            return None
        for read, value in memo.held:
            if read() != value:
                return None
        return memo.ready

    async def values(self, version: Version) -> Mapping[str, str]:
        """The secret values of a version's variables, by the variables' names.

        A secret that is absent is left out where its variable is optional;
        ConnectionIncomplete names all others at once.
        """
        if not version.variables:
            return NO_VALUES
        found: dict[str, str] = {}
        problems: list[Violation] = []
        for variable in version.variables:
            if variable.secret is None:
                continue
            try:
                value = await self._secrets.resolve(variable.secret, version.name.tenant)
                found[variable.name] = line_of(variable.secret, value)
            except ConnectionIncomplete as fault:
                problems += fault.details.violations if variable.required else ()
        if problems:
            raise incomplete("a variable of the version has no value", *problems)
        return found

    async def who(self, plan: Plan) -> str:
        """Names who signs a plan, so that what one may see is never shown to another.

        Another value of a secret is another name, of those of the version's variables too. Empty
        where nothing signs. Raises what `sign` raises before it asks for tokens.
        """
        given = given_by(plan)
        ready = await self._ready(plan, given)
        values = (await self.values(plan.version)).values() if plan.version.variables else ()
        if not (values or given or ready.exchanged):
            return ready.who
        own = [*values, *(mark.value for mark in marks_by(plan, given))]
        own += [subject_of(plan, each) for each in ready.exchanged]
        return self._seal.name(ready.who, *own)

    async def secrets(self, plan: Plan) -> tuple[str, ...]:
        """The secret texts that would sign a plan now: to be blanked in what another call got.

        A token that is not at hand is none of them. Raises what `who` raises.
        """
        known = self.at_hand(plan.version, plan.action)
        if known is not None and known.static:
            return known.stamp.secrets
        given = given_by(plan)
        ready = await self._ready(plan, given)
        tokens = filter(None, map(self._tokens.at_hand, _requests(plan, ready)))
        stamps = [ready.stamp, *(self._bearing(each.text) for each in tokens), *_own(plan, given)]
        told = [*(each.secrets for each in stamps), *(each.secrets for each in ready.signers)]
        return tuple(chain.from_iterable(told))

    async def sign(self, plan: Plan, *, streamed: bool = False) -> Signed:
        """The plan with the credentials that its action asks for.

        `streamed` says that its body comes as it goes out, in place of the plan's own.

        Raises ConnectionIncomplete, naming every scheme that would do or what is missing,
        InvalidRequest for a caller's own credential that is none, InvalidParameters for a streamed
        body that must be signed, and what `Tokens.take` raises. Nothing was executed then.
        """
        given = given_by(plan)
        ready = await self._ready(plan, given)
        if ready.static and not given:
            return signed_by(ready, plan)
        stamps: list[Stamp] = []
        renewals: list[Renewal] = []
        for request in _requests(plan, ready):
            token = await self._tokens.take(request)
            stamps.append(self._bearing(token.text))
            renewals.append(partial(self._give_up, request, token))
        signed = self._signed(plan, ready, [*stamps, *_own(plan, given)], renewals)
        return self._computed(signed, ready, streamed=streamed)

    async def preview(self, plan: Plan) -> Signed:
        """The plan as `sign` makes it, without asking for tokens: one not at hand is `***`."""
        given = given_by(plan)
        ready = await self._ready(plan, given)
        tokens = [self._tokens.at_hand(each) for each in _requests(plan, ready)]
        stamps = [
            STAMP_OF_UNKNOWN if token is None else self._bearing(token.text) for token in tokens
        ]
        signed = self._signed(plan, ready, [*stamps, *_own(plan, given)])
        return self._computed(signed, ready, streamed=False)

    async def request(
        self, plan: Plan, credential: Credential, scheme: SecurityScheme | None
    ) -> Request:
        """What is asked of the authorization server of an OAuth2 credential, in a plan's name.

        Raises ConnectionIncomplete where a secret of it is not there.
        """
        ca = plan.version.destination.network.ca
        references = dict.fromkeys([*held_by(credential), *((ca,) if ca else ())])
        tenant = plan.version.name.tenant
        values = {each: await self._secrets.resolve(each, tenant) for each in references}
        signing = (Chosen(credential=credential, scheme=scheme),)
        return _requests(plan, ready_of(signing, ca, values, self._seal))[0]

    async def renew(self, signed: Signed, reply: Reply | None) -> bool:
        """Gives up what the backend did not accept; whether signing again is worth one more try.

        `reply` is the backend's, which may hold a challenge. A static credential stays as it is.
        """
        outcomes = [renewal(reply) for renewal in signed.renewals]
        return any(outcomes)

    def _signed(
        self,
        plan: Plan,
        ready: Ready,
        stamps: Sequence[Stamp] = (),
        renewals: Sequence[Renewal] = (),
    ) -> Signed:
        """The plan with everything in its place that is not computed from the rest."""
        secrets = ready.stamp.secrets
        if ready.stamp is not BLANK or ready.identity is not None:
            plan = stamped(plan, ready.stamp, ready.identity)
        for stamp in stamps:
            plan, secrets = stamped(plan, stamp), (*secrets, *stamp.secrets)
        for login in ready.logins:
            proof, nonce = self._challenges.proof(login, plan)
            plan = stamped(plan, stamp_of(proof))
            renewals = (*renewals, partial(self._challenges.learn, login, plan.origin, nonce))
        return Signed(plan=plan, secrets=secrets, renewals=tuple(renewals))

    def _computed(self, signed: Signed, ready: Ready, *, streamed: bool) -> Signed:
        """The plan with the signatures of the whole, which come last."""
        for signer in ready.signers:
            stamp = stamp_of(signer.marks(signed.plan, self._clock(), streamed=streamed))
            secrets = (*signed.secrets, *stamp.secrets)
            signed = structs.replace(signed, plan=stamped(signed.plan, stamp), secrets=secrets)
        return signed

    def _give_up(self, request: Request, token: Token, _: Reply | None) -> bool:
        return self._tokens.drop(request.key, token)

    async def _ready(self, plan: Plan, given: tuple[Passthrough, ...]) -> Ready:
        """What signs a plan, worked out again only where a secret has another value."""
        memo = self._memo(plan, given)
        if memo.ready is not None and not memo.references:
            return memo.ready
        tenant = plan.version.name.tenant
        try:
            values = [await self._secrets.resolve(each, tenant) for each in memo.references]
        except ConnectionIncomplete:
            await self._complain(memo.references, tenant)
            raise
        if memo.ready is None or values != [value for _, value in memo.held]:
            known = dict(zip(memo.references, values, strict=True))
            ca = plan.version.destination.network.ca
            memo.ready = ready_of(memo.chosen, ca, known, self._seal)
            readers = [self._secrets.reader(each, tenant) for each in memo.references]
            memo.held = tuple(zip(readers, values, strict=True))
            memo.is_alike = _is_alike(plan.version) and not memo.ready.exchanged
        return memo.ready

    def _memo(self, plan: Plan, given: tuple[Passthrough, ...]) -> _Memo:
        memos = self._memos.find(id(plan.action))
        if memos is None:
            memos = self._memos.put(plan.action, Recent(KEPT))
        key = (id(plan.version), given)
        memo = memos.get(key)
        if memo is None:
            memo = _memo_of(plan, given)
            memos.put(key, memo)
        return memo

    async def _complain(self, references: Iterable[str], tenant: str) -> None:
        """Names every secret that is not there; raises ConnectionIncomplete."""
        problems: list[Violation] = []
        for reference in references:
            try:
                await self._secrets.resolve(reference, tenant)
            except ConnectionIncomplete as fault:
                problems += fault.details.violations
        if problems:
            raise incomplete("a credential of the version cannot be used", *problems)


def refuses(fault: Fault) -> bool:
    """Whether a try ended because what was called does not accept the credential."""
    before = isinstance(fault, HopFault) and fault.details.facts.get("httpStatus") == "401"
    return not fault.relayed and (before or fault.status is Code.UNAUTHENTICATED)


def signed_by(ready: Ready, plan: Plan) -> Signed:
    """The plan signed with what is the same for every call."""
    if ready is UNSIGNED:
        return Signed(plan=plan)
    signed = stamped(plan, ready.stamp, ready.identity)
    return Signed(plan=signed, secrets=ready.stamp.secrets)


def _memo_of(plan: Plan, given: tuple[Passthrough, ...]) -> _Memo:
    signing = chosen(plan.version, plan.action, given)
    ca = plan.version.destination.network.ca
    references = [ref for each in signing for ref in held_by(each.credential)]
    return _Memo(
        version=plan.version,
        chosen=signing,
        references=tuple(dict.fromkeys([*references, ca] if ca else references)),
    )


def _is_alike(version: Version) -> bool:
    """Whether nothing that comes with a call has a part in what signs it."""
    theirs = version.metadata if version.destination.hops else version.passthrough
    return not (theirs or version.variables)


def _bearing(token: str) -> Stamp:
    """What a token writes."""
    return stamp_of([bearer(token)])


def _own(plan: Plan, given: tuple[Passthrough, ...]) -> tuple[Stamp, ...]:
    """What the caller signs with itself."""
    return (stamp_of(marks_by(plan, given)),) if given else ()


def _requests(plan: Plan, ready: Ready) -> list[Request]:
    """The tokens that a call needs."""
    if not ready.clients:
        return []
    carried = plan if ready.identity is None else stamped(plan, BLANK, ready.identity)
    return [
        Request(client=client, plan=carried, subject=subject_of(plan, client.kind))
        for client in ready.clients
    ]
