"""Identities: who calls, by what a request shows."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from facade.access import certificates, sockets
from facade.access.bindings import Bindings
from facade.access.keys import Keys, is_whole
from facade.access.presented import BEARER, KEY, Presented
from facade.access.tokens import Claims, Tokens, Untrue
from facade.errors.access import CallerForbidden, CallerUnknown
from facade.model.access import ANYONE, Identity
from facade.recent import Recent

REMEMBERED: Final = 4096
"""Credentials whose holders are remembered; of those that hold alone."""

UNKNOWN: Final = (
    "The caller is not known: show one key, token or certificate that holds. "
    "docs/callers.md has what a gateway takes."
)
"""Whatever is wrong: who guesses is told nothing."""

OTHER_TENANT: Final = "x-tenant-id: the tenant comes from the credential, and is another one"


class Identities:
    """Knows callers by keys, tokens, certificates and sockets."""

    def __init__(
        self,
        keys: Keys,
        bindings: Bindings,
        tokens: Tokens | None = None,
        *,
        anyone: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes what vouches for callers, and whether it is asked at all of those who show nothing.

        `clock` gives seconds since the epoch.
        """
        self._keys = keys
        self._bindings = bindings
        self._tokens = tokens
        self.anyone = anyone
        """Whether whoever shows nothing may do everything."""
        self.is_open = anyone and not bindings.is_kept
        """The same where how they come may make no difference."""
        self._clock = clock
        self._known: Recent[str, tuple[Identity, float]] = Recent(REMEMBERED)
        """By what was shown, and until when."""
        self._connected: Recent[tuple[tuple[str, ...], int | None, bool], Identity] = Recent(
            REMEMBERED
        )
        """By what connections prove."""
        self._edition = self._editions()
        self.foreign = 0
        """Requests that named another tenant than their credential."""

    def of(self, shown: Presented) -> Identity | Awaitable[Identity]:
        """Who calls; to be awaited where keys of an issuer must be fetched first.

        Raises CallerUnknown, with the same words whatever is wrong, and CallerForbidden for a
        tenant that is not the caller's.
        """
        if not self.is_shown(shown):
            identity = self._by_connection(shown)
        elif len(shown.credentials) > 1:
            raise unknown()
        else:
            found = self._by_text(shown.credentials[0])
            if not isinstance(found, Identity):
                return self._later(found, shown)
            identity = found
        return self._same_tenant(identity, shown)

    def is_shown(self, shown: Presented) -> bool:
        """Whether a credential is shown to us.

        Where everybody may call, `authorization` may be meant for the backend: it is ours there
        only where it looks like one of ours.
        """
        if not shown.credentials or shown.said or not self.anyone:
            return bool(shown.credentials)
        if len(shown.credentials) > 1:
            return True
        text = shown.credentials[0]
        value = text[len(BEARER) :].lstrip()
        is_token = self._tokens is not None and value.count(".") == 2
        return text[: len(BEARER)].lower() == BEARER and (value.startswith(KEY) or is_token)

    def known(self, text: str) -> Identity | None:
        """Who was known by the same text before, if that still holds."""
        self._renew()
        found = self._known.get(text)
        return found[0] if found is not None and self._clock() < found[1] else None

    def _renew(self) -> None:
        """Forgets what an older edition of keys and access file knew."""
        if self._edition != (edition := self._editions()):
            self._known, self._connected = Recent(REMEMBERED), Recent(REMEMBERED)
            self._edition = edition

    def _editions(self) -> tuple[int, int]:
        return self._keys.edition, self._bindings.edition

    def _by_text(self, text: str) -> Identity | Awaitable[Identity]:
        known = self.known(text)
        if known is not None:
            return known
        if text[: len(BEARER)].lower() != BEARER:
            raise unknown()
        value = text[len(BEARER) :].strip(" ")
        if is_whole(value):
            found = self._keys.find(value)
            if found is None:
                raise unknown()
            self._known.put(text, found)
            return found[0]
        return self._by_token(text, value)

    def _by_token(self, text: str, value: str) -> Identity | Awaitable[Identity]:
        if self._tokens is None:
            raise unknown()
        edition = self._editions()
        try:
            claims = self._tokens.read(value)
        except Untrue:
            raise unknown() from None
        if isinstance(claims, Claims):
            return self._bound(text, claims, edition)
        return self._verified(text, claims, edition)

    async def _verified(
        self, text: str, waiting: Awaitable[Claims], edition: tuple[int, int]
    ) -> Identity:
        try:
            claims = await waiting
        except Untrue:
            raise unknown() from None
        return self._bound(text, claims, edition)

    def _bound(self, text: str, claims: Claims, edition: tuple[int, int]) -> Identity:
        """Who that is, by the token and by the access file, which has the last word."""
        bound = self._bindings.find((claims.name,))
        tenant = claims.tenant if bound.tenant is None else bound.tenant
        own = claims.grants if claims.tenant in ("", tenant) else ()  # they are for that tenant
        grants = (*own, *bound.of(tenant))
        identity = Identity(tenant=tenant, name=claims.name, grants=grants)
        if edition == self._editions():
            self._renew()
            self._known.put(text, (identity, claims.until))
        return identity

    def _by_connection(self, shown: Presented) -> Identity:
        if self.anyone and not (shown.names or shown.is_socket):
            return ANYONE
        self._renew()
        key = (shown.names, shown.uid, shown.is_socket)
        found = self._connected.get(key)
        if found is None:
            found = self._vouched(shown)
            self._connected.put(key, found)
        return found

    def _vouched(self, shown: Presented) -> Identity:
        """Who that is by the access file; a certificate names its holder without it, too."""
        names = certificates.names_of(shown.names)
        if not names and shown.is_socket:
            names = sockets.names_of(shown.uid)
        bound = self._bindings.find(names)
        if not bound.member and self.anyone:
            return ANYONE
        if not bound.member and not (names and shown.names):
            raise unknown()
        tenant = bound.tenant or ""
        return Identity(tenant=tenant, name=names[0], grants=bound.of(tenant))

    async def _later(self, waiting: Awaitable[Identity], shown: Presented) -> Identity:
        return self._same_tenant(await waiting, shown)

    def _same_tenant(self, identity: Identity, shown: Presented) -> Identity:
        if shown.tenants and any(each != identity.tenant for each in shown.tenants):
            self.foreign += 1
            raise CallerForbidden(OTHER_TENANT)
        return identity


def unknown() -> CallerUnknown:
    """What is said to whoever is not known."""
    return CallerUnknown(UNKNOWN)
