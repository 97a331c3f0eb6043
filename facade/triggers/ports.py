"""What triggers need of flows, runs and events; and what each kind of trigger is called."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from facade.model.access import Identity
from facade.model.definition import (
    BackendWebhook,
    Manual,
    OnEvent,
    Poll,
    Schedule,
    Trigger,
    Webhook,
)
from facade.model.event import Event
from facade.model.flow import Flow, FlowName, FlowVersion
from facade.model.run import Run, TriggerKind

Values: TypeAlias = Mapping[str, Any]
"""What a run's scope has as `trigger`."""

KINDS: Final[Mapping[type[Trigger], str]] = {
    Manual: "manual",
    Schedule: "schedule",
    Webhook: "webhook",
    BackendWebhook: "backend_webhook",
    Poll: "poll",
    OnEvent: "event",
}
"""As flows write them."""

WEBHOOKS: Final = (Webhook, BackendWebhook)
"""The triggers that have an address."""


class FlowSource(Protocol):
    """The flows, as triggers need them."""

    async def get(self, name: FlowName) -> Flow:
        """A flow with its published and its newest version; raises a fault of NOT_FOUND."""

    async def published(self) -> tuple[Flow, ...]:
        """Those of all tenants that have a published version, the suspended ones too."""


class Starter(Protocol):
    """The runs, as triggers need them."""

    async def start(  # noqa: PLR0913 - as runs have it
        self,
        flow: Flow,
        version: FlowVersion,
        input: str,  # noqa: A002 - what a run begins with is called so
        *,
        trigger: TriggerKind,
        trigger_id: str = "",
        values: Values = ...,
        by: Identity = ...,
        told_by: str = "",
    ) -> Run:
        """Starts a run, once for each `trigger_id` of a flow and a kind of trigger.

        `told_by` is the name of the run that published the event which starts it.
        """


class EventLog(Protocol):
    """The events, as triggers need them."""

    async def publish(self, event: Event) -> Event:
        """Keeps an event and tells those who wait for it; one id is published once."""

    def follow(
        self,
        tenant: str,
        types: Sequence[str],
        filter_: str,
        token: str,
        heartbeat: float,
    ) -> AsyncGenerator[tuple[Event | None, str], None]:
        """The events that fit, each with the token behind it; now and then a token alone.

        An empty token begins now.
        """


def told_version(flow: Flow) -> FlowVersion | None:
    """The version whose trigger is told: the published one, or the newest."""
    found = flow.version(flow.published) if flow.published else None
    return found or (flow.versions[-1] if flow.versions else None)
