"""Ready: the credentials of an action with the values of their secrets, worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Violation
from facade.model.call import TlsIdentity
from facade.model.credential import AwsSigV4, Digest, Grant, MutualTls, OAuth2
from facade.model.secret import held_by
from facade.policy.credentials.digest import Login
from facade.policy.credentials.grant import Client, authorization_of, endpoint_of, scopes_of
from facade.policy.credentials.marks import BLANK, Mark, Stamp, incomplete, line_of, stamp_of
from facade.policy.credentials.plain import Values, marks_of
from facade.policy.credentials.requirements import Chosen
from facade.policy.credentials.sigv4 import Signer
from facade.sealing import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """All that the signatures of one action have in common, for as long as no secret changes."""

    who: str = ""
    """Tells who signs, and nothing of the secrets; empty: nobody."""
    stamp: Stamp = BLANK
    identity: TlsIdentity | None = field(default=None, repr=False)
    clients: tuple[Client, ...] = ()
    logins: tuple[Login, ...] = ()
    signers: tuple[Signer, ...] = ()
    static: bool = True
    """Whether nothing is fetched or computed for a single call."""

    @property
    def exchanged(self) -> list[OAuth2]:
        """Those that get their tokens for the caller's own."""
        return [each.kind for each in self.clients if each.kind.grant is Grant.TOKEN_EXCHANGE]


RENEWED = frozenset({Grant.REFRESH_TOKEN, Grant.AUTHORIZATION_CODE})
"""Grants whose tokens come of a refresh token, which has scopes of its own."""

UNSIGNED = Ready()
"""Of a call that nothing signs."""


def ready_of(chosen: tuple[Chosen, ...], ca: str, values: Mapping[str, str], seal: Seal) -> Ready:
    """Works out what signs, with the values of secrets by their references.

    `ca` is the reference to who is trusted. Raises ConnectionIncomplete, naming every value that
    cannot be used.
    """
    if not chosen and not ca:
        return UNSIGNED
    marks: list[Mark] = []
    parts: list[Client | Login | Signer | TlsIdentity] = []
    problems: list[Violation] = []
    names = [_name(each, values, seal) for each in chosen]

    def line(reference: str) -> str:
        return line_of(reference, values[reference])

    for each, name in zip(chosen, names, strict=True):
        try:
            marks += marks_of(each.credential, each.scheme, line)
            parts += _parts(each, name, values, line)
        except ConnectionIncomplete as fault:
            problems += fault.details.violations
    if problems:
        raise incomplete("a credential of the version cannot be used", *problems)
    certificate = next((each for each in parts if isinstance(each, TlsIdentity)), TlsIdentity())
    identity = TlsIdentity(
        certificate=certificate.certificate,
        key=certificate.key,
        ca=values[ca] if ca else "",
    )
    computed = [each for each in parts if not isinstance(each, TlsIdentity)]
    return Ready(
        who=seal.name(*names) if names else "",
        stamp=stamp_of(marks),
        identity=identity if identity != TlsIdentity() else None,
        clients=tuple(each for each in parts if isinstance(each, Client)),
        logins=tuple(each for each in parts if isinstance(each, Login)),
        signers=tuple(each for each in parts if isinstance(each, Signer)),
        static=not computed,
    )


def _name(chosen: Chosen, values: Mapping[str, str], seal: Seal) -> str:
    """Names a credential: what it is, which secrets it has, and their values.

    A refresh token is the same whatever scopes an action asks for: were it used under several
    names at once, a server that gives a new one each time would take it for stolen.
    """
    own = [values[reference] for reference in held_by(chosen.credential)]
    kind, scheme = chosen.credential.kind, chosen.scheme
    if isinstance(kind, OAuth2) and kind.grant in RENEWED and scheme is not None:
        chosen = replace(chosen, scheme=replace(scheme, scopes=()))
    return seal.name(repr(chosen), *own)


def _parts(
    chosen: Chosen, name: str, values: Mapping[str, str], line: Values
) -> list[Client | Login | Signer | TlsIdentity]:
    match chosen.credential.kind:
        case OAuth2() as kind:
            token_uri, discovery_uri = endpoint_of(kind, chosen.scheme)
            client = Client(
                kind=kind,
                name=name,
                scopes=scopes_of(kind, chosen.scheme),
                token_uri=token_uri,
                discovery_uri=discovery_uri,
                authorization_uri=authorization_of(kind, chosen.scheme),
                values={reference: values[reference] for reference in held_by(chosen.credential)},
            )
            return [client]
        case Digest(username=username, password=password):
            return [Login(who=name, username=username, password=values[password])]
        case AwsSigV4() as kind:
            signer = Signer(
                region=kind.region,
                service=kind.service,
                access_key_id=line(kind.access_key_id),
                secret_access_key=line(kind.secret_access_key),
                session_token=line(kind.session_token) if kind.session_token else "",
            )
            return [signer]
        case MutualTls(certificate=certificate, key=key):
            return [TlsIdentity(certificate=values[certificate], key=values[key])]
    return []
