"""The methods of connections."""

from dataclasses import replace
from typing import Any

import msgspec
from starlette.responses import Response

from facade.app.api.calls import remaining_of
from facade.app.api.catalog import listed, page_of
from facade.app.api.form import read
from facade.app.api.form.connection import CHECKED, CONNECTION, HTTP_RESPONSE
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.connections.http_request import HttpRequest
from facade.model.connection import Connection
from facade.model.face import deadline_of, said_before
from facade.model.names import ConnectionName, parse_connection
from facade.telemetry.spans import current


async def create_connection(desk: Desk, asked: Asked) -> Response:
    """Creates a connection."""
    fields = asked.fields
    name = ConnectionName(fields.get("connection_id", ""), asked.identity.tenant)
    made = await desk.connections.create(
        _read(fields["connection"], name),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
        request_id=fields.get("request_id", ""),
        force=fields.get("force", False),
    )
    return data(CONNECTION.write(made))


async def get_connection(desk: Desk, asked: Asked) -> Response:
    """Gets a connection."""
    return data(CONNECTION.write(desk.connections.get(_name(asked))))


async def list_connections(desk: Desk, asked: Asked) -> Response:
    """Lists the connections, page by page."""
    page, tenant = page_of(asked), asked.identity.tenant
    return listed("connections", *await desk.connection_list.page(tenant, page, _packed, weight))


async def update_connection(desk: Desk, asked: Asked) -> Response:
    """Changes a connection."""
    fields = asked.fields
    name = parse_connection(asked.name, "connection.name", asked.identity.tenant)
    changed = await desk.connections.update(
        name,
        _read(fields["connection"], name),
        fields.get("update_mask", ()),
        read.etag(fields["connection"]),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(CONNECTION.write(changed))


async def delete_connection(desk: Desk, asked: Asked) -> Response:
    """Deletes a connection."""
    fields = asked.fields
    await desk.connections.delete(
        _name(asked),
        fields.get("etag", ""),
        force=fields.get("force", False),
        by=asked.identity,
    )
    return nothing()


async def suspend_connection(desk: Desk, asked: Asked) -> Response:
    """Refuses the calls of a connection."""
    return data(CONNECTION.write(await desk.connections.suspend(_name(asked), asked.identity)))


async def resume_connection(desk: Desk, asked: Asked) -> Response:
    """Lets the calls of a connection go on."""
    return data(CONNECTION.write(await desk.connections.resume(_name(asked), asked.identity)))


async def lock_connection(desk: Desk, asked: Asked) -> Response:
    """Keeps a connection from being changed."""
    reason = asked.fields.get("reason", "")
    locked = await desk.connections.lock(_name(asked), reason, asked.identity)
    return data(CONNECTION.write(locked))


async def unlock_connection(desk: Desk, asked: Asked) -> Response:
    """Lets a connection be changed again."""
    return data(CONNECTION.write(await desk.connections.unlock(_name(asked), asked.identity)))


async def check_connection(desk: Desk, asked: Asked) -> Response:
    """Says whether calls through a connection would work now."""
    return data(CHECKED.write(await desk.connections.check(_name(asked))))


async def execute_http_request(desk: Desk, asked: Asked) -> Response:
    """Sends a request of the caller's own through a connection."""
    fields = asked.fields
    request = HttpRequest(
        method=fields.get("method") or "GET",
        url=fields.get("url", ""),
        headers=fields.get("headers", ()),
        body=fields.get("body"),
    )
    deadline = deadline_of(remaining_of(asked))
    outcome = await desk.http_requests.execute(_name(asked), request, deadline, current().trace_id)
    reply = outcome.exchange.reply
    told = {} if reply is None else HTTP_RESPONSE.write(reply)
    return data(told, said_before(outcome))


def _name(asked: Asked) -> ConnectionName:
    return parse_connection(asked.name, "name", asked.identity.tenant)


def _read(tree: Any, name: ConnectionName) -> Connection:
    """What is said of a connection; raises InvalidRequest."""
    given: Connection = read.of_form(CONNECTION, tree, "connection")
    return replace(given, name=name)


def _packed(connection: Connection) -> msgspec.Raw:
    return packed(CONNECTION.write(connection))
