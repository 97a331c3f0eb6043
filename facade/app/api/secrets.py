"""The methods of secrets: values go in and never out."""

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form import read, write
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.catalog.secret_request import new_name
from facade.model.secret import Secret, parse_secret
from facade.secrets.use import check_unused


async def create_secret(desk: Desk, asked: Asked) -> Response:
    """Puts a new secret in."""
    name = new_name(asked.fields.get("secret_id", ""), asked.identity.tenant)
    change = read.secret_change(asked.fields["secret"])
    return data(write.secret(await desk.safe.create(name, change, by=asked.identity)))


async def get_secret(desk: Desk, asked: Asked) -> Response:
    """Gets what is told of a secret."""
    name = parse_secret(asked.name, tenant=asked.identity.tenant)
    return data(write.secret(await desk.safe.get(name)))


async def list_secrets(desk: Desk, asked: Asked) -> Response:
    """Lists the secrets, page by page."""
    return listed("secrets", *await desk.secrets.page(page_of(asked), _secret, weight))


async def update_secret(desk: Desk, asked: Asked) -> Response:
    """Changes a secret."""
    fields = asked.fields
    secret = await desk.safe.update(
        parse_secret(asked.name, "secret.name", asked.identity.tenant),
        read.secret_change(fields["secret"], fields.get("update_mask", ())),
        read.etag(fields["secret"]),
        by=asked.identity,
        allow_missing=fields.get("allow_missing", False),
    )
    return data(write.secret(secret))


async def delete_secret(desk: Desk, asked: Asked) -> Response:
    """Deletes a secret that no live version names, or any by force."""
    name = parse_secret(asked.name, tenant=asked.identity.tenant)
    if not asked.fields.get("force", False):
        check_unused(name, desk.catalog.connectors(name.tenant))
    await desk.safe.delete(name, asked.fields.get("etag", ""), by=asked.identity)
    return nothing()


async def rotate_secrets(desk: Desk, asked: Asked) -> Response:
    """Seals secrets by the first key of the ring."""
    return data(write.rotation(await desk.safe.rotate(by=asked.identity)))


def _secret(secret: Secret) -> msgspec.Raw:
    return packed(write.secret(secret))
