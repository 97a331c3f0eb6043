"""Collaborators: what runs hand on to others: other flows, events, deliveries, mails, history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.mail import Mail
from facade.model.execution import Execution
from facade.model.flow import Flow, FlowName, FlowVersion, FlowVersionName


class FindsFlows(Protocol):
    """Knows flows."""

    async def get(self, name: FlowName) -> Flow:
        """A flow with its published and its newest version; raises FlowNotFound."""

    async def version(self, name: FlowVersionName) -> FlowVersion:
        """Any of its versions; raises FlowNotFound, FlowVersionNotFound."""


@dataclass(slots=True, kw_only=True)
class Collaborators:
    """Those of this process."""

    flows: FindsFlows
    events: Events
    deliveries: Deliveries
    mail: Mail
    note: Callable[[Execution], None]
    """Notes a run in history as it ends."""
