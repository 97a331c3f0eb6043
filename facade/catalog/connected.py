"""Connected: a version with the values, credentials and limits of a connection; pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from facade.catalog.missing import CONNECTION
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Resource, Violation
from facade.model.connection import Connection
from facade.model.credential import (
    AwsSigV4,
    Basic,
    Bearer,
    Credential,
    CustomHeaders,
    Digest,
    MutualTls,
    OAuth2,
)
from facade.model.version import Variable, Version
from facade.transcode.variable_value import flaw_of, holds

AUTHORIZES = (Basic, Digest, Bearer, OAuth2, AwsSigV4)
"""What is written into the Authorization header."""


def connected(version: Version, connection: Connection) -> Version:
    """The version as the calls through a connection have it: under its own name.

    Credentials stand in the place of the version's, scheme by scheme; those for an indirect
    version go through the facade to the backend, beside what signs for the facade itself.
    """
    own = {each.scheme: each for each in connection.credentials}
    kept = () if version.destination.indirect else version.credentials
    added = {each.scheme for each in kept}
    return replace(
        version,
        connection=connection.name.connection,
        variables=tuple(_valued(each, connection) for each in version.variables),
        credentials=(
            *(own.get(each.scheme, each) for each in kept),
            *(each for each in connection.credentials if each.scheme not in added),
        ),
        limits=connection.limits,
    )


def fit(
    version: Version, connection: Connection, schemes: Collection[str]
) -> tuple[Violation, ...]:
    """Everything in a connection that does not fit a version; values are never told.

    `schemes`: the names of the document's security schemes; none: it speaks of no security.
    """
    return (
        *_foreign(version, connection),
        *_unfit(version, connection),
        *_lacking(version, connection),
        *_unsigned(version, connection, schemes),
    )


def incomplete(connection: Connection, found: Collection[Violation]) -> ConnectionIncomplete:
    """Says of a call that its connection does not fit the version that would serve it."""
    first = next(iter(found))
    return ConnectionIncomplete(
        f"`{connection.name}` does not fit its version: {first.field} {first.description}"
        + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""),
        details=Details(
            violations=tuple(found),
            resource=Resource(type=CONNECTION, name=str(connection.name)),
        ),
    )


def _valued(variable: Variable, connection: Connection) -> Variable:
    """The variable by a connection's word: a secret that it names must be there (G-14)."""
    name = variable.name
    if name in connection.secrets:
        return replace(variable, value=None, secret=connection.secrets[name], required=True)
    if name in connection.variables:
        return replace(variable, value=connection.variables[name], secret=None)
    return variable


def _foreign(version: Version, connection: Connection) -> Iterator[Violation]:
    known = {each.name for each in version.variables}
    for field, given in (("variables", connection.variables), ("secrets", connection.secrets)):
        for name in given:
            if name not in known:
                yield _about(field, name, "is no variable of the version")
    for name in connection.variables:
        if name in connection.secrets:
            yield _about("variables", name, "is given as a secret too; give one of them")


def _unfit(version: Version, connection: Connection) -> Iterator[Violation]:
    for each in version.variables:
        if each.name not in connection.variables:
            continue
        if each.secret is not None and each.name not in connection.secrets:
            yield _about("variables", each.name, "is a secret: name it in `secrets` instead")
        flaw = flaw_of(each, connection.variables[each.name])
        if flaw:
            yield _about("variables", each.name, flaw)


def _lacking(version: Version, connection: Connection) -> Iterator[Violation]:
    """The required ones; those that a call may set itself are asked of the call."""
    merged = connected(version, connection).variables
    texts: Mapping[str, str] = {each.name: each.value for each in merged if each.value is not None}
    for each in merged:
        if each.value is not None or each.secret is not None or each.overridable:
            continue
        when = each.required_when
        if each.required if when is None else holds(when, texts):
            yield _about("variables", each.name, "is required: the version has no value for it")


def _unsigned(
    version: Version, connection: Connection, schemes: Collection[str]
) -> Iterator[Violation]:
    held = {*schemes, *(each.scheme for each in version.credentials)}
    for number, each in enumerate(connection.credentials):
        if schemes and each.scheme not in held and not _goes_anyway(each):
            names = ", ".join(f"`{name}`" for name in sorted(schemes)[:10])
            yield Violation(
                field=f"credentials[{number}].scheme",
                description=f"is no security scheme of the document, which has {names}",
            )
    destination = version.destination
    if not destination.indirect or destination.credential is None:
        return
    for number, each in enumerate(connection.credentials):
        if _place(each) and _place(each) == _place(destination.credential):
            yield Violation(
                field=f"credentials[{number}]",
                description="goes to the same place as what signs the calls to the facade",
            )


def _goes_anyway(credential: Credential) -> bool:
    """Whether a credential says itself where it goes, or goes with every call."""
    return credential.location is not None or isinstance(credential.kind, CustomHeaders | MutualTls)


def _place(credential: Credential) -> tuple[str, ...]:
    """Where it is written, as far as the document has no say in it."""
    if isinstance(credential.kind, CustomHeaders):
        return tuple(sorted(f"header:{name.lower()}" for name in credential.kind.headers))
    if credential.location is not None:
        return (f"{credential.location}:{credential.parameter.lower()}",)
    return ("header:authorization",) if isinstance(credential.kind, AUTHORIZES) else ()


def _about(field: str, name: str, description: str) -> Violation:
    return Violation(field=f"{field}[{name[:63]}]", description=description)
