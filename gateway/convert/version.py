"""Versions, as messages and back into drafts."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from facade.catalog.verdicts import told
from facade.errors.fault import Violation
from facade.model.change import Draft
from facade.model.version import (
    Balancing,
    Deprecation,
    Destination,
    State,
    Version,
    facade_at,
)
from gateway.convert.credential import (
    credential_from,
    credential_to,
    credentials_from,
    passthrough_from,
    passthrough_to,
)
from gateway.convert.difference import difference_to
from gateway.convert.mirror import fill, read
from gateway.convert.policy import (
    network_from,
    network_to,
    policy_from,
    policy_to,
    serialization_from,
    serialization_to,
)
from gateway.convert.problem import problem_to
from gateway.convert.variable import variable_to, variables_from
from gateway.v1 import version_pb2 as pb

MAX_PROBLEMS = 1000
"""So many problems of a version are shown."""

_STATES = {
    State.READY: pb.ConnectorVersion.STATE_READY,
    State.ACTIVE: pb.ConnectorVersion.STATE_ACTIVE,
    State.DEPRECATED: pb.ConnectorVersion.STATE_DEPRECATED,
}


def version_to(version: Version, most: int | None = 0) -> pb.ConnectorVersion:
    """A version with everything but its document, and so many findings of its difference."""
    message = pb.ConnectorVersion(
        name=str(version.name),
        etag=version.etag,
        create_time=timestamp(version.create_time),
        update_time=timestamp(version.update_time),
        state=_STATES[version.state],
        traffic_percent=version.traffic_percent,
        credentials=[credential_to(each) for each in version.credentials],
        passthrough=[passthrough_to(each) for each in version.passthrough],
        network=network_to(version.destination.network),
        backend_variables=[variable_to(each) for each in version.variables],
        policy=policy_to(version.policy),
        problems=[problem_to(each) for each in version.problems[:MAX_PROBLEMS]],
        labels=version.labels,
        notes=version.notes,
        action_count=version.action_count,
        spec_digest=version.spec_digest,
        spec_source_digest=version.source_digest,
        serialization=serialization_to(version.serialization),
        match_headers=version.matches,
        deprecation=_deprecation_to(version.deprecation),
        difference=difference_to(told(version, most)),
    )
    if version.spec_uri:
        message.spec_uri = version.spec_uri
    _put_destination(message, version.destination)
    return message


def draft_from(message: pb.ConnectorVersion, field: str, problems: list[Violation]) -> Draft:
    """What a version is to be made of.

    What no draft can say (an unknown number of an enum, a credential of no kind) is added to the
    problems, by its field below `field`; what a draft should not say is the catalog's to find.
    """
    return Draft(
        spec_text=message.spec_text,
        spec_uri=message.spec_uri,
        spec_archive=message.spec_archive,
        spec_root=message.spec_root,
        destination=_destination(message, field, problems),
        credentials=tuple(credentials_from(message.credentials, f"{field}.credentials", problems)),
        passthrough=tuple(passthrough_from(each) for each in message.passthrough),
        variables=tuple(
            variables_from(message.backend_variables, f"{field}.backend_variables", problems)
        ),
        policy=policy_from(message.policy, f"{field}.policy", problems),
        serialization=serialization_from(message.serialization, f"{field}.serialization", problems),
        labels=dict(message.labels),
        notes=message.notes,
    )


def _deprecation_to(deprecation: Deprecation | None) -> pb.Deprecation | None:
    if deprecation is None:
        return None
    sunset = deprecation.sunset
    return pb.Deprecation(
        deprecate_time=timestamp(deprecation.time),
        sunset_time=timestamp(sunset) if sunset is not None else None,
        notes=deprecation.notes,
    )


def timestamp(moment: datetime) -> Timestamp:
    """A moment, as a message."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def _put_destination(message: pb.ConnectorVersion, destination: Destination) -> None:
    if not destination.indirect:
        if destination.uri:
            message.direct.base_uri = destination.uri
            message.direct.more_base_uris.extend(destination.others)
        if destination.balancing is not Balancing.FIRST:
            fill(message.direct, destination)
        return
    message.indirect.facade_uri = destination.uri
    message.indirect.more_facade_uris.extend(destination.others)
    message.indirect.mark = destination.mark
    if destination.credential is not None:
        message.indirect.facade_credential.CopyFrom(credential_to(destination.credential))


def _destination(
    message: pb.ConnectorVersion, field: str, problems: list[Violation]
) -> Destination:
    network = network_from(message.network, f"{field}.network", problems)
    if not message.HasField("indirect"):
        given = {
            "uri": message.direct.base_uri,
            "others": tuple(message.direct.more_base_uris),
            "network": network,
        }
        return read(message.direct, Destination, f"{field}.direct", problems, given)
    facade, credential = message.indirect, None
    if facade.HasField("facade_credential"):
        credential = credential_from(
            facade.facade_credential, f"{field}.indirect.facade_credential", problems
        )
    return facade_at(
        facade.facade_uri,
        facade.more_facade_uris,
        mark=facade.mark,
        credential=credential,
        network=network,
    )
