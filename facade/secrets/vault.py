"""Secrets of a HashiCorp Vault or an OpenBao: `vault:PATH#KEY`, KV version 1 or 2."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import orjson

from facade.errors.fault import Fault
from facade.model.call import Headers, Reply
from facade.secrets.absent import absent, unavailable
from facade.secrets.remembered import Remembered, Start

LOGGER = logging.getLogger(__name__)

Fetch: TypeAlias = Callable[[str, Headers], Awaitable[Reply]]
"""Gets a URI. Any status is a reply; raises a Fault where none comes in time."""

MOUNTS = "sys/internal/ui/mounts/"
"""Says of a path which secrets engine it belongs to; `vault kv` asks it, too."""

STORES = frozenset({"kv", "generic"})
"""The engines that keep what they are given, and do not make it up with every read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultServer:
    """A Vault, and who we are there."""

    uri: str
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    """In place of `token`; read with every request, for an agent may renew it."""
    namespace: str = ""


class Vault:
    """Reads secrets with the operator's token, and nothing but secrets."""

    def __init__(self, server: VaultServer, fetch: Fetch, clock: Callable[[], float]) -> None:
        """Takes the Vault, who carries requests there, and the time."""
        self._server = server
        self._fetch = fetch
        self._remembered = Remembered(self._read, clock)

    async def get(self, name: str, start: Start) -> str:
        """The value at PATH#KEY; raises ConnectionIncomplete, StoreUnavailable."""
        return await self._remembered.get(name, start)

    def held(self, name: str) -> str | None:
        """A value that is at hand; None where `get` is to be asked."""
        return self._remembered.held(name)

    async def _read(self, name: str) -> str:
        path, _, key = name.partition("#")
        for place in places_of(path, await self._ask(name, MOUNTS + path)):
            reply = await self._ask(name, place)
            if reply.status == 200:
                value = value_at(key, reply)
                if value is None:
                    break
                return value
        raise absent(f"vault:{name}")

    async def _ask(self, name: str, path: str) -> Reply:
        """What the Vault says at a path: 200 or 404; raises for everything else."""
        headers = [("x-vault-request", "true"), ("x-vault-token", self._token(name))]
        if self._server.namespace:
            headers.append(("x-vault-namespace", self._server.namespace))
        base = self._server.uri.rstrip("/").removesuffix("/v1")
        try:
            reply = await self._fetch(f"{base}/v1/{quote(path)}", tuple(headers))
        except Fault as fault:
            LOGGER.warning("the Vault does not answer: %s", fault.reason)
            raise unavailable(f"vault:{name}") from None
        if reply.status in {200, 404}:
            return reply
        LOGGER.warning("the Vault answers %d", reply.status)
        if reply.status in {400, 401, 403}:
            raise absent(f"vault:{name}")
        raise unavailable(f"vault:{name}")

    def _token(self, name: str) -> str:
        file = self._server.token_file
        try:
            token = file.read_text(encoding="ascii").strip() if file else self._server.token
        except (OSError, UnicodeDecodeError):
            token = ""
        if not token or not fits_header(token):
            LOGGER.warning("there is no Vault token that can be used, in %s", file or "VAULT_TOKEN")
            raise absent(f"vault:{name}")
        return token


def fits_header(text: str) -> bool:
    """Whether a text can be the value of a header field, as it is."""
    return text.isascii() and text.isprintable()


def places_of(path: str, mounts: Reply) -> tuple[str, ...]:
    """The paths of the API where a secret may be, by what the Vault says of its mount.

    A path may be one of the API already (`secret/data/shop`) or one of the command
    (`secret/shop`). Where the Vault tells nothing of mounts, the first segment is taken for one.
    """
    mount = _object(mounts, "data")
    kind, prefix = mount.get("type"), mount.get("path")
    if mounts.status == 200:
        if kind not in STORES or not isinstance(prefix, str) or not path.startswith(prefix):
            return ()
        options = mount.get("options")
        if not isinstance(options, dict) or options.get("version") != "2":
            return (path,)
    else:
        prefix = path.partition("/")[0] + "/"
    rest = path.removeprefix(prefix)
    whole = f"{prefix}data/{rest}"
    if mounts.status == 200 and not rest.startswith("data/"):
        return (whole,)
    return (path, whole)


def value_at(key: str, reply: Reply) -> str | None:
    """What a secret has under a key: text as it is, anything else as JSON; None for nothing."""
    data = _object(reply, "data")
    if isinstance(data.get("metadata"), dict) and isinstance(data.get("data"), dict):
        data = data["data"]
    value = data.get(key)
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _object(reply: Reply, member: str) -> dict[str, Any]:
    """An object within an answer; empty where there is none."""
    try:
        tree = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return {}
    found = tree.get(member) if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}
