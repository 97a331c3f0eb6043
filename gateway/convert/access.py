"""Keys, grants and identities, as messages and back."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.access import EVERY, Grant, Identity, Role
from facade.model.key import Key
from gateway.convert.version import timestamp
from gateway.v1 import access_pb2 as pb

ROLES: Mapping["pb.Role.ValueType", Role] = MappingProxyType(
    {pb.Role.Value(f"ROLE_{each.name}"): each for each in Role}
)
NUMBERS: Mapping[Role, "pb.Role.ValueType"] = MappingProxyType(
    {role: number for number, role in ROLES.items()}
)


def key_to(key: Key) -> pb.Key:
    """What is told of a key."""
    message = pb.Key(
        name=str(key.name),
        grants=map(grant_to, key.grants),
        notes=key.notes,
        create_time=timestamp(key.create_time),
    )
    if key.expire_time is not None:
        message.expire_time.CopyFrom(timestamp(key.expire_time))
    if key.revoke_time is not None:
        message.revoke_time.CopyFrom(timestamp(key.revoke_time))
    return message


def grant_to(grant: Grant) -> pb.Grant:
    """A grant; what it does not limit is left out."""
    return pb.Grant(
        role=NUMBERS[grant.role],
        connectors=_limits(grant.connectors),
        actions=_limits(grant.actions),
        connections=_limits(grant.connections),
    )


def identity_to(identity: Identity, sources: tuple[str, ...]) -> pb.WhoAmIResponse:
    """Who somebody is, and from which addresses that one's calls may leave."""
    return pb.WhoAmIResponse(
        caller=identity.name,
        tenant=identity.tenant,
        grants=map(grant_to, identity.grants),
        source_addresses=sources,
    )


def grants_from(messages: Iterable[pb.Grant]) -> tuple[Grant, ...]:
    """Grants; raises InvalidRequest for roles that there are not."""
    given = tuple(messages)
    problems = tuple(_problems(given))
    if problems:
        raise invalid(*problems)
    return tuple(
        Grant(
            role=ROLES[each.role],
            connectors=tuple(each.connectors) or EVERY,
            actions=tuple(each.actions) or EVERY,
            connections=tuple(each.connections) or EVERY,
        )
        for each in given
    )


def expiry_from(message: pb.Key) -> datetime | None:
    """When a key ends; raises InvalidRequest for what is no time."""
    if not message.HasField("expire_time"):
        return None
    try:
        return message.expire_time.ToDatetime(UTC)
    except (ValueError, OverflowError):
        said = Violation(field="key.expire_time", description="is no time")
        raise invalid(said) from None


def _problems(given: tuple[pb.Grant, ...]) -> Iterator[Violation]:
    for number, each in enumerate(given):
        if each.role not in ROLES:
            yield Violation(field=f"key.grants[{number}].role", description="is required")


def _limits(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return () if patterns == EVERY else patterns
