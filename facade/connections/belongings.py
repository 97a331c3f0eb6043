"""Belongings: what goes with connections, and is known to what is itself made of them."""

from typing import Protocol

from facade.model.access import Identity
from facade.model.connection import Connection


class Belongings(Protocol):
    """What connections have beside themselves. Every method raises StoreUnavailable."""

    async def has_any(self, connection: Connection, /) -> bool:
        """Whether it has subjects."""

    async def remove(self, connection: Connection, by: Identity) -> None:
        """Removes its subjects with all that is theirs, and ends what its owner consented to.

        Raises RemovalFailed.
        """


class Nothing:
    """What they have where nobody consents and there are no subjects."""

    async def has_any(self, _: Connection) -> bool:
        """None."""
        return False

    async def remove(self, connection: Connection, by: Identity) -> None:
        """Removes nothing."""
