"""The methods of versions as documents, and of who calls them."""

from starlette.responses import Response

from facade.app.api.form import write
from facade.app.api.form.edition import USE
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data
from facade.listing.editions import Import
from facade.model.names import parse_version


async def list_version_uses(desk: Desk, asked: Asked) -> Response:
    """Lists who calls a version."""
    name = parse_version(asked.name, "parent", asked.identity.tenant)
    return data({"uses": [USE.write(each) for each in await desk.editions.uses(name)]})


async def export_version(desk: Desk, asked: Asked) -> Response:
    """Gives a version as one document."""
    name = parse_version(asked.name, tenant=asked.identity.tenant)
    return data({"document": await desk.editions.export(name)})


async def import_connector(desk: Desk, asked: Asked) -> Response:
    """Makes a connector, or a version, of such a document."""
    made = Import(**{"document": "", **asked.fields})
    return data(write.connector(await desk.editions.take(made, asked.identity)))
