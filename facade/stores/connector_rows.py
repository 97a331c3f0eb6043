"""The rows of connectors, of their versions and of documents: read, and written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.errors.service import StoreUnavailable
from facade.model.names import ConnectorName
from facade.model.version import Connector, State, Version
from facade.stores import records
from facade.stores.base import SpecText
from facade.stores.schema import CONNECTORS, SPECS, VERSIONS


def version_in(row: Row[Any]) -> Version:
    """The version of a row; raises StoreUnavailable, msgspec.DecodeError where it is damaged."""
    if records.text_digest(row.content) != row.content_digest:
        raise StoreUnavailable(
            f"the stored version connectors/{row.connector}/versions/{row.id} is damaged; "
            "restore the database"
        )
    return records.version_from(
        records.VersionRecord(
            tenant=row.tenant,
            connector=row.connector,
            id=row.id,
            content=records.content_record(row.content),
            state=State(row.state),
            etag=row.etag,
            update_time=row.update_time,
            traffic_percent=row.traffic_percent,
            life=records.life_from(row.life),
            notes=row.notes,
            labels=row.labels,
        )
    )


def connector_in(row: Row[Any], versions: Mapping[str, Version]) -> Connector:
    """The connector of a row, with its versions; raises msgspec.DecodeError."""
    record = records.ConnectorRecord(
        tenant=row.tenant,
        id=row.id,
        etag=row.etag,
        create_time=row.create_time,
        update_time=row.update_time,
        title=row.title,
        description=row.description,
        labels=row.labels,
        history=records.history_from(row.history),
    )
    return replace(records.connector_from(record), versions=versions)


def is_connector(name: ConnectorName) -> ColumnElement[bool]:
    """Which row is a connector's."""
    return and_(CONNECTORS.c.tenant == name.tenant, CONNECTORS.c.id == name.connector)


def versions_of(name: ConnectorName) -> ColumnElement[bool]:
    """Which rows are those of its versions."""
    return and_(VERSIONS.c.tenant == name.tenant, VERSIONS.c.connector == name.connector)


async def put_specs(connection: AsyncConnection, specs: tuple[SpecText, ...]) -> None:
    """Writes those documents that are not there yet."""
    wanted = {spec.digest: spec for spec in specs}
    if not wanted:
        return
    known = select(SPECS.c.digest).where(SPECS.c.digest.in_(list(wanted)))
    for digest in (await connection.execute(known)).scalars():
        del wanted[digest]
    for spec in wanted.values():
        await connection.execute(insert(SPECS).values(digest=spec.digest, packed=spec.packed))


async def put_connector(connection: AsyncConnection, connector: Connector) -> None:
    """Writes a connector and its versions."""
    name = connector.name
    values = {
        "title": connector.title,
        "description": connector.description,
        "labels": dict(connector.labels),
        "history": records.history_text(connector),
        "etag": connector.etag,
        "create_time": connector.create_time,
        "update_time": connector.update_time,
    }
    changed = await connection.execute(update(CONNECTORS).where(is_connector(name)).values(values))
    if changed.rowcount == 0:
        keys = {"tenant": name.tenant, "id": name.connector}
        await connection.execute(insert(CONNECTORS).values(**keys, **values))
    await _put_versions(connection, connector)


async def _put_versions(connection: AsyncConnection, connector: Connector) -> None:
    """Writes what differs; a replaced version is a new row, since rows are in order of creation."""
    columns = (VERSIONS.c.id, VERSIONS.c.etag, VERSIONS.c.content_digest)
    ours = versions_of(connector.name)
    kept = {row.id: row for row in await connection.execute(select(*columns).where(ours))}
    for gone in kept.keys() - connector.versions.keys():
        await connection.execute(delete(VERSIONS).where(ours, VERSIONS.c.id == gone))
    for key, version in connector.versions.items():
        old = kept.get(key)
        if old is not None and old.etag == version.etag:
            continue
        row = _row(version)
        this = and_(ours, VERSIONS.c.id == key)
        if old is not None and old.content_digest == row["content_digest"]:
            await connection.execute(update(VERSIONS).where(this).values(row))
            continue
        await connection.execute(delete(VERSIONS).where(this))
        await connection.execute(insert(VERSIONS).values(row))


def _row(version: Version) -> dict[str, Any]:
    content = records.content_text(version)
    return {
        "tenant": version.name.tenant,
        "connector": version.name.connector,
        "id": version.name.version,
        "content": content,
        "content_digest": records.text_digest(content),
        "spec_digest": version.spec_digest,
        "labels": dict(version.labels),
        "notes": version.notes,
        "state": version.state.value,
        "traffic_percent": version.traffic_percent,
        "life": records.life_text(version),
        "etag": version.etag,
        "update_time": version.update_time,
    }
