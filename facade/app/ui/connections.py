"""Connections: where they stand, and whether calls through one would work now."""

from contextlib import aclosing
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from facade.app.errors import no_route
from facade.app.ui.visit import Visit
from facade.model.access import Permission, Target
from facade.model.connection import Connection, ConnectionState, Subject
from facade.model.names import ConnectionName

HERE: Final = "connections"
LISTED: Final = 300
"""Connections that are listed at once; a search finds the others."""
MOST: Final = 100
"""End users that one page lists."""


async def show_all(visit: Visit) -> Response:
    """The connections that the caller may see."""
    visit.check("ListConnections")
    every = visit.house.parts.connections.all(visit.tenant)
    wanted = visit.query("q").lower()
    shown = [each for each in every if wanted in _words(each) and visit.sees(_target(each))]
    known = {
        "connections": shown[:LISTED],
        "more": max(len(shown) - LISTED, 0),
        "q": visit.query("q"),
    }
    if visit.is_part:
        return visit.part("parts/connections", known)
    return visit.page("connections", known, title="Connections", here=HERE)


async def show(visit: Visit) -> Response:
    """One connection."""
    name = _name(visit)
    visit.check("GetConnection", str(name))
    return await _page(visit, visit.house.parts.connections.get(name))


async def change(visit: Visit) -> Response:
    """Checks it, or has its calls refused or let through."""
    name, deed = _name(visit), visit.path("deed")
    connections = visit.house.parts.connections
    if deed == "check":
        visit.check("CheckConnection", str(name))
        known = {"checked": await connections.check(name), "connection": connections.get(name)}
        if visit.is_part:
            return visit.part("parts/checked", known)
        return await _page(visit, connections.get(name), **known)
    if deed == "suspend":
        visit.check("SuspendConnection", str(name))
        await connections.suspend(name, visit.identity)
    elif deed == "resume":
        visit.check("ResumeConnection", str(name))
        await connections.resume(name, visit.identity)
    else:
        raise no_route(visit.request.scope)
    return RedirectResponse(f"../{name.connection}", 303)


async def _page(visit: Visit, connection: Connection, **more: Any) -> Response:
    target = _target(connection)
    visit.check("ListSubjects", str(connection.name))
    subjects = await _subjects(visit, connection.name)
    known = {
        "connection": connection,
        "subjects": subjects,
        "after": subjects[-1].name.subject if len(subjects) == MOST else "",
        "id": connection.name.connection,
        "may_check": visit.may(Permission.INVOKE, target),
        "may_edit": visit.may(Permission.EDIT, target),
        "is_suspended": connection.state is ConnectionState.SUSPENDED,
        "checked": None,
        **more,
    }
    return visit.page("connection", known, title=connection.name.connection, here=HERE)


async def _subjects(visit: Visit, name: ConnectionName) -> list[Subject]:
    """Some of its end users, in the order of their ids."""
    found: list[Subject] = []
    async with aclosing(visit.house.parts.subjects.all(name, visit.query("after"))) as every:
        async for each in every:
            found.append(each)
            if len(found) == MOST:
                break
    return found


def _name(visit: Visit) -> ConnectionName:
    return ConnectionName(visit.path("connection"), visit.tenant)


def _words(connection: Connection) -> str:
    return f"{connection.name.connection} {connection.title} {connection.connector}".lower()


def _target(connection: Connection) -> Target:
    return Target(connector=connection.connector, connection=connection.name.connection)
