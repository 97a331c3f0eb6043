"""The safe: secrets are put in, replaced, thrown away and sealed anew; nobody takes one out."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from facade.errors.caller import EtagMismatch, InvalidRequest, SecretExists, SecretNotFound
from facade.errors.fault import Details, Resource, Violation
from facade.model.access import ANYONE, Identity
from facade.model.secret import LARGEST, Secret, SecretName
from facade.secrets.envelope import PURPOSE, enclose, rewrap
from facade.secrets.kept import Kept
from facade.secrets.ring import KeyRing, labels_of
from facade.secrets.rows import envelope_in, place_of, told, with_envelope, with_etag
from facade.stores.base import Audit
from facade.stores.secrets import SecretRow, SqlSecrets

TYPE = "gateway.v1/Secret"

BATCH = 100
"""Secrets that are sealed anew in one transaction."""

BATCHES = 50
"""Transactions of one rotation; what is left is for the next one."""

ATTEMPTS = 4
"""A change is tried once, and three times more where another writer was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a secret; None: what it was, for a new one nothing."""

    value: str | None = field(default=None, repr=False)
    labels: Mapping[str, str] | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How far the secrets have come under the first key of the ring."""

    key_label: str
    """Of that key."""
    rotated: int
    """Sealed anew just now."""
    remaining: int
    """Still sealed by another key of the ring, which is needed until they are not."""
    unreadable: int
    """What no key of the ring opens."""


class Safe:
    """The secrets that are kept here, by name. Every method raises StoreUnavailable."""

    def __init__(
        self,
        store: SqlSecrets,
        ring: KeyRing,
        kept: Kept,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes where they are kept, the keys, and who has their values in memory."""
        self._store = store
        self._ring = ring
        self._kept = kept
        self._clock = clock

    async def get(self, name: SecretName) -> Secret:
        """What is told of a secret; raises SecretNotFound."""
        return told(await self._row(name))

    async def page(self, tenant: str, after: str, limit: int) -> list[Secret]:
        """A tenant's secrets that follow an id, in order of ids."""
        return [told(row) for row in await self._store.page(tenant, after, limit)]

    async def create(self, name: SecretName, change: Change, *, by: Identity = ANYONE) -> Secret:
        """Puts a new secret in; raises InvalidRequest, SecretExists, KeyRingMissing."""
        row = self._changed(name, None, change)
        audit = self._audit("create_secret", name, by, after=row.etag)
        if not await self._store.put(row, None, audit):
            raise SecretExists(f"`{name}` is there already", details=_resource(name))
        self._kept.forget(name)
        return told(row)

    async def update(
        self,
        name: SecretName,
        change: Change,
        etag: str = "",
        *,
        by: Identity = ANYONE,
        allow_missing: bool = False,
    ) -> Secret:
        """Changes a secret, or with `allow_missing` makes it.

        Raises InvalidRequest, SecretNotFound, EtagMismatch, KeyRingMissing.
        """
        for _ in range(ATTEMPTS):
            before = (await self._store.get([name])).get(name)
            if before is None and not allow_missing:
                raise _missing(name)
            if etag and (before is None or etag != before.etag):
                raise _stale(name, "secret.etag")
            row = self._changed(name, before, change)
            old = before.etag if before is not None else ""
            audit = self._audit("update_secret", name, by, old, row.etag)
            if await self._store.put(row, before, audit):
                self._kept.forget(name)
                return told(row)
        raise _stale(name, "secret.etag")

    async def delete(self, name: SecretName, etag: str = "", *, by: Identity = ANYONE) -> None:
        """Throws a secret away; raises SecretNotFound, EtagMismatch."""
        row = await self._row(name)
        audit = self._audit("delete_secret", name, by, row.etag)
        if (etag and etag != row.etag) or not await self._store.delete(row, audit):
            raise _stale(name, "etag")
        self._kept.forget(name)

    async def rotate(self, *, by: Identity = ANYONE) -> Rotation:
        """Seals what another key of the ring seals by its first one; raises KeyRingMissing.

        A tenant's are its own secrets; those of the tenant without a name, which is the
        operator's as the ring is, are everybody's. Values, etags and calls are not touched. It can
        be stopped at any time and repeated; at most 5,000 of a tenant's are sealed anew at once.
        """
        first, *others = (label.hex() for label in labels_of(self._ring.keys(), PURPOSE))
        old = set(others) - {first}
        tenants = [by.tenant] if by.tenant else await self._store.tenants()
        found = [await self._rotated(each, first, old, by) for each in tenants]
        return Rotation(
            key_label=first,
            rotated=sum(each.rotated for each in found),
            remaining=sum(each.remaining for each in found),
            unreadable=sum(each.unreadable for each in found),
        )

    async def _rotated(self, tenant: str, first: str, old: set[str], by: Identity) -> Rotation:
        after, rotated, more = "", 0, True
        for _ in range(BATCHES):
            rows = await self._store.sealed_by(tenant, old, after, BATCH)
            rotated += await self._rewrapped(rows, by)
            more = len(rows) == BATCH
            if not more:
                break
            after = rows[-1].id
        counts = await self._store.count_by_key(tenant)
        left = sum(counts.get(label, 0) for label in old)
        foreign = sum(counts.values()) - left - counts.get(first, 0)
        return Rotation(
            key_label=first,
            rotated=rotated,
            remaining=left if more else 0,
            unreadable=foreign if more else foreign + left,
        )

    async def _rewrapped(self, rows: list[SecretRow], by: Identity) -> int:
        ring = self._ring.seal(PURPOSE)
        found = ((row, rewrap(ring, envelope_in(row), place_of(row))) for row in rows)
        pairs = [(row, with_envelope(row, each)) for row, each in found if each is not None]
        if not pairs:
            return 0
        line = f"seal {len(pairs)} by {pairs[0][1].key_label}"
        audit = Audit(
            time=self._now(),
            tenant=rows[0].tenant,
            caller=by.name,
            method="rotate_secrets",
            target="secrets/-",
            changes=(line,),
        )
        return await self._store.rewrap(pairs, audit)

    async def _row(self, name: SecretName) -> SecretRow:
        row = (await self._store.get([name])).get(name)
        if row is None:
            raise _missing(name)
        return row

    def _changed(self, name: SecretName, before: SecretRow | None, change: Change) -> SecretRow:
        """The row that a change leads to."""
        now = self._now()
        row = before or SecretRow(
            tenant=name.tenant, id=name.secret, create_time=now, update_time=now
        )
        if before is None or change.value is not None:
            value = _checked(change.value or "")
            old = envelope_in(before) if before is not None else None
            row = with_envelope(row, enclose(self._ring.seal(PURPOSE), value, place_of(row), old))
        if change.labels is not None:
            row = replace(row, labels=dict(change.labels))
        if change.notes is not None:
            row = replace(row, notes=change.notes)
        return with_etag(replace(row, update_time=now))

    def _audit(
        self, method: str, name: SecretName, by: Identity, before: str = "", after: str = ""
    ) -> Audit:
        return Audit(
            time=self._now(),
            tenant=name.tenant,
            caller=by.name,
            method=method,
            target=str(name),
            before=before,
            after=after,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _checked(value: str) -> str:
    size = len(value.encode("utf-8", "surrogatepass"))
    if 0 < size <= LARGEST:
        return value
    problem = "a value is required" if not size else f"has {size} bytes; at most {LARGEST}"
    raise InvalidRequest(
        f"secret.value: {problem}",
        details=Details(violations=(Violation(field="secret.value", description=problem),)),
    )


def _missing(name: SecretName) -> SecretNotFound:
    return SecretNotFound(f"no secret `{name}`", details=_resource(name))


def _stale(name: SecretName, field: str) -> EtagMismatch:
    problem = Violation(field=field, description="is not the current etag")
    return EtagMismatch(
        f"{field}: `{name}` changed since it was read",
        details=replace(_resource(name), violations=(problem,)),
    )


def _resource(name: SecretName) -> Details:
    return Details(resource=Resource(type=TYPE, name=str(name)))
