"""Backend webhooks: a flow's address is registered at a backend, and removed after (P-4)."""

from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

from msgspec import structs

from facade.catalog.catalog import Catalog
from facade.errors.fault import Effect, Fault
from facade.errors.service import CallInProgress
from facade.model.action import Action
from facade.model.call import CacheUse, Call, Outcome, Plan
from facade.model.definition import BackendWebhook
from facade.model.flow import Flow, FlowVersion
from facade.model.trigger import Registration, RegistrationState, TriggerRecord, Undo
from facade.triggers.calls import LONGEST, call_of, made_id, undo_of
from facade.triggers.endpoints import PATH, Endpoints
from facade.triggers.failures import failed, well
from facade.triggers.starting import rfc3339

LOST: Final = 20
"""Notes of what may have been left at a backend."""

GONE: Final = frozenset({404, 410})
"""Statuses of a registration that is not there any more."""

NO_ADDRESS: Final = "public_url: must say where the HTTP face is, so that backends reach it"


class Backends(Protocol):
    """The engine, as this needs it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes a call."""

    async def send(self, call: Call, plan: Plan) -> Outcome:
        """Executes a plan, and hands the answer on, whatever its status."""


class BackendWebhooks:
    """Registers addresses, and removes what was registered; each a step that may be repeated."""

    def __init__(
        self, engine: Backends, catalog: Catalog, endpoints: Endpoints, public_url: str
    ) -> None:
        """Takes what calls, what knows the actions, the addresses, and where they are.

        `public_url`: of the HTTP face; empty where it is not known.
        """
        self._engine = engine
        self._catalog = catalog
        self._endpoints = endpoints
        self._public_url = public_url.rstrip("/")

    def url(self, id_: str) -> str:
        """The address of an endpoint; without the host where that is not known."""
        return f"{self._public_url}{PATH}{id_}"

    async def mark(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, now: datetime
    ) -> TriggerRecord:
        """The record with a registration that is going to be asked for: to be kept before it is.

        So that none is left at a backend without a trace, whenever the process ends. Its secret is
        a new one: what an earlier registration still sends is refused.
        """
        if not self._public_url:
            return failed(record, NO_ADDRESS, now)
        await self._endpoints.renew(flow)
        asked = Registration(
            state=RegistrationState.PENDING,
            version=version.name.version,
            id=made_id(flow, version.name.version, rfc3339(now)),
            time=now,
        )
        return structs.replace(record, registration=asked)

    async def register(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, now: datetime
    ) -> TriggerRecord:
        """Asks for the registration that is marked; repeated, it answers what came of the first.

        Where it is not known whether the backend has it, that is noted and another asked for.
        """
        trigger, asked = version.definition.trigger, record.registration
        assert isinstance(trigger, BackendWebhook)  # noqa: S101 - the record's kind says so
        assert asked is not None  # noqa: S101 - it was marked
        endpoint = await self._endpoints.of(flow)
        secret = await self._endpoints.secret(flow)
        callback = {"url": self.url(endpoint.id), "secret": secret}
        scope = {"callback": callback, "env": dict(version.definition.env)}
        try:
            given = undo_of(trigger.register, scope)
            call = call_of(given, flow.name.tenant, flow.name.flow, asked.id)
            outcome = await self._engine.execute(call)
        except CallInProgress as fault:
            return failed(record, fault, now)
        except Fault as fault:
            if fault.effect is Effect.UNKNOWN:
                record = lost(record, asked, fault.reason)
            return structs.replace(failed(record, fault, now), registration=None)
        return self._registered(
            version, structs.replace(given, arguments=None), record, outcome, now
        )

    def _registered(
        self,
        version: FlowVersion,
        given: Undo,
        record: TriggerRecord,
        outcome: Outcome,
        now: datetime,
    ) -> TriggerRecord:
        trigger = version.definition.trigger
        assert isinstance(trigger, BackendWebhook)  # noqa: S101 - the record's kind says so
        asked, exchange = record.registration, outcome.exchange
        assert asked is not None  # noqa: S101 - it was marked
        reply = exchange.reply
        status = reply.status if reply else 0
        said = (reply.header("location") or "") if reply else ""
        if status != 201 or not said:
            text = f"the registration was answered {status}; 201 with a Location is expected"
            refused = structs.replace(asked, state=RegistrationState.REFUSED)
            record = structs.replace(lost(record, asked, text), registration=refused)
            return structs.replace(failed(record, text, now), next_time=None)
        location = urljoin(exchange.uri, said)
        undo: Undo | None = given
        if trigger.unregister is not None:
            env = dict(version.definition.env)
            scope = {"registration": {"location": location}, "env": env}
            undo = undo_of(trigger.unregister, scope)
        elif _origin(location) != _origin(exchange.uri):  # what signs the action is not for there
            undo, record = None, lost(record, asked, f"{location} is at another server")
        done = structs.replace(
            asked, state=RegistrationState.REGISTERED, location=location, undo=undo
        )
        return structs.replace(well(record), registration=done, next_time=None, last_time=now)

    async def remove(self, record: TriggerRecord, now: datetime) -> TriggerRecord:
        """Removes what was registered; the record keeps it for as long as that fails."""
        asked = record.registration
        if asked is None:
            return record
        if asked.state is not RegistrationState.REGISTERED or asked.undo is None:
            pending = asked.state is RegistrationState.PENDING
            record = lost(record, asked, "it was not answered") if pending else record
            return structs.replace(record, registration=None)
        try:
            problem = await self._removed(record, asked, asked.undo)
        except Fault as fault:
            if fault.details.facts.get("httpStatus") not in {str(each) for each in GONE}:
                return failed(record, fault, now)
            problem = ""
        if problem:
            return failed(record, problem, now)
        return structs.replace(well(record), registration=None, next_time=None)

    async def _removed(self, record: TriggerRecord, asked: Registration, undo: Undo) -> str:
        """Removes it; gives what keeps it from that, empty where nothing does."""
        if undo.arguments is not None:
            await self._engine.execute(call_of(undo, record.tenant, record.flow))
            return ""
        call = call_of(undo, record.tenant, record.flow, use=CacheUse.BYPASS)
        version, action = self._catalog.resolve(call.name, call.caller)
        parts = urlsplit(asked.location)
        path = parts.path or "/"
        removal = Action(
            id=action.id,
            method="DELETE",
            path=path,
            pointer=action.pointer,
            security=action.security,
        )
        plan = Plan(
            version=version,
            action=removal,
            method="DELETE",
            origin=_origin(asked.location),
            target=path + (f"?{parts.query}" if parts.query else ""),
            headers=(),
            timeout=LONGEST,
            caller=call.caller,
            cache_use=CacheUse.BYPASS,
        )
        reply = (await self._engine.send(call, plan)).exchange.reply
        status = reply.status if reply else 0
        fine = 200 <= status < 300 or status in GONE
        return "" if fine else f"DELETE of the registration was answered {status}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def lost(record: TriggerRecord, asked: Registration, why: str) -> TriggerRecord:
    """The record with a note of a registration that the backend may have."""
    note = f"{rfc3339(asked.time)} {asked.version}: may be left at the backend: {why}"
    return structs.replace(record, lost=(*record.lost, note)[-LOST:])
