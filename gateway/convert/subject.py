"""Subjects, as messages and back."""

from datetime import UTC, datetime

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.connection import Subject
from facade.model.names import SubjectName
from gateway.convert.credential import credential_to, credentials_from
from gateway.convert.version import timestamp
from gateway.v1 import subject_pb2 as pb


def subject_to(subject: Subject) -> pb.Subject:
    """A subject as a message; by which consents it signs is not told."""
    return pb.Subject(
        name=str(subject.name),
        uid=subject.uid,
        external_id=subject.external_id,
        title=subject.title,
        labels=subject.labels,
        credentials=[credential_to(each) for each in subject.credentials],
        variables=subject.variables,
        mappings=subject.mappings,
        state=pb.Subject.State.Value(f"STATE_{subject.state.name}"),
        state_description=subject.state_description,
        revision=subject.revision,
        etag=subject.etag,
        create_time=timestamp(subject.create_time),
        update_time=timestamp(subject.update_time),
    )


def subject_from(message: pb.Subject, name: SubjectName) -> Subject:
    """What is said of a subject; the rest is not the caller's to set. Raises InvalidRequest."""
    problems: list[Violation] = []
    unset = datetime.fromtimestamp(0, UTC)
    made = Subject(
        name=name,
        external_id=message.external_id,
        title=message.title,
        labels=dict(message.labels),
        credentials=tuple(credentials_from(message.credentials, "subject.credentials", problems)),
        variables=dict(message.variables),
        mappings=dict(message.mappings),
        create_time=unset,
        update_time=unset,
    )
    if problems:
        raise invalid(*problems)
    return made
