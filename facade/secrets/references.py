"""References: each kind of secret by its reference, as calls are signed."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeAlias

from facade.background import Background
from facade.errors.caller import ConnectionIncomplete, InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.secret import FORM, REFERENCE, SecretName
from facade.secrets.absent import absent
from facade.secrets.environment import Environment
from facade.secrets.files import Files
from facade.secrets.kept import Kept
from facade.secrets.owned import may_name
from facade.secrets.vault import Vault

Read: TypeAlias = Callable[[], str | None]
"""Gives a value as it is now, if it is at hand."""

KNOWN = 4096
"""References that are kept parted; never a text that is none."""


class Secrets(Background):
    """Reads secrets by reference: `env:NAME`, `file:NAME`, `vault:PATH#KEY` or `secret:NAME`.

    What may be read is the operator's choice, whoever writes the reference; a tenant's reads what
    bears the tenant's name, and the secrets that it keeps itself. It is open for as long as it is
    entered: then values in use are renewed beside the calls.
    """

    def __init__(
        self,
        environment: Environment,
        files: Files,
        vault: Vault | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Takes where each kind is; a gateway may know no Vault, and keep no secrets."""
        super().__init__()
        self._environment = environment
        self._files = files
        self._vault = vault
        self._kept = kept

    def begin(self) -> None:
        """Follows the secrets that are kept here."""
        if self._kept is not None:
            self.start(self._kept.follow())

    def check(self, reference: str, field: str = "secret") -> None:
        """Judges the form of a reference alone; raises InvalidRequest naming the field."""
        if not REFERENCE.fullmatch(reference):
            raise InvalidRequest(f"{field}: {FORM}", details=_details(field))

    async def resolve(self, reference: str, tenant: str = "") -> str:
        """The value that a reference of a tenant's names, without a pause where it is at hand.

        Raises ConnectionIncomplete where there is none, KeyRingMissing where a kept one cannot be
        opened, and StoreUnavailable where its Vault or the ledger has not answered for long. What
        is raised names the reference and never the value; a text that is no reference is not
        repeated either, for it may be the secret itself.
        """
        scheme, name = _parted(reference)
        value: str | None = None
        if tenant and not may_name(tenant, scheme, name):
            raise absent(reference)
        if scheme == "env":
            value = self._environment.get(name)
        elif scheme == "file":
            value = self._files.get(name)
        elif scheme == "vault" and self._vault is not None:
            value = await self._vault.get(name, self.start)
        elif scheme == "secret" and self._kept is not None:
            value = await self._kept.get(SecretName(name, tenant), self.start)
        if value is None:
            raise absent(reference)
        return value

    def reader(self, reference: str, tenant: str = "") -> Read:
        """What gives the value that `resolve` gives, for as long as that takes no pause.

        None stands for all that `resolve` waits for or refuses.
        """
        scheme, name = _parted(reference)
        if not may_name(tenant, scheme, name):
            return _nothing
        if scheme == "env":
            return self._environment.reader(name)
        if scheme == "file":
            return partial(self._files.get, name)
        if scheme == "vault" and self._vault is not None:
            return partial(self._vault.held, name)
        if scheme == "secret" and self._kept is not None:
            return partial(self._kept.held, SecretName(name, tenant))
        return _nothing


def _nothing() -> None:
    """Where this process keeps no such secrets."""


@lru_cache(KNOWN)
def _parted(reference: str) -> tuple[str, str]:
    """Scheme and name of a reference; raises ConnectionIncomplete for another text."""
    if not REFERENCE.fullmatch(reference):
        raise ConnectionIncomplete(FORM, details=_details("secret"))
    scheme, _, name = reference.partition(":")
    return scheme, name


def _details(field: str) -> Details:
    return Details(violations=(Violation(field=field, description=FORM),))
