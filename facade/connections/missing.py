"""The faults of names that stand for no subject, or for one that is there already."""

from typing import Final

from facade.errors.connections import SubjectExists, SubjectNotFound
from facade.errors.fault import Details, Resource
from facade.model.connection import Subject
from facade.model.names import ConnectionName, SubjectName

SUBJECT: Final = "gateway.v1/Subject"


def no_subject(name: SubjectName) -> SubjectNotFound:
    """Says that a connection has no such subject; which others it has is told to nobody."""
    return SubjectNotFound(f"no subject `{name}`", details=about(name))


def no_external(parent: ConnectionName) -> SubjectNotFound:
    """Says that a connection has no subject that its caller calls so."""
    return SubjectNotFound(
        f"no subject of `{parent}` has that external id",
        details=Details(resource=Resource(type=SUBJECT, name=f"{parent}/subjects/-")),
    )


def taken(subject: Subject) -> SubjectExists:
    """Says that a connection has a subject of that id, or of that external id."""
    return SubjectExists(
        f"`{subject.name}`, or another subject with its external id, is there already",
        details=about(subject.name),
    )


def about(name: SubjectName) -> Details:
    """Names a subject."""
    return Details(resource=Resource(type=SUBJECT, name=str(name)))
