"""Versions, as messages and back into drafts."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.version import Balancing, Destination, State, Variable, Version
from gateway.convert.credential import (
    credential_from,
    credential_to,
    credentials_from,
    passthrough_from,
    passthrough_to,
)
from gateway.convert.mirror import fill, read
from gateway.convert.policy import (
    network_from,
    network_to,
    policy_from,
    policy_to,
    serialization_from,
    serialization_to,
    unknown,
)
from gateway.convert.problem import problem_to
from gateway.v1 import version_pb2 as pb

MAX_PROBLEMS = 1000
"""So many problems of a version are shown."""

_STATES = {
    State.READY: pb.ConnectorVersion.STATE_READY,
    State.ACTIVE: pb.ConnectorVersion.STATE_ACTIVE,
    State.DEPRECATED: pb.ConnectorVersion.STATE_DEPRECATED,
}

_LOCATIONS = {
    Location.HEADER: pb.BackendVariable.LOCATION_HEADER,
    Location.QUERY: pb.BackendVariable.LOCATION_QUERY,
    Location.PATH: pb.BackendVariable.LOCATION_PATH,
    Location.BODY: pb.BackendVariable.LOCATION_BODY,
    Location.COOKIE: pb.BackendVariable.LOCATION_COOKIE,
    None: pb.BackendVariable.LOCATION_SERVER,
}

_PLACES = {
    pb.BackendVariable.LOCATION_UNSPECIFIED: Location.HEADER,
    **{number: location for location, number in _LOCATIONS.items()},
}


def version_to(version: Version) -> pb.ConnectorVersion:
    """A version with everything but its document."""
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
        backend_variables=[_variable_to(each) for each in version.variables],
        policy=policy_to(version.policy),
        problems=[problem_to(each) for each in version.problems[:MAX_PROBLEMS]],
        labels=version.labels,
        notes=version.notes,
        action_count=version.action_count,
        spec_digest=version.spec_digest,
        spec_source_digest=version.source_digest,
        serialization=serialization_to(version.serialization),
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
            _variables(message.backend_variables, f"{field}.backend_variables", problems)
        ),
        policy=policy_from(message.policy, f"{field}.policy", problems),
        serialization=serialization_from(message.serialization, f"{field}.serialization", problems),
        labels=dict(message.labels),
        notes=message.notes,
    )


def timestamp(moment: datetime) -> Timestamp:
    """A moment, as a message."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def _put_destination(message: pb.ConnectorVersion, destination: Destination) -> None:
    if destination.indirect:
        message.indirect.facade_uri = destination.uri
    elif destination.uri:
        message.direct.base_uri = destination.uri
        message.direct.more_base_uris.extend(destination.others)
    if destination.balancing is not Balancing.FIRST:
        fill(message.direct, destination)
    if destination.credential is not None:
        message.indirect.facade_credential.CopyFrom(credential_to(destination.credential))


def _variable_to(variable: Variable) -> pb.BackendVariable:
    message = pb.BackendVariable(
        key=variable.name,
        location=_LOCATIONS[variable.location],
        required=variable.required,
    )
    if variable.value is not None:
        message.value = variable.value
    if variable.secret is not None:
        message.secret = variable.secret
    return message


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
    return Destination(uri=facade.facade_uri, indirect=True, credential=credential, network=network)


def _variables(
    messages: Iterable[pb.BackendVariable], field: str, problems: list[Violation]
) -> Iterator[Variable]:
    for number, message in enumerate(messages):
        if message.location not in _PLACES:
            problems.append(unknown(f"{field}[{number}].location", message.location))
        yield Variable(
            name=message.key,
            location=_PLACES.get(message.location),
            value=message.value if message.HasField("value") else None,
            secret=message.secret if message.HasField("secret") else None,
            required=message.required,
        )
