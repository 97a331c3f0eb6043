"""Alerts over a real ledger, in virtual time: who is told, and how often (I-8)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from facade.ground import DATABASE
from facade.history.alerts import Alerts
from facade.history.history import History, Keeping
from facade.history.notifier import Notifier
from facade.history.noting import Noted
from facade.mail import Mail
from facade.model.event import Event
from facade.model.execution import Alert, AlertState
from facade.stores.alerts import SqlAlerts
from facade.stores.history import SqlHistory
from facade.stores.ledger import SqlLedger
from facade.stores.turns import SqlTurns
from facade.telemetry.meters import Called
from gateway.v1.execution_pb2 import Alert as Message
from gateway.v1.execution_pb2 import CreateAlertRequest
from gateway.v1.execution_pb2_grpc import HistoryServiceStub
from tests.faces import Faces, both_faces

FINE = Called("shop", "v1", "getPet")
FAILED = Called("shop", "v1", "getPet", "UNAVAILABLE", "backend", "BACKEND_TIMEOUT")


class Mailbox:
    """Keeps the subjects of the mails that it is given."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        lines = content.decode().splitlines()
        self.subjects += [each for each in lines if each.startswith("Subject:")]
        return "250 taken"


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Two processes' alerts on one ledger, whose clock the test moves."""

    faces: Faces
    clock: Clock
    history: History
    alerts: tuple[Alerts, Alerts]
    mailbox: Mailbox

    async def look(self, seconds: float, called: Called, calls: int = 10) -> None:
        """Time goes by, calls end, and both processes look."""
        self.clock.now += seconds
        for _ in range(calls):
            self.history.took(Noted(called, self.clock.now, 0.1))
        for each in self.alerts:
            await each.look()

    async def told(self) -> list[tuple[str, Any]]:
        """The events of alerts so far, in their order."""
        found: list[Event] = await self.faces.parts.events.page("", None, 100)
        ours = [each for each in reversed(found) if each.type in ("alert.fired", "alert.cleared")]
        return [(each.type, json.loads(each.data)) for each in ours]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    """Alerts whose time is the test's, beside a gateway that has the events."""
    mailbox, clock, loop = Mailbox(), Clock(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, both_faces(folder, smtp=f"smtp://127.0.0.1:{port}") as faces:
        ledger = SqlLedger(f"sqlite+aiosqlite:///{folder / DATABASE}")
        turns = SqlTurns(ledger)
        history = History(SqlHistory(ledger), turns, Keeping(), clock)
        mail = Mail(f"smtp://127.0.0.1:{port}", "portico@gateway.example")
        notifier = Notifier(mail, faces.parts.events, faces.parts.deliveries)
        one, other = (Alerts(SqlAlerts(ledger), turns, history, notifier, clock) for _ in range(2))
        try:
            yield Watched(
                faces=faces, clock=clock, history=history, alerts=(one, other), mailbox=mailbox
            )
        finally:
            await ledger.close()


async def created(found: Watched, **given: Any) -> None:
    stub: Any = HistoryServiceStub(found.faces.door.channel)
    values = {"metric": "METRIC_ERROR_RATE", "above": 0.2, "connector": "shop", **given}
    await stub.CreateAlert(CreateAlertRequest(alert_id="fails", alert=Message(**values)))


async def test_i8_two_processes_tell_once_of_each_crossing_by_event_and_mail(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as found:
        await created(found, mail=["ops@shop.example"], window={"seconds": 60})
        await found.look(15, FINE)
        for _ in range(4):
            await found.look(15, FAILED)
        for _ in range(20):
            await found.look(15, FINE)
        told = await found.told()
        assert [type_ for type_, _ in told] == ["alert.fired", "alert.cleared"]
        assert told[0][1]["alert"] == "alerts/fails"
        assert told[0][1]["figure"] > 0.2
        assert found.mailbox.subjects == [
            "Subject: [portico] fired: fails",
            "Subject: [portico] cleared: fails",
        ]


async def test_i8_what_was_not_told_since_the_process_died_is_told_later_with_the_same_id(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as found:
        await created(found)
        store = SqlAlerts(found.alerts[0]._store._ledger)
        (before,) = await store.of_every_tenant()
        fired = replace(before, state=AlertState.FIRING, since=before.create_time, untold=True)
        assert await store.found(fired, before)  # and dies before it has told anybody
        await found.look(15, FAILED)
        await found.look(15, FAILED)
        assert [type_ for type_, _ in await found.told()] == ["alert.fired"]
        (after,) = await store.of_every_tenant()
        assert (after.state, after.untold) == (AlertState.FIRING, False)


async def test_i8_a_crossing_is_one_process_s_to_note(tmp_path: Path) -> None:
    async with watched(tmp_path) as found:
        await created(found)
        store = SqlAlerts(found.alerts[0]._store._ledger)
        (before,) = await store.of_every_tenant()
        fired: Alert = replace(before, state=AlertState.FIRING, untold=True)
        assert [await store.found(fired, before) for _ in range(2)] == [True, False]


async def test_a_muted_alert_tells_nobody_until_it_is_unmuted(tmp_path: Path) -> None:
    async with watched(tmp_path) as found:
        await created(found)
        await found.faces.http.post("/v1/alerts/fails:mute", json={})
        await found.look(15, FAILED)
        assert await found.told() == []
        await found.faces.http.post("/v1/alerts/fails:unmute", json={})
        await found.look(15, FAILED)
        assert [type_ for type_, _ in await found.told()] == ["alert.fired"]


@pytest.mark.parametrize("late", [0, 1])
async def test_a_turn_is_one_holder_s_until_it_is_over(tmp_path: Path, late: int) -> None:
    async with watched(tmp_path) as found:
        turns = found.alerts[late]._turns
        assert await turns.take("work", "one", 0, 10)
        assert not await turns.take("work", "other", 9, 19)
        assert await turns.take("work", "one", 9, 19)
        assert await turns.take("work", "other", 19, 29)
