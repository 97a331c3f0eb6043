"""The methods of AccessService: keys, and who asks."""

from typing import Final

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form import read
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.key import CREATED, KEY, WHO_AM_I, WhoAmI
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import ID
from facade.app.api.requests import LIST, NOTHING, AsGiven
from facade.app.api.route import Asked, Desk, Route
from facade.app.api.template import Template
from facade.app.api.told import data, nothing, packed, weight
from facade.model.key import Key, KeyName, parse_key

SERVICE: Final = "AccessService"

KEYS: Final = Template.of("/v1/keys")
A_KEY: Final = Template.of("/v1/{name=keys/*}")

CREATE: Final = Form(
    "CreateKeyRequest",
    "A new key.",
    (
        Field("key_id", ID, "The last segment of its name.", required=True),
        Field("key", AsGiven(KEY), "What it allows, until when.", required=True),
    ),
)

LIST_KEYS_RESPONSE: Final = Form(
    "ListKeysResponse",
    "A page of keys.",
    (
        Field("keys", Listed(KEY), "The keys, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)


async def create_key(desk: Desk, asked: Asked) -> Response:
    """Makes a key, and tells its text this once."""
    name = KeyName(asked.fields.get("key_id", ""), asked.identity.tenant)
    given = read.of_form(KEY, asked.fields["key"], "key")
    key, text = await desk.keys.create(
        name,
        given.get("grants", ()),
        notes=given.get("notes", ""),
        expire_time=given.get("expire_time"),
        by=asked.identity,
    )
    return data({"key": KEY.write(key), "text": text})


async def get_key(desk: Desk, asked: Asked) -> Response:
    """Gets what is told of a key."""
    return data(KEY.write(desk.keys.get(_name(asked), asked.identity)))


async def list_keys(desk: Desk, asked: Asked) -> Response:
    """Lists the keys, page by page."""
    page = page_of(asked)
    return listed("keys", *await desk.key_list.page(asked.identity, page, _packed, weight))


async def revoke_key(desk: Desk, asked: Asked) -> Response:
    """Has a key make nobody known any more."""
    return data(KEY.write(await desk.keys.revoke(_name(asked), by=asked.identity)))


async def delete_key(desk: Desk, asked: Asked) -> Response:
    """Deletes a key."""
    await desk.keys.delete(_name(asked), by=asked.identity)
    return nothing()


async def who_am_i(desk: Desk, asked: Asked) -> Response:
    """Says who asks."""
    return data(WHO_AM_I.write(WhoAmI(asked.identity, desk.source_addresses)))


def _name(asked: Asked) -> KeyName:
    return parse_key(asked.name, tenant=asked.identity.tenant)


def _packed(key: Key) -> msgspec.Raw:
    return packed(KEY.write(key))


ROUTES: Final = (
    Route(
        rpc="CreateKey",
        service=SERVICE,
        about="Makes a key. The answer alone has its text, which is kept nowhere.",
        verb="POST",
        path=KEYS,
        request=CREATE,
        body="key",
        answer=CREATED,
        handler=create_key,
    ),
    Route(
        rpc="GetKey",
        service=SERVICE,
        about="Gets what is told of a key.",
        verb="GET",
        path=A_KEY,
        request=NOTHING,
        answer=KEY,
        handler=get_key,
    ),
    Route(
        rpc="ListKeys",
        service=SERVICE,
        about="Lists the keys whose grants the caller has, too.",
        verb="GET",
        path=KEYS,
        request=LIST,
        answer=LIST_KEYS_RESPONSE,
        handler=list_keys,
    ),
    Route(
        rpc="RevokeKey",
        service=SERVICE,
        about="Has a key make nobody known any more, in every process within a second.",
        verb="POST",
        path=Template.of("/v1/{name=keys/*}:revoke"),
        request=NOTHING,
        body="*",
        answer=KEY,
        handler=revoke_key,
    ),
    Route(
        rpc="DeleteKey",
        service=SERVICE,
        about="Deletes a key, which then makes nobody known either.",
        verb="DELETE",
        path=A_KEY,
        request=NOTHING,
        handler=delete_key,
    ),
    Route(
        rpc="WhoAmI",
        service=SERVICE,
        about="Says as whom the gateway knows the caller, and what that one may do.",
        verb="GET",
        path=Template.of("/v1/whoami"),
        request=NOTHING,
        answer=WHO_AM_I,
        handler=who_am_i,
    ),
)
