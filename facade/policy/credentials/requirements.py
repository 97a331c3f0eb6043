"""Which credentials sign a call: any one of the requirements, all schemes of that one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Violation
from facade.model.action import Action, Location, Requirement, SecurityScheme
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    Credential,
    CustomHeaders,
    Digest,
    MutualTls,
    OAuth2,
    Passthrough,
)
from facade.model.version import Version
from facade.policy.credentials.marks import incomplete
from facade.policy.credentials.plain import place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A credential that signs, and the scheme that it signs for."""

    credential: Credential
    scheme: SecurityScheme | None = None
    """None: the document does not speak of it."""


def chosen(version: Version, action: Action, given: Collection[Passthrough]) -> tuple[Chosen, ...]:
    """The credentials of a version that sign the calls of an action.

    What the caller signs with itself (`given`) needs none of the version's. Where the document
    says nothing of security, all credentials of the version are applied. A version without any
    calls unsigned, whatever the document asks for: the backend judges. Calls through a facade
    carry the facade's credential, and those of a connection, which are for the backend. A client
    certificate is the connection's, not the call's: it is there whatever the action asks for.

    Raises ConnectionIncomplete, naming every scheme that would do, or each of the caller's
    credentials that is missing where the version has none.
    """
    if version.destination.indirect:
        own = version.destination.credential
        signing: tuple[Chosen, ...] = (Chosen(credential=own),) if own else ()
        if not (version.connection and version.credentials):
            return signing
        return (*signing, *_signing(version, action, {each.header.lower() for each in given}))
    signing = _signing(version, action, {each.header.lower() for each in given})
    missing = [each for each in version.passthrough if each not in given]
    if missing and not signing and _asks(action):
        raise incomplete("the call lacks a credential of the caller's", *map(_lacking, missing))
    certificates = [each for each in version.credentials if isinstance(each.kind, MutualTls)]
    if certificates and not any(isinstance(each.credential.kind, MutualTls) for each in signing):
        signing = (*signing, Chosen(credential=certificates[0]))
    return signing


def _signing(version: Version, action: Action, given: Collection[str]) -> tuple[Chosen, ...]:
    """What signs beside the headers that the caller gives."""
    if action.security is None:
        return tuple(
            Chosen(credential=each)
            for each in version.credentials
            if not _covered(place_of(each, None), given)
        )
    held = {each.scheme: each for each in version.credentials}
    for requirement in action.security:
        open_ = [each for each in requirement if not _covered(_place(each), given)]
        if requirement and all(_fits(scheme, held.get(scheme.name)) for scheme in open_):
            return tuple(Chosen(credential=held[each.name], scheme=each) for each in open_)
    if held and not given and _asks(action):
        raise _unsigned(action.security, held, version.passthrough)
    return ()


def _asks(action: Action) -> bool:
    """Whether an action may not go unsigned, as far as the document tells."""
    return action.security is None or bool(action.security and () not in action.security)


def _place(scheme: SecurityScheme) -> tuple[Location, str]:
    if scheme.type == "apiKey":
        return scheme.location, scheme.parameter
    return Location.HEADER, "" if scheme.type == "mutualTLS" else "Authorization"


def _covered(place: tuple[Location, str], given: Collection[str]) -> bool:
    """Whether the caller's own credential stands where one would be written."""
    return place[0] is Location.HEADER and place[1].lower() in given


_KINDS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "basic": (Basic,),
        "digest": (Digest,),
        "bearer": (Bearer, OAuth2),
        "oauth2": (Bearer, OAuth2),
        "openIdConnect": (Bearer, OAuth2),
        "": (Basic, Digest, Bearer, OAuth2, AwsSigV4),
    }
)
"""Which kinds sign for a scheme, by its type, of type `http` by its own name."""


def _fits(scheme: SecurityScheme, credential: Credential | None) -> bool:
    """Whether a credential is of the kind that a scheme takes.

    A key may stand in for anything that goes into the Authorization header: it is written there
    as it is, behind its prefix. So may headers of one's own.
    """
    if credential is None:
        return False
    if scheme.type == "mutualTLS" or isinstance(credential.kind, MutualTls):
        return scheme.type == "mutualTLS" and isinstance(credential.kind, MutualTls)
    if isinstance(credential.kind, ApiKey | CustomHeaders):
        return True
    if scheme.type == "apiKey":
        return _covered(_place(scheme), {"authorization"})
    word = scheme.scheme if scheme.type == "http" else scheme.type
    return isinstance(credential.kind, _KINDS.get(word, (AwsSigV4,)))


def _unsigned(
    security: tuple[Requirement, ...],
    held: Mapping[str, Credential],
    passthrough: tuple[Passthrough, ...],
) -> ConnectionIncomplete:
    """Says of each requirement what would satisfy it."""
    problems = []
    for requirement in security:
        lacking = [each for each in requirement if not _fits(each, held.get(each.name))]
        wanted = " and ".join(f"`{each.name}` ({_wanted(each)})" for each in lacking)
        problems.append(
            Violation(field="credentials", description=f"configure a credential for {wanted}")
        )
    return incomplete(
        "the action asks for a credential that the version does not have",
        *problems,
        *map(_lacking, passthrough),
    )


def _lacking(rule: Passthrough) -> Violation:
    return Violation(
        field=f"metadata.{rule.metadata}",
        description=f"send `{rule.metadata}` with the call: it becomes the header `{rule.header}`",
    )


def _wanted(scheme: SecurityScheme) -> str:
    """What a scheme takes, in the words of the credential's fields."""
    match scheme.type:
        case "apiKey":
            return f"an api_key for the {scheme.location} parameter `{scheme.parameter}`"
        case "http" if scheme.scheme in {"basic", "digest"}:
            return f"{scheme.scheme}: a username and a password"
        case "mutualTLS":
            return "mutual_tls: a certificate and its key"
        case "http" if scheme.scheme != "bearer":
            return f"an api_key with the prefix `{scheme.scheme} `"
        case "oauth2" | "openIdConnect":
            return "oauth2: a grant, or bearer: a token"
    return "bearer: a token"
