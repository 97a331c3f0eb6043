"""The keys that an issuer signs by (JWKS, RFC 7517): fetched, kept, fetched again as they turn."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from facade.errors.fault import Fault
from facade.errors.service import TokenUnavailable
from facade.policy.credentials.grant import WELL_KNOWN

LOGGER = logging.getLogger(__name__)

Fetch: TypeAlias = Callable[[str], Awaitable[bytes]]
"""Gets what is at a URL, by the rules for every address."""

LARGEST: Final = 256 * 1024
"""Bytes of a key set."""
MOST: Final = 64
"""Keys of a set that count."""
RSA: Final = 2048
"""Bits of an RSA key at least (RFC 7518, section 3.3)."""
AGE: Final = 3600.0
"""Seconds after which keys are looked for again."""
COOL: Final = 30.0
"""Seconds between two attempts, whatever tokens ask for."""

KINDS: Final[Mapping[str, Any]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
"""Of which both sides do not know the same secret."""
PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that no published key has (RFC 7518, section 6)."""


class KeySet:
    """The keys of one issuer. They stay in use while it does not answer."""

    def __init__(
        self, issuer: str, source: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes the issuer, the URL or the file of its keys if it is known, and what fetches.

        Without `source` the issuer's description says where they are (OpenID Connect Discovery 1.0,
        section 4).
        """
        self._issuer = issuer
        self._source = source
        self._fetch = fetch
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._due = float("-inf")
        """When they are looked for again, though every token has a key."""
        self._next = float("-inf")
        """When they may be looked for again."""
        self._turn = asyncio.Lock()

    def find(self, kid: str | None, kind: str) -> tuple[Key, ...]:
        """The keys of a kind that a token may be signed by; of one without `kid` any."""
        return tuple(
            each for each in self._keys if each.key_type == kind and kid in (None, each.kid)
        )

    def is_stale(self, *, lacking: bool) -> bool:
        """Whether it is time to look for keys; sooner where a token has another."""
        now = self._clock()
        return now >= self._next and (lacking or now >= self._due)

    async def refresh(self) -> None:
        """Looks for the keys, once for all that wait.

        Raises TokenUnavailable where there are none and none can be had.
        """
        async with self._turn:
            now = self._clock()
            if now >= self._next:
                self._next = now + COOL
                await self._look()
        if not self._keys:
            raise TokenUnavailable("the keys of the issuer of tokens cannot be had")

    async def _look(self) -> None:
        try:
            keys = read(await self._read())
        except (Fault, OSError, ValueError) as problem:
            why = problem.message if isinstance(problem, Fault) else type(problem).__name__
            LOGGER.warning("jwt_keys: those of before stay in use: %s", why)
            return
        if keys:
            self._keys, self._due = keys, self._clock() + AGE
        else:
            LOGGER.warning("jwt_keys: none of them can be used; those of before stay in use")

    async def _read(self) -> bytes:
        source = self._source or await self._described()
        if source.startswith(("https://", "http://")):
            return await self._fetch(source)
        return await asyncio.to_thread(_file, Path(source))

    async def _described(self) -> str:
        """The `jwks_uri` of the issuer's own description."""
        text = await self._fetch(self._issuer.rstrip("/") + WELL_KNOWN)
        told = msgspec.json.decode(text)
        if not isinstance(told, dict) or told.get("issuer") != self._issuer:
            raise ValueError("another issuer")
        uri = told.get("jwks_uri")
        if not isinstance(uri, str) or not uri.startswith(("https://", "http://")):
            raise ValueError("no jwks_uri")
        return uri


def read(text: bytes) -> tuple[Key, ...]:
    """The keys of a set that tokens may be signed by; what is not understood is left out."""
    tree = msgspec.json.decode(text)
    listed = tree.get("keys") if isinstance(tree, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no keys")  # noqa: TRY004 - what somebody sent, and no type of ours
    return tuple(key for each in listed[:MOST] if (key := _key(each)) is not None)


def _key(tree: Any) -> Key | None:
    if not isinstance(tree, dict) or tree.get("use", "sig") != "sig":
        return None
    kind = KINDS.get(str(tree.get("kty")))
    public = {name: value for name, value in tree.items() if name not in PRIVATE}
    try:
        key: Key | None = kind.import_key(public) if kind is not None else None
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    is_short = isinstance(key, RSAKey) and key.raw_value.key_size < RSA
    return None if is_short else key


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST)
