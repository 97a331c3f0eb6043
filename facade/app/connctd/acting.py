"""Action requests over HTTP: where they come to, believed, performed, and answered by their end."""

import re
import time
from typing import Final

from starlette.responses import Response

from facade.access.methods import EVERYTHING
from facade.app.api.body import check_media_type
from facade.app.connctd.endpoint import Asked, Desk, answer, nothing
from facade.connections.things.actions import PATIENCE
from facade.connections.things.request import read_request
from facade.connections.things.signature import (
    DATE,
    SIGNATURE,
    check_date,
    public_key,
    signed_text,
    verify,
)
from facade.errors.caller import RouteNotFound
from facade.model.access import Permission
from facade.model.connection import Connection
from facade.model.field_names import EXTERNAL_SUBJECT
from facade.telemetry.spans import current

PUBLIC_KEY: Final = "connctd-public-key"
"""The label of an instance that has the platform's key, in base64 as the platform shows it."""

WAIT: Final = re.compile(r"(?:^|,)\s*wait=([0-9]{1,3})\s*(?:$|[,;])")
"""How long a request that can wait wants to (RFC 7240 section 4.3)."""


async def callback_url(desk: Desk, asked: Asked) -> Response:
    """200 with where the platform sends this developer's action requests, of all instances."""
    asked.needs(Permission.INVOKE, EVERYTHING)
    return answer({"href": asked.links.actions(desk.callbacks.opaque(asked.tenant))})


async def keys(desk: Desk, _asked: Asked) -> Response:
    """200 with the keys that completions are signed with."""
    return answer(desk.signer.keys())


async def perform(desk: Desk, asked: Asked) -> Response:
    """204 when the action has ended; 202 where it goes on, and is completed by a callback."""
    tenant = desk.callbacks.tenant(asked.id)
    if tenant is None:
        raise RouteNotFound("There is no such callback URL.")
    check_media_type(asked.headers.get("content-type", ""))
    request = read_request(asked.body)
    external_id = asked.headers.get(EXTERNAL_SUBJECT, "")
    thing = await desk.things.find(tenant, request.thing_id, external_id)
    _check_signature(asked, thing.connection)
    wait = WAIT.search(asked.headers.get("prefer", ""))
    patience = float(wait[1]) if wait else PATIENCE
    if await desk.actions.perform(thing, request, current().trace_id, patience):
        return nothing()
    return answer({"status": "PENDING"}, 202)


def _check_signature(asked: Asked, instance: Connection) -> None:
    """Raises CallerUnknown unless the platform has signed the request, where its key is known."""
    text = instance.labels.get(PUBLIC_KEY)
    if not text:
        return
    date = asked.headers.get(DATE, "")
    said = signed_text("POST", asked.url, date, asked.body)
    verify(public_key(text), said, asked.headers.get(SIGNATURE, ""))
    check_date(date, time.time())
