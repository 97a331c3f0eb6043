"""Access, opened: who knows callers, and who says what they may do, by the settings."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from facade.access.authorize import Authority, Refusals
from facade.access.bindings import Bindings
from facade.access.identities import Identities
from facade.access.key_set import LARGEST, KeySet
from facade.access.keys import Keys
from facade.access.meaning import Names
from facade.access.tokens import Tokens
from facade.background import Background
from facade.catalog.catalog import Catalog
from facade.config import Misconfigured, Settings
from facade.stores.keys import SqlKeys
from facade.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the faces ask."""

    identities: Identities
    authority: Authority
    keys: Keys
    source_addresses: tuple[str, ...] = ()
    """From which connectors may have their calls leave."""


@asynccontextmanager
async def open_access(
    settings: Settings,
    catalog: Catalog,
    store: SqlKeys,
    refusals: Refusals,
    transport: Transport,
    *,
    anyone: bool,
) -> AsyncIterator[Access]:
    """Reads keys and access file, and follows them.

    `anyone`: whether those who show nothing may do everything. Raises Misconfigured.
    """
    keys, bindings = Keys(store), Bindings(settings.access)
    identities = Identities(keys, bindings, _tokens(settings, transport), anyone=anyone)
    await keys.refresh()
    async with Background() as background:
        background.start(keys.follow())
        background.start(bindings.follow())
        yield Access(
            identities=identities,
            authority=Authority(Names(catalog), refusals),
            keys=keys,
            source_addresses=settings.source_addresses,
        )


def _tokens(settings: Settings, transport: Transport) -> Tokens | None:
    issuer, audience, source = settings.jwt_issuer, settings.jwt_audience, settings.jwt_keys
    if not issuer:
        if audience or source:
            raise Misconfigured("jwt_issuer is required where jwt_audience or jwt_keys is set")
        return None
    if not audience:
        raise Misconfigured("jwt_audience is required: else tokens for others would do here, too")
    if source and not source.startswith(("https://", "http://")) and not Path(source).is_file():
        raise Misconfigured(f"jwt_keys: {source}: no such file")
    fetch = partial(transport.fetch, limit=LARGEST)
    return Tokens(issuer, audience, KeySet(issuer, source, fetch, time.monotonic))
