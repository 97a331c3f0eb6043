"""References: each kind of secret by its reference, as calls are signed."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from types import TracebackType
from typing import Self, TypeAlias

from facade.errors.caller import ConnectionIncomplete, InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.secret import FORM, REFERENCE
from facade.secrets.absent import absent
from facade.secrets.environment import Environment
from facade.secrets.files import Files
from facade.secrets.kept import Kept
from facade.secrets.vault import Vault

Read: TypeAlias = Callable[[], str | None]
"""Gives a value as it is now, if it is at hand."""

KNOWN = 4096
"""References that are kept parted; never a text that is none."""


class Secrets:
    """Reads secrets by reference: `env:NAME`, `file:NAME`, `vault:PATH#KEY` or `secret:NAME`.

    What may be read is the operator's choice, whoever writes the reference. It is open for as
    long as it is entered: then values in use are renewed beside the calls.
    """

    def __init__(
        self,
        environment: Environment,
        files: Files,
        vault: Vault | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Takes where each kind is; a gateway may know no Vault, and keep no secrets."""
        self._environment = environment
        self._files = files
        self._vault = vault
        self._kept = kept
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        if self._kept is not None:
            self._start(self._kept.follow())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)

    def check(self, reference: str, field: str = "secret") -> None:
        """Judges the form of a reference alone; raises InvalidRequest naming the field."""
        if not REFERENCE.fullmatch(reference):
            raise InvalidRequest(f"{field}: {FORM}", details=_details(field))

    async def resolve(self, reference: str) -> str:
        """The value that a reference names, without a pause where it is at hand.

        Raises ConnectionIncomplete where there is none, KeyRingMissing where a kept one cannot be
        opened, and StoreUnavailable where its Vault or the ledger has not answered for long. What
        is raised names the reference and never the value; a text that is no reference is not
        repeated either, for it may be the secret itself.
        """
        scheme, name = _parted(reference)
        value: str | None = None
        if scheme == "env":
            value = self._environment.get(name)
        elif scheme == "file":
            value = self._files.get(name)
        elif scheme == "vault" and self._vault is not None:
            value = await self._vault.get(name, self._start)
        elif scheme == "secret" and self._kept is not None:
            value = await self._kept.get(name, self._start)
        if value is None:
            raise absent(reference)
        return value

    def reader(self, reference: str) -> Read:
        """What gives the value that `resolve` gives, for as long as that takes no pause.

        None stands for all that `resolve` waits for or refuses.
        """
        scheme, name = _parted(reference)
        if scheme == "env":
            return self._environment.reader(name)
        if scheme == "file":
            return partial(self._files.get, name)
        if scheme == "vault" and self._vault is not None:
            return partial(self._vault.held, name)
        if scheme == "secret" and self._kept is not None:
            return partial(self._kept.held, name)
        return _nothing

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


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
