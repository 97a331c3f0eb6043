"""Hooks: a signed message starts a run, once, whichever process it comes to (faults K01 to K08)."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from facade.errors.fault import Code, Fault
from facade.errors.triggers import TriggerSuspended, WebhookNotFound
from facade.flows.headers import shown_headers
from facade.model.definition import BackendWebhook, Webhook
from facade.model.flow import Flow, FlowState, FlowVersion
from facade.model.run import TriggerKind
from facade.model.trigger import Endpoint
from facade.stores.triggers import SqlTriggers
from facade.triggers.endpoints import Endpoints
from facade.triggers.filters import fits
from facade.triggers.messages import shown_body
from facade.triggers.ports import WEBHOOKS, FlowSource, Starter
from facade.triggers.signatures import verify
from facade.triggers.starting import start

NOT_FOUND: Final = "There is no such address."
"""Whatever was asked for: nothing of it is said again."""

LONGEST: Final = 128
"""Characters of a message's id that a run is known by; longer ones by their digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a message."""

    run: str = ""
    """The name of the run; empty: the filter dropped the message."""
    is_duplicate: bool = False
    """Whether it came before."""


class Hooks:
    """Takes messages to the addresses of flows."""

    def __init__(
        self,
        endpoints: Endpoints,
        flows: FlowSource,
        runs: Starter,
        store: SqlTriggers,
        clock: Callable[[], float],
    ) -> None:
        """Takes the addresses, the flows behind them, what starts runs, and what came before."""
        self._endpoints = endpoints
        self._flows = flows
        self._runs = runs
        self._store = store
        self._clock = clock

    async def receive(self, id_: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Starts the run of a message; a repeat of it answers the run that is there.

        The run is started first and the message noted then: where the process ends between, the
        sender's next try finds the run by the message's id. Raises WebhookNotFound,
        WebhookRefused, InvalidRequest, TriggerSuspended, and StoreUnavailable, so that nothing
        starts of which it is not known whether it came before.
        """
        endpoint = await self._endpoints.find(id_)
        if endpoint is None:
            raise WebhookNotFound(NOT_FOUND)
        flow, version = await self._flow(endpoint)
        message = verify(self._endpoints.keys(endpoint), headers, body, self._clock())
        if flow.state is FlowState.SUSPENDED:
            raise TriggerSuspended(f"`{flow.name}` is suspended; send the message again later")
        tenant, uid, key = flow.name.tenant, flow.uid, _digest(message)
        before = await self._store.message(tenant, uid, key)
        if before is not None:
            return Received(run=before, is_duplicate=True)
        run = await self._started(flow, version, message, headers, body)
        is_first = await self._store.keep_message(tenant, uid, key, run, self._now())
        return Received(run=run, is_duplicate=not is_first)

    async def _flow(self, endpoint: Endpoint) -> tuple[Flow, FlowVersion]:
        try:
            flow = await self._flows.get(endpoint.name)
        except Fault as fault:
            if fault.status is not Code.NOT_FOUND:
                raise
            raise WebhookNotFound(NOT_FOUND) from None
        version = flow.version(flow.published) if flow.published else None
        is_its = flow.uid == endpoint.flow_uid
        if version is None or not is_its or not isinstance(version.definition.trigger, WEBHOOKS):
            raise WebhookNotFound(NOT_FOUND)
        return flow, version

    async def _started(
        self,
        flow: Flow,
        version: FlowVersion,
        message: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> str:
        """The name of the run; empty where the filter drops the message."""
        trigger = version.definition.trigger
        assert isinstance(trigger, Webhook | BackendWebhook)  # noqa: S101 - so it was found
        more: dict[str, Any] = {
            "body": shown_body(body, headers.get("content-type", "")),
            "headers": shown_headers(headers),
        }
        if not fits(trigger.filter, more):
            return ""
        trigger_id = message if len(message) <= LONGEST else _digest(message)
        cause = (flow, version, TriggerKind.WEBHOOK)
        run = await start(self._runs, cause, trigger_id, self._now(), more)
        return str(run.name)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
