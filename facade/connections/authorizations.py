"""Authorizations: somebody is sent to consent, and known again when they come back."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from facade.model.names import ConnectionName, SubjectName
from facade.policy.credentials.description import S256
from facade.policy.credentials.grant import Client
from facade.sealing import Seal
from facade.stores.authorizations import SqlAuthorizations

CALLBACK: Final = "/oauth2/callback"
"""Below the public URL of the facade: where servers send people back to."""

BYTES: Final = 32
"""Of a state, of a verifier: 256 bits (RFC 6819 section 5.1.4.2.2)."""


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's consent that is being asked for."""

    tenant: str
    connection: str
    subject: str = ""
    """Empty: it is the connection's owner who consents."""
    uid: str
    """Of the subject, or the connection: the next one of that name is somebody else."""
    scheme: str
    """Of the credential that the consent is for."""
    client_id: str
    token_uri: str
    """Where the code may be taken to, or where that is told."""
    verifier: str
    """Of PKCE (RFC 7636 section 4.1)."""
    redirect_uri: str
    issuer: str = ""
    """Whom the answer must name, where that is known (RFC 9207)."""
    tells_issuer: bool = False
    """Whether the answer has to name it."""
    authorization_uri: str
    by: str
    """The name of whoever asked."""
    return_uri: str = ""
    """Where the person is sent then; empty: shown a page of ours."""

    def __repr__(self) -> str:
        """Without the proof."""
        return f"Authorization(connection={self.connection!r}, subject={self.subject!r})"

    @property
    def name(self) -> ConnectionName | SubjectName:
        """Who consents."""
        if self.subject:
            return SubjectName(self.connection, self.subject, self.tenant)
        return ConnectionName(self.connection, self.tenant)

    def is_from(self, issuer: str) -> bool:
        """Whether an answer that names an issuer, or none, is from the server that was asked.

        So that no other server's code is taken for this one's, nor this one's code sent to
        another (mix-up, RFC 9700 section 4.4). Where nobody told the issuer, it must be of the
        place where people consent.
        """
        if not issuer:
            return not self.tells_issuer
        if self.issuer:
            return secrets.compare_digest(issuer.encode(), self.issuer.encode())
        return _origin(issuer) == _origin(self.authorization_uri)


class Authorizations:
    """Begins consents, and finds each once. Every method raises StoreUnavailable."""

    def __init__(
        self,
        store: SqlAuthorizations,
        seal: Seal,
        clock: Callable[[], float] = time.time,
        token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """Takes where they are kept and what seals them, the time, and what nobody can guess."""
        self._store = store
        self._seal = seal
        self._clock = clock
        self._token = token

    def verifier(self) -> str:
        """A new code verifier."""
        return self._token(BYTES)

    async def begin(self, authorization: Authorization, client: Client, scope: str) -> str:
        """The URL at which somebody consents; it is good for ten minutes, and once.

        Only a digest of its state is kept, so that who reads the ledger cannot answer for them.
        """
        state = self._token(BYTES)
        key = _key(state)
        sealed = self._seal.seal(msgspec.json.encode(authorization), key.encode())
        await self._store.put(key, sealed, self._now())
        challenge = hashlib.sha256(authorization.verifier.encode()).digest()
        given = {
            "response_type": "code",
            "client_id": authorization.client_id,
            "redirect_uri": authorization.redirect_uri,
            "scope": scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": S256,
            "audience": client.kind.audience,
        }
        query = urlencode(
            {**client.kind.extra, **{name: each for name, each in given.items() if each}}
        )
        uri = authorization.authorization_uri
        return f"{uri}{'&' if urlsplit(uri).query else '?'}{query}"

    async def find(self, state: str) -> Authorization | None:
        """What a state stands for, once; None where it is unknown, used or too old."""
        if not state or len(state) > 2 * BYTES:
            return None
        key = _key(state)
        sealed = await self._store.take(key, self._now())
        plain = self._seal.unseal(sealed, key.encode()) if sealed else None
        return msgspec.json.decode(plain, type=Authorization) if plain else None

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _key(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()


def _origin(uri: str) -> tuple[str, str]:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "", uri
    return parts.scheme, parts.netloc.lower()
