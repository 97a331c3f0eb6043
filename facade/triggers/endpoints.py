"""Endpoints: the addresses of flows, and the secrets by which messages to them are believed."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from facade.errors.service import StoreUnavailable
from facade.model.access import Identity
from facade.model.flow import Flow
from facade.model.trigger import Endpoint, WebhookSecret
from facade.sealing import Seal
from facade.stores.base import Audit
from facade.stores.trigger_endpoints import KeptEndpoint, SqlEndpoints
from facade.triggers.signatures import text_of

PATH: Final = "/hooks/"
"""Below the public URL of the facade."""

BYTES: Final = 32
"""Of an id, of a secret: 256 bits."""

FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""What an id looks like: others are looked for nowhere."""

MOST: Final = 4
"""Secrets of one address that are believed at a time."""

TRIES: Final = 5
"""Changes that are tried again where another was faster."""


class Endpoints:
    """Addresses in the ledger, whose secrets this alone can read. All raise StoreUnavailable."""

    def __init__(self, store: SqlEndpoints, seal: Seal, clock: Callable[[], float]) -> None:
        """Takes where they are kept, what seals their secrets, and seconds since 1970."""
        self._store = store
        self._seal = seal
        self._clock = clock

    async def find(self, id_: str) -> Endpoint | None:
        """The address of an id, whosever it is; None where there is none."""
        if not FORM.fullmatch(id_):
            return None
        kept = await self._store.find(id_)
        return None if kept is None else self._opened(kept)

    async def of(self, flow: Flow) -> Endpoint:
        """The address of a flow, made where it has none yet: then without a secret."""
        return self._opened(await self._kept(flow))

    async def rotate(self, flow: Flow, overlap: float, by: Identity) -> str:
        """A new secret, which is told here alone; those of before end after `overlap` seconds."""
        now = self._now()
        audit = Audit(
            time=now,
            tenant=flow.name.tenant,
            caller=by.name,
            method="rotate_webhook_secret",
            target=str(flow.name),
            changes=(f"overlap {overlap:g} s",),
        )
        return await self._renewed(flow, now + timedelta(seconds=overlap), audit)

    async def renew(self, flow: Flow) -> str:
        """A new secret in the place of all that were before."""
        return await self._renewed(flow, None)

    async def secret(self, flow: Flow) -> str:
        """The newest secret, for the backend that is told it; empty where there is none."""
        found = (await self.of(flow)).secrets
        return text_of(found[0].key) if found else ""

    def keys(self, endpoint: Endpoint) -> tuple[bytes, ...]:
        """The secrets that are believed now."""
        now = self._now()
        return tuple(
            each.key for each in endpoint.secrets if each.until is None or now < each.until
        )

    async def _renewed(self, flow: Flow, until: datetime | None, audit: Audit | None = None) -> str:
        key, now = secrets.token_bytes(BYTES), self._now()
        for _ in range(TRIES):
            kept = await self._kept(flow)
            before = self._opened(kept).secrets if until is not None else ()
            old = tuple(_ending(each, until) for each in before if until is not None)
            left = tuple(each for each in old if each.until is not None and now < each.until)
            sealed = self._sealed(kept.id, kept.tenant, (WebhookSecret(key=key), *left)[:MOST])
            if await self._store.change(kept, sealed, audit):
                return text_of(key)
        raise StoreUnavailable(f"the secrets of `{flow.name}` are being changed; try again")

    async def _kept(self, flow: Flow) -> KeptEndpoint:
        tenant, uid = flow.name.tenant, flow.uid
        found = await self._store.of(tenant, uid)
        if found is not None:
            return found
        id_ = secrets.token_urlsafe(BYTES)
        return await self._store.make(
            KeptEndpoint(
                id=id_,
                tenant=tenant,
                flow_uid=uid,
                flow=flow.name.flow,
                sealed=self._sealed(id_, tenant, ()),
            )
        )

    def _sealed(self, id_: str, tenant: str, held: tuple[WebhookSecret, ...]) -> bytes:
        return self._seal.seal(msgspec.json.encode(held), _context(id_, tenant))

    def _opened(self, kept: KeptEndpoint) -> Endpoint:
        """An address whose secrets no key of the ring opens has none: nothing is believed."""
        plain = self._seal.unseal(kept.sealed, _context(kept.id, kept.tenant))
        held = msgspec.json.decode(plain, type=tuple[WebhookSecret, ...]) if plain else ()
        return Endpoint(
            id=kept.id,
            tenant=kept.tenant,
            flow_uid=kept.flow_uid,
            flow=kept.flow,
            secrets=held,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _ending(secret: WebhookSecret, until: datetime) -> WebhookSecret:
    """A secret that ends at a moment, or when it would have ended anyway."""
    ends = until if secret.until is None else min(until, secret.until)
    return WebhookSecret(key=secret.key, until=ends)


def _context(id_: str, tenant: str) -> bytes:
    return f"{tenant}\n{id_}".encode()
