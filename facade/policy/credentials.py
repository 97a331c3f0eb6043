"""Credentials: a plan is signed with what its version holds for the security that is asked for."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.action import Location, Requirement, SecurityScheme
from facade.model.call import Headers, Plan
from facade.model.field_names import TOKEN, is_framing
from facade.model.version import ApiKey, Basic, Bearer, Credential, Version
from facade.secrets import Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A plan with its credentials in place."""

    plan: Plan
    secrets: tuple[str, ...] = ()
    """Every secret text that the plan now holds, in each spelling: to be blanked wherever shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """One thing that a credential writes into a request."""

    location: Location
    name: str
    value: str
    secrets: tuple[str, ...]


class Credentials:
    """Signs plans (OAS security requirements: any one of them, all schemes of that one)."""

    def __init__(self, secrets: Secrets) -> None:
        """Takes where references become values."""
        self._secrets = secrets

    def sign(self, plan: Plan) -> Signed:
        """The plan with the credentials that its action asks for.

        Calls through a facade carry the facade's credential and no other.
        Where the document says nothing of security, all credentials of the
        version are applied. A version without any calls unsigned, whatever the
        document asks for: the backend judges. Raises ConnectionIncomplete, naming every scheme
        that would do, or the secret that is missing.
        """
        marks: list[_Mark] = []
        problems: list[Violation] = []
        for credential, scheme in _chosen(plan):
            try:
                marks.append(self._mark(credential, scheme))
            except ConnectionIncomplete as fault:
                problems += fault.details.violations
        if problems:
            raise _incomplete("a credential of the version cannot be used", problems)
        secrets = tuple(dict.fromkeys(each for mark in marks for each in mark.secrets if each))
        for mark in marks:
            plan = _applied(plan, mark)
        return Signed(plan=plan, secrets=secrets)

    def values(self, version: Version) -> Mapping[str, str]:
        """The secret values of a version's variables, by the variables' names.

        A secret that is absent is left out where its variable is optional;
        ConnectionIncomplete names all others at once.
        """
        found: dict[str, str] = {}
        problems: list[Violation] = []
        for variable in version.variables:
            if variable.secret is None:
                continue
            try:
                found[variable.name] = self._value(variable.secret)
            except ConnectionIncomplete as fault:
                problems += fault.details.violations if variable.required else ()
        if problems:
            raise _incomplete("a variable of the version has no value", problems)
        return found

    def _value(self, reference: str) -> str:
        """A secret that can stand in a request: one line, no control characters."""
        value = self._secrets.resolve(reference)
        if any(each < " " or each == "\x7f" for each in value):
            raise _incomplete(
                f"the secret `{reference}` holds control characters",
                [Violation(field=reference, description="must be one line of text")],
            )
        return value

    def _mark(self, credential: Credential, scheme: SecurityScheme | None) -> _Mark:
        match credential.kind:
            case Basic(username=username, password=reference):
                return _basic(username, self._value(reference))
            case Bearer(token=reference):
                token = self._value(reference)
                return _authorization(f"Bearer {token}", token)
            case ApiKey(key=reference, prefix=prefix):
                key = self._value(reference)
                return _api_key(credential, scheme, prefix + key, key)


def _chosen(plan: Plan) -> Iterable[tuple[Credential, SecurityScheme | None]]:
    """The credentials that sign a plan, each with the scheme that it signs for."""
    version = plan.version
    if version.destination.indirect:
        credential = version.destination.credential
        return [(credential, None)] if credential else []
    if plan.action.security is None:
        return [(credential, None) for credential in version.credentials]
    held = {credential.scheme: credential for credential in version.credentials}
    for requirement in plan.action.security:
        if requirement and all(_fits(scheme, held.get(scheme.name)) for scheme in requirement):
            return [(held[scheme.name], scheme) for scheme in requirement]
    if held and plan.action.security and () not in plan.action.security:
        raise _unsigned(plan.action.security, held)
    return []


def _fits(scheme: SecurityScheme, credential: Credential | None) -> bool:
    """Whether a credential is of the kind that a scheme takes.

    A key may stand in for anything that goes into the Authorization header:
    it is written there as it is, behind its prefix.
    """
    if credential is None or scheme.type == "mutualTLS":
        return False
    if isinstance(credential.kind, ApiKey):
        return True
    if scheme.type == "apiKey":
        header = scheme.location is Location.HEADER
        return header and scheme.parameter.lower() == "authorization"
    if scheme.type == "http":
        return scheme.scheme == ("basic" if isinstance(credential.kind, Basic) else "bearer")
    return isinstance(credential.kind, Bearer)


def _place(scheme: SecurityScheme) -> tuple[Location, str]:
    if scheme.type == "apiKey":
        return scheme.location, scheme.parameter
    return Location.HEADER, "Authorization"


def _unsigned(
    security: tuple[Requirement, ...], held: Mapping[str, Credential]
) -> ConnectionIncomplete:
    """Says of each requirement what would satisfy it."""
    problems = []
    for requirement in security:
        lacking = [each for each in requirement if not _fits(each, held.get(each.name))]
        wanted = " and ".join(f"`{each.name}` ({_wanted(each)})" for each in lacking)
        problems.append(
            Violation(field="credentials", description=f"configure a credential for {wanted}")
        )
    return _incomplete("the action asks for a credential that the version does not have", problems)


def _wanted(scheme: SecurityScheme) -> str:
    """What a scheme takes, in the words of the credential's fields."""
    match scheme.type:
        case "apiKey":
            return f"an api_key for the {scheme.location} parameter `{scheme.parameter}`"
        case "http" if scheme.scheme == "basic":
            return "basic: a username and a password"
        case "mutualTLS":
            return "a client certificate, which versions cannot hold yet"
        case "http" if scheme.scheme != "bearer":
            return f"an api_key with the prefix `{scheme.scheme} `"
    return "bearer: a token"


def _authorization(value: str, *secrets: str) -> _Mark:
    return _Mark(location=Location.HEADER, name="Authorization", value=value, secrets=secrets)


def _basic(username: str, password: str) -> _Mark:
    """RFC 7617, in UTF-8."""
    if ":" in username:
        raise _incomplete(
            "a user name of basic authentication holds a colon",
            [Violation(field="credentials", description="RFC 7617 forbids `:` in a user name")],
        )
    pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    return _authorization(f"Basic {pair}", password, pair)


def _api_key(credential: Credential, scheme: SecurityScheme | None, value: str, key: str) -> _Mark:
    if scheme is not None:
        location, name = _place(scheme)
    else:
        location, name = credential.location or Location.HEADER, credential.parameter
    if not name or location in {Location.PATH, Location.BODY}:
        description = (
            f"the document asks for no `{credential.scheme}`: `location` and `parameter` must say"
            " which header, query parameter or cookie takes the key"
        )
        raise _incomplete(
            "it is not known where an api_key goes",
            [Violation(field="credentials", description=description)],
        )
    if flaw := _name_flaw(location, name):
        description = f"the {location} that `{credential.scheme}` names {flaw}"
        raise _incomplete(
            "an api_key cannot go where the document wants it",
            [Violation(field="credentials", description=description)],
        )
    if location is Location.COOKIE and any(each in ' ",;\\' for each in value):
        raise _incomplete(
            "an api_key cannot stand in a cookie",
            [Violation(field="credentials", description="RFC 6265 forbids some character of it")],
        )
    spelt = (quote(key, safe=""),) if location is Location.QUERY else ()
    return _Mark(location=location, name=name, value=value, secrets=(key, *spelt))


def _name_flaw(location: Location, name: str) -> str:
    """Why no key may go under a name that a document's author chose; empty where it may."""
    if location is Location.QUERY:
        return ""
    if not TOKEN.fullmatch(name):
        return "has a name that HTTP does not allow"
    if location is Location.HEADER and is_framing(name):
        return "is one that the gateway alone sets"
    return ""


def _applied(plan: Plan, mark: _Mark) -> Plan:
    """The plan with one mark; what stood in the same place gives way to it."""
    match mark.location:
        case Location.QUERY:
            sign = "&" if "?" in plan.target else "?"
            pair = f"{quote(mark.name, safe='')}={quote(mark.value, safe='')}"
            return replace(plan, target=f"{plan.target}{sign}{pair}")
        case Location.COOKIE:
            pair = f"{mark.name}={mark.value}"
            cookies = [value for name, value in plan.headers if name.lower() == "cookie"]
            return _with_header(plan, "cookie", "; ".join([*cookies, pair]))
    return _with_header(plan, mark.name, mark.value)


def _with_header(plan: Plan, name: str, value: str) -> Plan:
    kept: Headers = tuple(each for each in plan.headers if each[0].lower() != name.lower())
    return replace(plan, headers=(*kept, (name, value)))


def _incomplete(message: str, problems: list[Violation]) -> ConnectionIncomplete:
    return ConnectionIncomplete(message, details=Details(violations=tuple(problems)))
