"""Subjects as rows of the ledger, and back."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Row

from facade.model.connection import Subject, SubjectState
from facade.model.names import SubjectName
from facade.stores.records import CredentialRecord, credential_from, credential_record


class SubjectRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row holds of a subject as JSON."""

    title: str = ""
    labels: dict[str, str] = {}
    credentials: tuple[CredentialRecord, ...] = ()
    variables: dict[str, str] = {}
    consents: dict[str, str] = {}
    mappings: dict[str, str] = {}
    state: SubjectState = SubjectState.STARTED
    state_description: str = ""
    revision: int = 1


def with_etag(subject: Subject) -> Subject:
    """The subject with the etag of what it now says; a state that comes back has another."""
    said = msgspec.json.encode([subject.etag, subject.external_id, _record(subject)])
    return replace(subject, etag=sha256(said).hexdigest()[:32])


def values_of(subject: Subject) -> dict[str, object]:
    """The columns of a subject's row."""
    name = subject.name
    return {
        "tenant": name.tenant,
        "connection": name.connection,
        "id": name.subject,
        "uid": subject.uid,
        "external_id": subject.external_id,
        "deleting": subject.state is SubjectState.DELETING,
        "content": msgspec.json.encode(_record(subject)).decode(),
        "etag": subject.etag,
        "create_time": subject.create_time,
        "update_time": subject.update_time,
    }


def subject_in(row: Row[Any]) -> Subject:
    """The subject of a row; raises msgspec.DecodeError."""
    record = msgspec.json.decode(row.content, type=SubjectRecord)
    return Subject(
        name=SubjectName(row.connection, row.id, row.tenant),
        uid=row.uid,
        external_id=row.external_id,
        title=record.title,
        labels=record.labels,
        credentials=tuple(credential_from(each) for each in record.credentials),
        variables=record.variables,
        consents=record.consents,
        mappings=record.mappings,
        state=record.state,
        state_description=record.state_description,
        revision=record.revision,
        etag=row.etag,
        create_time=row.create_time,
        update_time=row.update_time,
    )


def _record(subject: Subject) -> SubjectRecord:
    return SubjectRecord(
        title=subject.title,
        labels=dict(subject.labels),
        credentials=tuple(credential_record(each) for each in subject.credentials),
        variables=dict(subject.variables),
        consents=dict(subject.consents),
        mappings=dict(subject.mappings),
        state=subject.state,
        state_description=subject.state_description,
        revision=subject.revision,
    )
