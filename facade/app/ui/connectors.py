"""Connectors, their versions, and how two of these differ."""

from typing import Any, Final

from starlette.responses import Response

from facade.app.ui.seen import MOST, listed, visible
from facade.app.ui.visit import Visit
from facade.catalog.verdicts import told, whole
from facade.model.change import Draft
from facade.model.difference import Difference
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector

HERE: Final = "connectors"
PROBLEMS: Final = 200
"""Of a document that are shown."""
FINDINGS: Final = 300
"""Of a comparison that are shown."""


async def show_all(visit: Visit) -> Response:
    """The connectors that the caller may see."""
    visit.check("ListConnectors")
    wanted = visit.query("q").lower()
    shown = [each for each in visible(visit) if wanted in _words(each)]
    known = {
        "connectors": shown[:MOST],
        "more": max(len(shown) - MOST, 0),
        "q": visit.query("q"),
    }
    if visit.is_part:
        return visit.part("parts/connectors", known)
    return visit.page("connectors", known, title="Connectors", here=HERE)


async def show(visit: Visit) -> Response:
    """One connector: its versions, and how its traffic is shared."""
    connector = _connector(visit)
    versions = sorted(connector.versions.values(), key=lambda each: each.create_time, reverse=True)
    known = {"connector": connector, "versions": versions, "id": connector.name.connector}
    return visit.page("connector", known, title=connector.name.connector, here=HERE)


async def show_version(visit: Visit) -> Response:
    """One version: its actions, who calls it, what is doubtful in its document."""
    name = version_name(visit)
    visit.check("GetVersion", str(name))
    house, catalog = visit.house, visit.house.parts.catalog
    version = catalog.snapshot.likely(name)
    connector = catalog.connector(ConnectorName(name.connector, name.tenant))
    difference = told(version, FINDINGS)
    actions, more = await listed(visit, version, ())
    known = {
        "connector": connector,
        "version": version,
        "id": version.name.version,
        "actions": actions,
        "more": more,
        "uses": await house.parts.uses.of(version.name),
        "problems": version.problems[:PROBLEMS],
        "problem_count": len(version.problems),
        "difference": difference,
        "findings": difference.difference.findings if difference else (),
        "others": [each for each in connector.versions if each != version.name.version],
    }
    title = f"{name.connector} {version.name.version}"
    return visit.page("version", known, title=title, here=HERE)


async def compare(visit: Visit) -> Response:
    """What one version changes for those who call another one."""
    name, other = version_name(visit), visit.query("against")
    against = VersionName(name.connector, other or name.version, name.tenant)
    for each in (name, against):
        visit.check("GetVersion", str(each))
    catalog = visit.house.parts.catalog
    version, before = catalog.snapshot.likely(name), catalog.snapshot.likely(against)
    draft = Draft(spec_text=await catalog.text(version))
    _, documents = await catalog.validate(draft, before.name)
    found = whole(before, version, documents.difference if documents else Difference())
    connector = catalog.connector(ConnectorName(name.connector, name.tenant))
    known: dict[str, Any] = {
        "connector": connector,
        "version": version,
        "against": before.name.version,
        "others": [each for each in connector.versions if each != version.name.version],
        "difference": found,
        "findings": found.findings[:FINDINGS],
    }
    title = f"{name.connector}: {before.name.version} to {version.name.version}"
    return visit.page("diff", known, title=title, here=HERE)


async def show_mapping(visit: Visit) -> Response:
    """What of a version's document maps exactly, what comes close, and what stays opaque."""
    name = version_name(visit)
    visit.check("GetVersion", str(name))
    version = visit.house.parts.catalog.snapshot.likely(name)
    mapping, wanted = await visit.house.mappings.of(version), visit.query("kind")
    known = {
        "connector": name.connector,
        "version": version.name.version,
        "openapi": mapping.openapi,
        "tallies": mapping.tallies,
        "notes": mapping.first(wanted),
        "note_count": mapping.count(wanted),
        "kinds": mapping.kinds,
        "kind": wanted,
    }
    title = f"Mapping of {name.connector} {version.name.version}"
    return visit.page("mapping", known, title=title, here=HERE)


def version_name(visit: Visit) -> VersionName:
    """The version that the path names."""
    return VersionName(visit.path("connector"), visit.path("version"), visit.tenant)


def _connector(visit: Visit) -> Connector:
    name = ConnectorName(visit.path("connector"), visit.tenant)
    visit.check("GetConnector", str(name))
    return visit.house.parts.catalog.connector(name)


def _words(connector: Connector) -> str:
    return f"{connector.name.connector} {connector.title} {connector.description}".lower()
