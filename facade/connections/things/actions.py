"""Action requests: what the platform asks of a thing becomes a call through the thing's client."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from facade.background import Background
from facade.catalog.catalog import Catalog
from facade.connections.things.completion import Completion, Completions, check_callback
from facade.connections.things.request import ActionRequest, action_of, arguments_of
from facade.connections.things.thing import Thing, caller_of
from facade.errors.fault import Fault
from facade.errors.service import Overloaded
from facade.model.action import Action
from facade.model.call import Call, Outcome
from facade.model.names import ActionName

LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE: Final = 5.0
"""Seconds in which an action must end before a request that can wait is told so."""

LONGEST: Final = 300.0
"""Seconds that an action may take in all."""

ROOM: Final = 256
"""Actions that may be under way and end behind the answers to their requests."""


class Actions(Background):
    """Has the actions of things called; those that take long end behind their answers.

    It is open for as long as it is entered: at its end what is pending is cancelled.
    """

    def __init__(
        self,
        execute: Callable[[Call], Awaitable[Outcome]],
        catalog: Catalog,
        completions: Completions,
    ) -> None:
        """Takes what executes calls, what knows the actions, and who is told of their ends."""
        super().__init__()
        self._execute = execute
        self._catalog = catalog
        self._completions = completions

    async def perform(
        self, thing: Thing, request: ActionRequest, trace_id: str, patience: float = PATIENCE
    ) -> bool:
        """Has an action called; answers whether it has ended, else it is pending.

        It is pending where its request says where it can be completed, and it takes longer than
        `patience`. Raises the call's fault, ActionNotFound, InvalidRequest, Overloaded.
        """
        call = self._call(thing, request, trace_id)
        if not request.callback:
            await self._execute(call)
            return True
        check_callback(thing.connection, request.callback)
        if self.under_way >= ROOM:
            raise Overloaded(f"{ROOM} actions are under way already; try again later")
        running = self.start(self._run(call))
        done, _ = await asyncio.wait({running}, timeout=patience)
        if done:
            fault = running.result()
            if fault is not None:
                raise fault
            return True
        self.start(self._complete(thing, request, running))
        return False

    def _call(self, thing: Thing, request: ActionRequest, trace_id: str) -> Call:
        connection = thing.connection
        caller = caller_of(connection, thing.subject)

        def name_of(action: str) -> ActionName:
            return ActionName(connection.connector, connection.version, action, caller.tenant)

        def find(action: str) -> Action:
            return self._catalog.resolve(name_of(action), caller)[1]

        action = action_of(request, find)
        return Call(
            name=name_of(action.id),
            arguments=arguments_of(request, action, thing.own),
            deadline=LONGEST,
            full_view=False,
            trace_id=trace_id,
            caller=caller,
            request_id=request.id,
        )

    async def _run(self, call: Call) -> Fault | None:
        """Makes a call; its fault is a value, since a task that raises ends its group."""
        try:
            await self._execute(call)
        except Fault as fault:
            return fault
        return None

    async def _complete(
        self, thing: Thing, request: ActionRequest, running: asyncio.Task[Fault | None]
    ) -> None:
        fault = await running
        done = Completion(
            id=request.id,
            status="COMPLETED" if fault is None else "FAILED",
            error="" if fault is None else fault.message,
        )
        try:
            await self._completions.tell(thing.connection, request.callback, done)
        except Exception as problem:
            LOGGER.exception("the completion of an action cannot be told", exc_info=problem)
