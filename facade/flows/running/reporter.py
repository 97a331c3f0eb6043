"""Reporter: others learn that a run has ended, by events and in history."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import msgspec

from facade.errors.fault import Fault
from facade.flows.running.collaborators import Collaborators
from facade.model.event import Event
from facade.model.execution import Execution, ExecutionKind
from facade.model.run import Run, RunError, RunName, RunState
from facade.stores.run_rows import Job

if TYPE_CHECKING:
    from facade.flows.interpreter.ports import Ended

LOGGER = logging.getLogger(__name__)


class Reporter:
    """Publishes `run.succeeded`, `run.failed` and `run.cancelled`, once for each run."""

    def __init__(self, collaborators: Collaborators) -> None:
        """Takes whom there is to tell."""
        self._collaborators = collaborators

    async def ended(self, job: Job, ended: "Ended") -> None:
        """Tells that a run has come to its end."""
        now = datetime.now(UTC)
        await self._publish(job.name, job.version, ended.state, ended.error)
        error = ended.error
        self._collaborators.note(
            Execution(
                id=job.name.run,
                tenant=job.name.tenant,
                kind=ExecutionKind.RUN,
                flow=job.name.flow,
                version=job.version,
                run=str(job.name),
                caller=job.content.started_by,
                time=job.create_time,
                seconds=(now - job.create_time).total_seconds(),
                ok=error is None,
                code=error.code if error else 0,
                reason=error.reason if error else "",
                message=error.message if error else "",
                status=error.status if error else 0,
                trace_id=job.content.trace_id,
            )
        )

    async def cancelled(self, run: Run) -> None:
        """Tells that somebody ended it."""
        await self._publish(run.name, run.version, RunState.CANCELLED, None)

    async def _publish(
        self, name: RunName, version: str, state: RunState, error: RunError | None
    ) -> None:
        data: dict[str, Any] = {
            "run": str(name),
            "flow": str(name.parent),
            "version": version,
            "state": state.value,
        }
        if error is not None:
            data["error"] = {"reason": error.reason, "message": error.message, "code": error.code}
        event = Event(
            tenant=name.tenant,
            id=str(uuid5(UUID(name.run), "ended")),
            type=f"run.{state.value.lower()}",
            source=str(name),
            time=datetime.now(UTC),
            data=msgspec.json.encode(data).decode(),
        )
        try:
            await self._collaborators.events.publish(event)
        except Fault as fault:
            LOGGER.warning("the end of %s is not told: %s", name, fault.message)
