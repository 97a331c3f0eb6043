"""End users: a version with what a subject brings along, by the rule of its connection; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.connection import Connection, EndUsers, Subject
from facade.model.credential import Credential, Grant, MutualTls, OAuth2
from facade.model.version import Variable, Version


def is_consented(credential: Credential) -> bool:
    """Whether its tokens come of somebody's consent."""
    kind = credential.kind
    return isinstance(kind, OAuth2) and kind.grant is Grant.AUTHORIZATION_CODE


def consented_to(version: Version) -> tuple[Credential, ...]:
    """The credentials of a version whose tokens come of somebody's consent."""
    return tuple(each for each in version.credentials if is_consented(each))


def with_end_user(version: Version, connection: Connection, subject: Subject | None) -> Version:
    """The version of a connection as the calls of a subject have it, or those that name none.

    Credentials of the subject and of others are never mixed, but for client certificates, which
    are the connection's. What nobody consented to yet has no consent: to sign by it asks for one.
    Raises ConnectionIncomplete where only a subject may sign, and there is
    none, or none that has what it takes.
    """
    credentials = tuple(_credentials(version, connection, subject))
    variables = version.variables
    if subject is not None and subject.variables:
        variables = tuple(_valued(each, subject.variables) for each in variables)
    if credentials == version.credentials and variables is version.variables:
        return version
    return replace(version, credentials=credentials, variables=variables)


def _credentials(
    version: Version, connection: Connection, subject: Subject | None
) -> Iterator[Credential]:
    rule = connection.end_users
    own = () if subject is None or rule is EndUsers.NEVER else tuple(_own(version, subject))
    if own:
        yield from own
        yield from (each for each in version.credentials if isinstance(each.kind, MutualTls))
    elif rule is not EndUsers.REQUIRED:
        yield from (_by(each, connection.consents) for each in version.credentials)
    else:
        asked = consented_to(version) if subject is not None else ()
        if not asked:
            raise _lacking(subject)
        yield from (_by(each, {}) for each in asked)


def _own(version: Version, subject: Subject) -> Iterator[Credential]:
    """What a subject signs with: credentials, and what it consented to."""
    yield from subject.credentials
    named = {each.scheme for each in subject.credentials}
    asked = [each for each in consented_to(version) if each.scheme not in named]
    given = [each for each in asked if each.scheme in subject.consents]
    yield from (_by(each, subject.consents) for each in given)


def _by(credential: Credential, consents: Mapping[str, str]) -> Credential:
    kind, consent = credential.kind, consents.get(credential.scheme, "")
    if not isinstance(kind, OAuth2) or kind.consent == consent or not is_consented(credential):
        return credential
    return replace(credential, kind=replace(kind, consent=consent))


def _valued(variable: Variable, values: Mapping[str, str]) -> Variable:
    if not variable.overridable or variable.name not in values:
        return variable
    return replace(variable, value=values[variable.name], secret=None)


def _lacking(subject: Subject | None) -> ConnectionIncomplete:
    if subject is None:
        description = "say for which end user the call is made: the connection asks for one"
    else:
        description = f"`{subject.name}` has no credential: give it one"
    return ConnectionIncomplete(
        "only an end user's own credential may sign the calls of the connection",
        details=Details(violations=(Violation(field="subject", description=description),)),
    )
