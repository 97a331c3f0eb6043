"""Opens what reads and keeps secrets, by the settings."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from facade.config import MEMORY, Misconfigured, Settings
from facade.secrets.environment import Environment
from facade.secrets.files import Files
from facade.secrets.kept import Kept
from facade.secrets.references import Secrets
from facade.secrets.ring import MADE, FleetingRing, KeyRing
from facade.secrets.safe import Safe
from facade.secrets.vault import Vault, VaultServer, fits_header
from facade.stores.secrets import SqlSecrets

_URI = re.compile(
    r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
"""Of a Vault: without a user, a query or a fragment."""


def open_ring(settings: Settings) -> KeyRing:
    """The operator's key ring, or the one of the data; raises Misconfigured."""
    if settings.key_ring is not None:
        return KeyRing(settings.key_ring, make=False)
    if settings.data == MEMORY:
        return FleetingRing()
    return KeyRing(settings.data / MADE, make=True)


def vault_server(settings: Settings, environ: Mapping[str, str]) -> VaultServer | None:
    """The operator's Vault; without settings the variables say it that Vault's own tools read.

    Raises Misconfigured where they cannot be used.
    """
    uri = settings.vault or environ.get("VAULT_ADDR", "")
    if not uri:
        return None
    if not _URI.fullmatch(uri):
        raise Misconfigured("vault: it, or VAULT_ADDR, must be an http or https URL")
    namespace = environ.get("VAULT_NAMESPACE", "")
    if not fits_header(namespace):
        raise Misconfigured("vault: VAULT_NAMESPACE must be printable ASCII")
    return VaultServer(
        uri=uri,
        token=environ.get("VAULT_TOKEN", ""),
        token_file=settings.vault_token,
        namespace=namespace,
    )


@asynccontextmanager
async def open_secrets(
    settings: Settings,
    environ: Mapping[str, str],
    store: SqlSecrets,
    ring: KeyRing,
    vault: Vault | None,
) -> AsyncIterator[tuple[Secrets, Safe]]:
    """Who reads secrets by reference, and who keeps those of the ledger, for the block."""
    patterns = ("*",) if settings.dev else settings.env_secrets
    kept = Kept(store, ring, time.monotonic)
    secrets = Secrets(
        Environment(dict(environ), patterns),  # which only the process itself could change
        Files(settings.file_secrets, time.monotonic),
        vault,
        kept,
    )
    async with secrets:
        yield secrets, Safe(store, ring, kept)
