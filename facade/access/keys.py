"""API keys: made here, told once, kept as digests, and gone everywhere within a second."""

import asyncio
import hashlib
import logging
import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from facade.catalog.draft import check_text
from facade.catalog.request import check_new_id, invalid
from facade.errors.access import CallerForbidden, KeyExists, KeyNotFound
from facade.errors.fault import Details, Fault, Resource, Violation
from facade.model.access import ALLOWS, ANYONE, EVERY, Grant, Identity
from facade.model.key import Key, KeyName
from facade.stores.base import Audit
from facade.stores.keys import SqlKeys
from facade.telemetry.outage import Outage

LOGGER = logging.getLogger(__name__)

TYPE: Final = "gateway.v1/Key"

FORM: Final = re.compile(r"portico_([a-z0-9-]{1,63})_([A-Za-z0-9_-]{43})_([0-9a-f]{8})")
"""`portico_ID_SECRET_CHECKSUM`: scanners find such texts, and need not ask whether one is whole."""

RANDOM: Final = 32
"""Bytes: nobody finds 256 bits by trying, so that a slow hash would slow down callers alone."""

LOOK: Final = 0.25
"""Seconds between looks whether keys have changed."""

NOTES: Final = 4096
"""Characters of notes."""
GRANTS: Final = 100
"""Grants of one key."""


class Held(NamedTuple):
    """A key, and whom it makes known."""

    key: Key
    identity: Identity


class Keys:
    """The keys of a ledger, in memory for calls; and their changes, in the ledger."""

    def __init__(
        self,
        store: SqlKeys,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """Takes where they are kept, a clock that knows the date, and what makes secrets."""
        self._store = store
        self._clock = clock
        self._random = random
        self._sequence = -1
        self._reading = asyncio.Lock()
        self._held: Mapping[str, Held] = {}
        """By digest."""
        self._names: Mapping[KeyName, Key] = {}
        self.edition = 0
        """Another one whenever keys have changed."""

    def find(self, text: str) -> tuple[Identity, float] | None:
        """Whom a key makes known, and until when; None for one that makes nobody known.

        Keys are found by their digests, so that how long it takes tells nothing of them.
        """
        return self.held(digest_of(text)) if is_whole(text) else None

    def held(self, digest: str) -> tuple[Identity, float] | None:
        """The same by the digest of a key."""
        held = self._held.get(digest)
        if held is None or not held.key.holds(self._now()):
            return None
        end = held.key.expire_time
        return held.identity, end.timestamp() if end is not None else float("inf")

    def get(self, name: KeyName, by: Identity) -> Key:
        """What is told of a key; raises KeyNotFound, also for those that are not the caller's."""
        key = self._names.get(name)
        if key is None or not covers(by, key.grants):
            raise KeyNotFound(f"no key `{name}`", details=_resource(name))
        return key

    def page(self, by: Identity, after: str, limit: int) -> list[Key]:
        """The keys of the caller's tenant that follow an id, as far as he could make such."""
        found = (
            key
            for name, key in self._names.items()
            if name.tenant == by.tenant and name.key > after and covers(by, key.grants)
        )
        return sorted(found, key=lambda key: key.name.key)[:limit]

    async def create(
        self,
        name: KeyName,
        grants: Sequence[Grant],
        *,
        notes: str = "",
        expire_time: datetime | None = None,
        by: Identity = ANYONE,
    ) -> tuple[Key, str]:
        """Makes a key; what it answers beside it is told nowhere else and never again.

        Raises InvalidRequest, KeyExists, and CallerForbidden where the key could do what its maker
        cannot.
        """
        now = self._now()
        problems = tuple(_problems(name, grants, notes, expire_time, now))
        if problems:
            raise invalid(*problems)
        if not covers(by, grants):
            raise CallerForbidden(f"{by.name} may not give what it has not: key.grants")
        key = Key(
            name=name,
            grants=tuple(grants),
            notes=notes,
            create_time=now,
            expire_time=expire_time,
        )
        text = key_text(name.key, self._random(RANDOM))
        digest = digest_of(text)
        audit = self._audit("create_key", name, by, tuple(map(_told, grants)), after=digest)
        if not await self._store.add(key, digest, audit):
            raise KeyExists(f"`{name}` is there already", details=_resource(name))
        await self.refresh()
        return key, text

    async def revoke(self, name: KeyName, *, by: Identity = ANYONE) -> Key:
        """Has a key make nobody known any more; a second time nothing changes."""
        self.get(name, by)
        await self._store.revoke(name, self._now(), self._audit("revoke_key", name, by))
        await self.refresh()
        return self.get(name, by)

    async def delete(self, name: KeyName, *, by: Identity = ANYONE) -> None:
        """Deletes a key, which then makes nobody known either."""
        self.get(name, by)
        if not await self._store.delete(name, self._audit("delete_key", name, by)):
            raise KeyNotFound(f"no key `{name}`", details=_resource(name))
        await self.refresh()

    async def refresh(self) -> bool:
        """Takes the ledger's keys where it has moved; answers whether it did."""
        async with self._reading:
            return await self._refresh()

    async def _refresh(self) -> bool:
        if await self._store.sequence() == self._sequence:
            return False
        self._sequence, keys = await self._store.read()
        names = {key.name: key for key in keys.values()}
        if names == self._names and len(keys) == len(self._held):
            return False
        self._held = {digest: _held(key) for digest, key in keys.items()}
        self._names = names
        self.edition += 1
        return True

    async def follow(self, interval: float = LOOK) -> None:
        """Keeps this process with the others, for as long as it runs."""
        outage = Outage(lambda fault: LOGGER.warning("keys are not followed now: %s", fault))
        while True:
            with outage.noted(Fault):
                await self.refresh()
            await self._store.moved(interval)

    def _audit(
        self, method: str, name: KeyName, by: Identity, lines: tuple[str, ...] = (), after: str = ""
    ) -> Audit:
        return Audit(
            time=self._now(),
            tenant=name.tenant,
            caller=by.name,
            method=method,
            target=str(name),
            changes=lines,
            after=after,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def key_text(id_: str, secret: str) -> str:
    """A key as its holder shows it."""
    text = f"portico_{id_}_{secret}"
    return f"{text}_{_checksum(text)}"


def is_whole(text: str) -> bool:
    """Whether a text is a key of ours that nothing is missing of."""
    return FORM.fullmatch(text) is not None and _checksum(text[:-9]) == text[-8:]


def digest_of(text: str) -> str:
    """What is kept of a key: SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def covers(by: Identity, grants: Sequence[Grant]) -> bool:
    """Whether a caller may do all that some grants allow, by one of its own for each."""
    return all(any(_within(each, own) for own in by.grants) for each in grants)


def _within(grant: Grant, own: Grant) -> bool:
    return ALLOWS[grant.role] <= ALLOWS[own.role] and all(
        _reaches(getattr(own, kind), getattr(grant, kind))
        for kind in ("connectors", "actions", "connections")
    )


def _reaches(own: tuple[str, ...], given: tuple[str, ...]) -> bool:
    """Whether every id that fits one of the given patterns fits one of the own."""
    return all(
        any(each == one or (one.endswith("*") and each.startswith(one[:-1])) for one in own)
        for each in given
    )


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _held(key: Key) -> Held:
    name = key.name
    return Held(key, Identity(tenant=name.tenant, name=f"key:{name.key}", grants=key.grants))


def _problems(
    name: KeyName,
    grants: Sequence[Grant],
    notes: str,
    expire_time: datetime | None,
    now: datetime,
) -> Iterator[Violation]:
    yield from check_new_id(name.key, "key_id")
    if not 0 < len(grants) <= GRANTS:
        said = f"{len(grants)} are given; 1 to {GRANTS} are needed"
        yield Violation(field="key.grants", description=said)
    yield from check_text(notes, "key.notes")
    if len(notes) > NOTES:
        said = f"has {len(notes)} characters; at most {NOTES}"
        yield Violation(field="key.notes", description=said)
    if expire_time is not None and expire_time <= now:
        yield Violation(field="key.expire_time", description="has passed")


def _told(grant: Grant) -> str:
    """`invoker connectors=orders-*`."""
    limits = (
        f"{kind}={','.join(getattr(grant, kind))}"
        for kind in ("connectors", "actions", "connections")
        if getattr(grant, kind) != EVERY
    )
    return " ".join((grant.role.value, *limits))


def _resource(name: KeyName) -> Details:
    return Details(resource=Resource(type=TYPE, name=str(name)))
