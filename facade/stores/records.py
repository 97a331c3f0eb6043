"""Connector and Version as JSON: the one place that says how they are written down."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from facade.model.action import Location, Problem
from facade.model.credential import (
    KIND_NAMES,
    KINDS,
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    Credential,
    CustomHeaders,
    Digest,
    MutualTls,
    OAuth2,
    Passthrough,
)
from facade.model.difference import Compared
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import Policy
from facade.model.version import (
    Balancing,
    Connector,
    Deprecation,
    Destination,
    Network,
    Serialization,
    State,
    Traffic,
    Variable,
    Version,
)
from facade.stores.base import Answer


class CredentialRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A credential, its kind by name."""

    scheme: str
    basic: Basic | None = None
    bearer: Bearer | None = None
    api_key: ApiKey | None = None
    digest: Digest | None = None
    oauth2: OAuth2 | None = None
    mutual_tls: MutualTls | None = None
    aws_sig_v4: AwsSigV4 | None = None
    custom_headers: CustomHeaders | None = None
    location: Location | None = None
    parameter: str = ""


class ContentRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a version that never changes."""

    create_time: datetime
    spec_digest: str
    source_digest: str = ""
    spec_uri: str = ""
    uri: str = ""
    others: tuple[str, ...] = ()
    balancing: Balancing = Balancing.FIRST
    indirect: bool = False
    mark: str = ""
    facade_credential: CredentialRecord | None = None
    credentials: tuple[CredentialRecord, ...] = ()
    passthrough: tuple[Passthrough, ...] = ()
    network: Network = Network()
    variables: tuple[Variable, ...] = ()
    policy: Policy = Policy()
    serialization: Serialization = Serialization()
    action_count: int = 0
    problems: tuple[Problem, ...] = ()
    difference: Compared | None = None


class LifeRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changes of a version beside its state, share, labels and notes."""

    served: bool = False
    matches: dict[str, str] = {}
    deprecation: Deprecation | None = None


class VersionRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A version, whole."""

    tenant: str = ""
    connector: str
    id: str
    content: ContentRecord
    state: State
    etag: str
    update_time: datetime
    traffic_percent: int = 0
    life: LifeRecord = LifeRecord()
    notes: str = ""
    labels: dict[str, str] = {}


class ConnectorRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A connector, whole."""

    tenant: str = ""
    id: str
    etag: str
    create_time: datetime
    update_time: datetime
    title: str = ""
    description: str = ""
    labels: dict[str, str] = {}
    versions: tuple[VersionRecord, ...] = ()
    history: tuple[Traffic, ...] = ()


class AnswerRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a request was answered."""

    connector: ConnectorRecord
    versions: tuple[VersionRecord, ...] = ()


def content_text(version: Version) -> str:
    """The part of a version that never changes, as JSON."""
    return msgspec.json.encode(_content(version)).decode()


def content_record(text: str) -> ContentRecord:
    """Reads what `content_text` wrote; raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=ContentRecord)


def life_text(version: Version) -> str:
    """What changes of a version beside its columns, as JSON."""
    return msgspec.json.encode(_life(version)).decode()


def life_from(text: str) -> LifeRecord:
    """Reads what `life_text` wrote; raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=LifeRecord)


def history_text(connector: Connector) -> str:
    """Who served before, as JSON."""
    return msgspec.json.encode(connector.history).decode()


def history_from(text: str) -> tuple[Traffic, ...]:
    """Reads what `history_text` wrote; raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=tuple[Traffic, ...])


def text_digest(text: str) -> str:
    """What a stored text is checked against when it is read."""
    return hashlib.sha256(text.encode()).hexdigest()


def answer_text(answer: Answer) -> str:
    """An answer as JSON."""
    versions = tuple(_version(each) for each in answer.versions)
    record = AnswerRecord(connector=_connector(answer.connector), versions=versions)
    return msgspec.json.encode(record).decode()


def answer_from(request_id: str, fingerprint: str, text: str) -> Answer:
    """Reads what `answer_text` wrote; raises msgspec.DecodeError."""
    record = msgspec.json.decode(text, type=AnswerRecord)
    return Answer(
        request_id=request_id,
        fingerprint=fingerprint,
        connector=connector_from(record.connector),
        versions=tuple(version_from(each) for each in record.versions),
    )


def version_from(record: VersionRecord) -> Version:
    """The version that a record stands for."""
    content = record.content
    facade = content.facade_credential
    return Version(
        name=VersionName(record.connector, record.id, record.tenant),
        spec_digest=content.spec_digest,
        source_digest=content.source_digest,
        spec_uri=content.spec_uri,
        destination=Destination(
            uri=content.uri,
            others=content.others,
            balancing=content.balancing,
            indirect=content.indirect,
            mark=content.mark,
            credential=credential_from(facade) if facade is not None else None,
            network=content.network,
        ),
        passthrough=content.passthrough,
        credentials=tuple(credential_from(each) for each in content.credentials),
        variables=content.variables,
        policy=content.policy,
        serialization=content.serialization,
        labels=record.labels,
        notes=record.notes,
        state=record.state,
        traffic_percent=record.traffic_percent,
        etag=record.etag,
        create_time=content.create_time,
        update_time=record.update_time,
        action_count=content.action_count,
        problems=content.problems,
        difference=content.difference,
        served=record.life.served,
        matches=record.life.matches,
        deprecation=record.life.deprecation,
    )


def connector_from(record: ConnectorRecord) -> Connector:
    """The connector that a record stands for."""
    return Connector(
        name=ConnectorName(record.id, record.tenant),
        title=record.title,
        description=record.description,
        labels=record.labels,
        etag=record.etag,
        create_time=record.create_time,
        update_time=record.update_time,
        versions={each.id: version_from(each) for each in record.versions},
        history=record.history,
    )


def _content(version: Version) -> ContentRecord:
    destination = version.destination
    facade = destination.credential
    return ContentRecord(
        create_time=version.create_time,
        spec_digest=version.spec_digest,
        source_digest=version.source_digest,
        spec_uri=version.spec_uri,
        uri=destination.uri,
        others=destination.others,
        balancing=destination.balancing,
        indirect=destination.indirect,
        mark=destination.mark,
        facade_credential=credential_record(facade) if facade is not None else None,
        credentials=tuple(credential_record(each) for each in version.credentials),
        passthrough=version.passthrough,
        network=destination.network,
        variables=version.variables,
        policy=version.policy,
        serialization=version.serialization,
        action_count=version.action_count,
        problems=version.problems,
        difference=version.difference,
    )


def _life(version: Version) -> LifeRecord:
    return LifeRecord(
        served=version.served, matches=_plain(version.matches), deprecation=version.deprecation
    )


def _version(version: Version) -> VersionRecord:
    return VersionRecord(
        tenant=version.name.tenant,
        connector=version.name.connector,
        id=version.name.version,
        content=_content(version),
        state=version.state,
        etag=version.etag,
        update_time=version.update_time,
        traffic_percent=version.traffic_percent,
        life=_life(version),
        notes=version.notes,
        labels=_plain(version.labels),
    )


def _connector(connector: Connector) -> ConnectorRecord:
    return ConnectorRecord(
        tenant=connector.name.tenant,
        id=connector.name.connector,
        etag=connector.etag,
        create_time=connector.create_time,
        update_time=connector.update_time,
        title=connector.title,
        description=connector.description,
        labels=_plain(connector.labels),
        versions=tuple(_version(each) for each in connector.versions.values()),
        history=connector.history,
    )


def credential_record(credential: Credential) -> CredentialRecord:
    """A credential as it is written down."""
    held: dict[str, Any] = {KIND_NAMES[type(credential.kind)]: credential.kind}
    return CredentialRecord(
        scheme=credential.scheme,
        location=credential.location,
        parameter=credential.parameter,
        **held,
    )


def credential_from(record: CredentialRecord) -> Credential:
    """The credential that a record stands for; raises msgspec.ValidationError."""
    held = (getattr(record, name) for name in KINDS)
    kind = next((each for each in held if each is not None), None)
    if kind is None:
        raise msgspec.ValidationError("a credential without a kind")
    return Credential(
        scheme=record.scheme, kind=kind, location=record.location, parameter=record.parameter
    )


def _plain(labels: Mapping[str, str]) -> dict[str, str]:
    return dict(labels)
