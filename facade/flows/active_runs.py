"""Active runs: those of a flow that have not ended, as its deletion asks for them."""

from typing import Protocol

from facade.model.access import Identity
from facade.model.flow import FlowName


class ActiveRuns(Protocol):
    """The runs of a flow that have not ended."""

    async def any(self, name: FlowName) -> bool:
        """Whether there are some."""

    async def cancel(self, name: FlowName, by: Identity) -> None:
        """Ends them."""


class NoRuns:
    """No runs, where nothing runs flows."""

    async def any(self, name: FlowName) -> bool:
        """Answers that there are none."""
        del name
        return False

    async def cancel(self, name: FlowName, by: Identity) -> None:
        """Has nothing to end."""
        del name, by
