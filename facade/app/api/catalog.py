"""The catalog's methods: connectors, versions, actions and documents."""

import asyncio
from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response

from facade.app.api.form import read, write
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.catalog.verdicts import FEW
from facade.listing import pages
from facade.model.action import Action
from facade.model.change import of_tenant
from facade.model.names import (
    ActionName,
    ConnectorName,
    parse_action,
    parse_connector,
    parse_version,
)
from facade.model.version import Connector, Version

ACROSS_PAGES = frozenset({"page_size", "page_token"})
"""The fields that may differ from page to page (AIP-158)."""


async def get_connector(desk: Desk, asked: Asked) -> Response:
    """Gets a connector."""
    name = parse_connector(asked.name, tenant=asked.identity.tenant)
    return data(write.connector(desk.catalog.connector(name)))


async def list_connectors(desk: Desk, asked: Asked) -> Response:
    """Lists the connectors, page by page."""
    found = await desk.listing.connectors(page_of(asked), _connector, weight)
    return listed("connectors", *found)


async def create_connector(desk: Desk, asked: Asked) -> Response:
    """Creates a connector and its first version."""
    fields = asked.fields
    name = ConnectorName(fields.get("connector_id", ""), asked.identity.tenant)
    connector = await desk.catalog.create_connector(
        read.connector(fields["connector"], name),
        fields.get("initial_version"),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
        request_id=fields.get("request_id", ""),
    )
    return data(write.connector(connector))


async def update_connector(desk: Desk, asked: Asked) -> Response:
    """Changes what is said of a connector."""
    fields = asked.fields
    name = parse_connector(asked.name, "connector.name", asked.identity.tenant)
    connector = await desk.catalog.update_connector(
        name,
        read.connector(fields["connector"], name),
        fields.get("update_mask", ()),
        read.etag(fields["connector"]),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(write.connector(connector))


async def delete_connector(desk: Desk, asked: Asked) -> Response:
    """Deletes a connector."""
    await desk.catalog.delete_connector(
        parse_connector(asked.name, tenant=asked.identity.tenant),
        asked.fields.get("etag", ""),
        force=asked.fields.get("force", False),
        by=asked.identity,
        validate_only=asked.fields.get("validate_only", False),
    )
    return nothing()


async def get_version(desk: Desk, asked: Asked) -> Response:
    """Gets a version."""
    name = parse_version(asked.name, tenant=asked.identity.tenant)
    return data(write.version(desk.catalog.snapshot.likely(name), None))


async def list_versions(desk: Desk, asked: Asked) -> Response:
    """Lists the versions of a connector, page by page."""
    found = await desk.listing.versions(page_of(asked), _version, weight)
    return listed("versions", *found)


async def manage_versions(desk: Desk, asked: Asked) -> Response:
    """Applies a change set."""
    versions = await desk.editions.manage(
        parse_connector(asked.name, "parent", asked.identity.tenant),
        of_tenant(asked.fields.get("changes", ()), asked.identity.tenant),
        by=asked.identity,
        validate_only=asked.fields.get("validate_only", False),
        request_id=asked.fields.get("request_id", ""),
    )
    return data({"versions": [write.version(each, FEW) for each in versions]})


async def get_action(desk: Desk, asked: Asked) -> Response:
    """Gets an action, with its schemas."""
    wanted = parse_action(asked.name, tenant=asked.identity.tenant)
    version, action = desk.catalog.resolve(wanted)
    name = ActionName(version.name.connector, version.name.version, action.id, wanted.tenant)
    return data(write.action(name, action, full=True))


async def list_actions(desk: Desk, asked: Asked) -> Response:
    """Lists the actions of a version, page by page."""
    form = partial(_action, full=asked.fields.get("view", False))
    found = await desk.listing.actions(page_of(asked), form, weight)
    return listed("actions", *found)


async def validate_spec(desk: Desk, asked: Asked) -> Response:
    """Says what is wrong or doubtful in a document."""
    draft, text = read.spec(asked.fields), asked.fields.get("against", "")
    against = parse_version(text, "against", asked.identity.tenant) if text else None
    found, told = await desk.catalog.validate(draft, against)
    return data(await asyncio.to_thread(write.report, found, told))


def page_of(asked: Asked) -> pages.Asked:
    """The page that a request for a list asks for."""
    fields = asked.fields
    kept = sorted((key, each) for key, each in fields.items() if key not in ACROSS_PAGES)
    return pages.Asked(
        parent=asked.name,
        filter=fields.get("filter", ""),
        size=fields.get("page_size", 0),
        token=fields.get("page_token", ""),
        tenant=asked.identity.tenant,
        identity=asked.identity,
        bound=msgspec.json.encode([asked.rpc, asked.name, kept]),
    )


def listed(field: str, entries: tuple[Any, ...], token: str) -> Response:
    """A page, and the token of the next one."""
    return data({field: entries, "nextPageToken": token})


def _connector(connector: Connector) -> msgspec.Raw:
    return packed(write.connector(connector))


def _version(version: Version) -> msgspec.Raw:
    return packed(write.version(version))


def _action(name: ActionName, action: Action, *, full: bool) -> msgspec.Raw:
    return packed(write.action(name, action, full=full))
