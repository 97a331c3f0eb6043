"""Durable: what a run has done is kept by DBOS, so that another process goes on where one died.

DBOS is one for a process: whoever opens it first has it. It talks to nobody but its database, and
says nothing in the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec
from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID
from dbos import error as errors

from facade.errors.runs import FlowsOff
from facade.expressions.exact_json import read_json
from facade.flows.interpreter.ports import Stopped
from facade.stores.flows_database import blocking, refusal_of

SCHEMA: Final = "portico_flows"
"""Of its tables in PostgreSQL."""
APPLICATION: Final = "portico"
VERSION: Final = "1"
"""The same for every release: each takes up the runs of the others."""
THREADS: Final = 16
"""In which DBOS reads and writes."""
WORKFLOW: Final = "portico.run"

Execute = Callable[[str, str], Awaitable[None]]
"""Executes a run, by tenant and id."""

ENCODER = msgspec.json.Encoder(enc_hook=str, decimal_format="number")


class Json(Serializer):
    """What is kept is JSON: nothing that is read back runs anything."""

    def serialize(self, data: Any) -> str:
        """Writes it."""
        return ENCODER.encode(data).decode()

    def deserialize(self, serialized_data: str) -> Any:
        """Reads it."""
        return read_json(serialized_data)

    def name(self) -> str:
        """Stands beside each value."""
        return "portico_json"


class Durable:
    """What DBOS does for the runs of this process."""

    _owner: "Durable | None" = None
    """The one that has the process's DBOS."""

    def __init__(self, url: str, executor: str, execute: Execute) -> None:
        """Takes a database, as the ledger names it, and what executes a run."""
        self._url = url
        self._executor = executor
        self.execute = execute

    @classmethod
    def owner(cls) -> "Durable":
        """Whoever has it; raises Stopped where nobody does any more."""
        if cls._owner is None:
            raise Stopped
        return cls._owner

    async def open(self) -> None:
        """Makes the tables, and begins; raises FlowsOff where that cannot be."""
        if Durable._owner is not None:
            raise FlowsOff("another gateway of this process runs flows: only one can")
        Durable._owner = self
        try:
            await self._launch()
        except BaseException as problem:
            Durable._owner = None
            if refusal := refusal_of(problem, SCHEMA):
                raise FlowsOff(refusal) from None
            raise

    async def _launch(self) -> None:
        logger = logging.getLogger("dbos")
        logger.addHandler(logging.NullHandler())  # else it adds one of its own
        logger.propagate = False
        url = blocking(self._url)
        await asyncio.to_thread(DBOS.migrate, url, schema=SCHEMA)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": url,
            "dbos_system_schema": SCHEMA,
            "executor_id": self._executor,
            "application_version": VERSION,
            "serializer": Json(),
            "log_level": "CRITICAL",
            "enable_otlp": False,
            "use_listen_notify": False,  # a pooler may stand between
            "run_migrations": False,
            "max_executor_threads": THREADS,
        }
        DBOS(config=config)
        DBOS.launch()

    async def close(self) -> None:
        """Ends its threads and its connections."""
        if Durable._owner is not self:
            return
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor())  # it had put its own there
        await asyncio.to_thread(DBOS.destroy)
        Durable._owner = None

    async def start(self, tenant: str, run: str) -> None:
        """Begins a run here; one that is there already goes on as it is."""
        with SetWorkflowID(run):
            await DBOS.start_workflow_async(_run, tenant)

    async def resume(self, run: str) -> bool:
        """Has a run go on, in whichever process comes first; answers whether it is known."""
        try:
            await DBOS.resume_workflow_async(run)
        except errors.DBOSNonExistentWorkflowError:
            return False
        return True

    async def fork(self, run: str, before: str, checkpoint: int) -> bool:
        """Begins a run as a copy of another up to a checkpoint; answers whether that is known."""
        try:
            with SetWorkflowID(run):
                await DBOS.fork_workflow_async(before, checkpoint)
        except errors.DBOSNonExistentWorkflowError:
            return False
        return True

    async def forget(self, runs: Collection[str]) -> None:
        """Takes away what is kept of runs."""
        await DBOS.delete_workflows_async(list(runs))

    async def keep(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """What a part of the run that is executed gives, or gave; raises Stopped."""

        async def part() -> Any:
            return await work()

        try:
            return await DBOS.run_step_async({"name": name}, part)
        except Exception as problem:  # work raises none: the run is another's by now
            raise Stopped(type(problem).__name__) from problem


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
async def _run(tenant: str) -> str:
    """A run as DBOS knows it; its id is the run's."""
    await Durable.owner().execute(tenant, DBOS.workflow_id or "")
    return ""
