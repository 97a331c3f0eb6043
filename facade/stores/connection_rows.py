"""Connections as rows of the ledger, and back."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.connection import Connection, ConnectionState, EndUsers, Lock, ToolOverride
from facade.model.names import LIVE, ConnectionName
from facade.model.policy import Limit
from facade.stores.records import CredentialRecord, credential_from, credential_record
from facade.stores.schema import CONNECTIONS


class ConnectionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row holds of a connection as JSON."""

    title: str = ""
    description: str = ""
    labels: dict[str, str] = {}
    version: str = LIVE
    variables: dict[str, str] = {}
    secrets: dict[str, str] = {}
    credentials: tuple[CredentialRecord, ...] = ()
    consents: dict[str, str] = {}
    end_users: EndUsers = EndUsers.NEVER
    limits: tuple[Limit, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    test_action: str = ""
    tool_overrides: tuple[ToolOverride, ...] = ()
    state: ConnectionState = ConnectionState.ACTIVE
    state_description: str = ""
    lock: Lock | None = None
    revision: int = 1


class ConnectionRows:
    """Reads connections, each anew only where its row is another.

    What is compiled for a connection is known by its identity, and a change of one is no reason to
    read thousands.
    """

    def __init__(self) -> None:
        """Begins with none."""
        self._known: Mapping[ConnectionName, tuple[Row[Any], Connection]] = {}

    async def read(self, database: AsyncConnection) -> Mapping[ConnectionName, Connection]:
        """Every connection, in the transaction that reads all else."""
        known, found = self._known, {}
        for row in await database.execute(select(CONNECTIONS)):
            name = ConnectionName(row.id, row.tenant)
            before = known.get(name)
            found[name] = before if before and before[0] == row else (row, _connection(row))
        self._known = found
        return {name: each for name, (_, each) in found.items()}


def with_etag(connection: Connection) -> Connection:
    """The connection with the etag of what it now says; a state that comes back has another."""
    said = msgspec.json.encode([connection.etag, _record(connection)], order="sorted")
    return replace(connection, etag=sha256(said).hexdigest()[:32])


def values_of(connection: Connection) -> dict[str, object]:
    """The row of a connection."""
    name = connection.name
    return {
        "tenant": name.tenant,
        "id": name.connection,
        "uid": connection.uid,
        "connector": connection.connector,
        "content": msgspec.json.encode(_record(connection)).decode(),
        "etag": connection.etag,
        "create_time": connection.create_time,
        "update_time": connection.update_time,
    }


def _record(connection: Connection) -> ConnectionRecord:
    return ConnectionRecord(
        title=connection.title,
        description=connection.description,
        labels=dict(connection.labels),
        version=connection.version,
        variables=dict(connection.variables),
        secrets=dict(connection.secrets),
        credentials=tuple(credential_record(each) for each in connection.credentials),
        consents=dict(connection.consents),
        end_users=connection.end_users,
        limits=connection.limits,
        allowed_hosts=connection.allowed_hosts,
        test_action=connection.test_action,
        tool_overrides=connection.tool_overrides,
        state=connection.state,
        state_description=connection.state_description,
        lock=connection.lock,
        revision=connection.revision,
    )


def _connection(row: Row[Any]) -> Connection:
    record = msgspec.json.decode(row.content, type=ConnectionRecord)
    return Connection(
        name=ConnectionName(row.id, row.tenant),
        uid=row.uid,
        title=record.title,
        description=record.description,
        labels=record.labels,
        connector=row.connector,
        version=record.version,
        variables=record.variables,
        secrets=record.secrets,
        credentials=tuple(credential_from(each) for each in record.credentials),
        consents=record.consents,
        end_users=record.end_users,
        limits=record.limits,
        allowed_hosts=record.allowed_hosts,
        test_action=record.test_action,
        tool_overrides=record.tool_overrides,
        state=record.state,
        state_description=record.state_description,
        lock=record.lock,
        revision=record.revision,
        etag=row.etag,
        create_time=row.create_time,
        update_time=row.update_time,
    )
