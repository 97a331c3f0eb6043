"""Credentials, as messages and back."""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from typing import Any

from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.credential import (
    KIND_NAMES,
    KINDS,
    Credential,
    CustomHeaders,
    Grant,
    Kind,
    OAuth2,
    Passthrough,
)
from gateway.convert.mirror import fill, read
from gateway.v1 import credential_pb2 as pb

_PLACES = {each.value: each for each in (Location.HEADER, Location.QUERY, Location.COOKIE)}
"""What `location` can say."""


def credential_to(credential: Credential) -> pb.Credential:
    """A credential as a message."""
    message = pb.Credential(
        scheme=credential.scheme,
        location=credential.location.value if credential.location else "",
        parameter=credential.parameter,
    )
    kind = credential.kind
    held = getattr(message, KIND_NAMES[type(kind)])
    held.SetInParent()
    fill(held, kind)
    if isinstance(kind, OAuth2):
        held.extra_parameters.update(kind.extra)
    if isinstance(kind, CustomHeaders):
        held.header_secrets.update(kind.headers)
    return message


def credentials_from(
    messages: Iterable[pb.Credential], field: str, problems: list[Violation]
) -> Iterator[Credential]:
    """Credentials, what they cannot say added to the problems by its field below `field`."""
    for number, message in enumerate(messages):
        credential = credential_from(message, f"{field}[{number}]", problems)
        if credential is not None:
            yield credential


def credential_from(
    message: pb.Credential, field: str, problems: list[Violation]
) -> Credential | None:
    """A credential; None, and a problem, where it is of no kind."""
    if message.location and message.location not in _PLACES:
        problems.append(
            Violation(field=f"{field}.location", description="must be header, query or cookie")
        )
    name = message.WhichOneof("kind")
    if name is None:
        kinds = ", ".join(KINDS)
        problems.append(Violation(field=field, description=f"one of {kinds} is required"))
        return None
    return Credential(
        scheme=message.scheme,
        kind=_kind(message, name, f"{field}.{name}", problems),
        location=_PLACES.get(message.location),
        parameter=message.parameter,
    )


def passthrough_to(passthrough: Passthrough) -> pb.Passthrough:
    """A rule for the caller's own credential, as a message."""
    message = pb.Passthrough()
    fill(message, passthrough)
    return message


def passthrough_from(message: pb.Passthrough) -> Passthrough:
    """A rule for the caller's own credential."""
    return Passthrough(metadata=message.metadata, header=message.header, prefix=message.prefix)


def _kind(message: pb.Credential, name: str, field: str, problems: list[Violation]) -> Kind:
    held, kind = getattr(message, name), KINDS[name]
    if kind is CustomHeaders:
        return CustomHeaders(headers=dict(held.header_secrets))
    given: dict[str, Any] = dict.fromkeys(_required(kind), "")
    if kind is OAuth2:
        given["grant"] = Grant.CLIENT_CREDENTIALS
        if not held.grant:
            problems.append(Violation(field=f"{field}.grant", description="is required"))
        given["extra"] = dict(held.extra_parameters)
    return read(held, kind, field, problems, given)


def _required(kind: type[Kind]) -> Iterator[str]:
    """The texts that a kind cannot be made without; whether they are there is judged later."""
    for each in fields(kind):
        if each.type is str and each.default is MISSING:
            yield each.name
