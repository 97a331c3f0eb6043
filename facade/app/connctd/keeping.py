"""Keeping: the secrets of a configuration, sealed in the safe beside what refers to them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from facade.errors.fault import Fault
from facade.model.access import Identity
from facade.model.connection import Connection, Subject
from facade.model.secret import SecretName, held_by
from facade.secrets.safe import Change, Safe

PREFIX: Final = "connctd-"
"""What the ids of secrets begin with that are made of configurations."""


@asynccontextmanager
async def kept(
    safe: Safe, sealed: Mapping[str, str], about: str, by: Identity
) -> AsyncIterator[None]:
    """Puts secrets in for the block; where that fails they are thrown away again.

    `about`: what they are of, for people. Raises what `Safe.create` raises.
    """
    names: list[SecretName] = []
    try:
        for id_, text in sealed.items():
            name = SecretName(id_, by.tenant)
            await safe.create(name, Change(value=text, notes=f"of {about}"), by=by)
            names.append(name)
        yield
    except BaseException:
        await forget(safe, names, by)
        raise


async def forget(safe: Safe, names: Iterable[SecretName], by: Identity) -> None:
    """Throws secrets away, as far as they are there: what refers to them has gone."""
    for name in names:
        with suppress(Fault):
            await safe.delete(name, by=by)


def kept_by(owner: Connection | Subject) -> list[SecretName]:
    """The secrets that were made of the configuration of an instance or a client."""
    references = [each for credential in owner.credentials for each in held_by(credential)]
    if isinstance(owner, Connection):
        references.extend(owner.secrets.values())
    made = f"secret:{PREFIX}"
    return [
        SecretName(each.removeprefix("secret:"), owner.name.tenant)
        for each in references
        if each.startswith(made)
    ]
