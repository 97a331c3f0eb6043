"""Ports: what the interpreter stands on. It does nothing itself and remembers nothing itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from facade.flows.interpreter.result import Result
from facade.model.definition import Channel
from facade.model.run import RunError, RunState, StepRun


class Stopped(asyncio.CancelledError):
    """The run is not, or no longer, to be gone on with here; whoever goes on finds it as it is."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call of an action, filled."""

    action: str
    connection: str = ""
    subject: str = ""
    arguments: Mapping[str, Any]
    timeout: float
    key: str
    """The same for every repeat of the same try: it happens once by it."""
    single: bool = False
    """Whether the step has a retry of its own, which stands in place of the policy's."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a call came to."""

    status: int = 0
    """0: no answer came."""
    headers: Mapping[str, str] = {}
    output: Any = None
    error: RunError | None = None
    of_status: bool = True
    """Whether an error is what the status stands for: of a whole answer, whatever it holds."""
    again: bool = False
    """Whether another try may mend it, and can do no harm (X-7)."""
    retry_after: float | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notification, filled."""

    channel: Channel
    to: str
    secret: str = ""
    subject: str = ""
    content: Any = None
    key: str
    """Makes it go out once."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """Another flow that is to be run."""

    flow: str
    input: Any = None
    key: str
    """Makes it start once."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has come to."""

    state: RunState
    output: str = ""
    error: RunError | None = None


class Journal(Protocol):
    """Keeps what was done, and says when to go on."""

    async def keep(
        self, name: str, step: StepRun, work: Callable[[], Awaitable[Any]], *, pure: bool
    ) -> Any:
        """What `work` gives, plain JSON; of a run that is taken up again: what it gave.

        What is pure does nothing outside of the run: nobody needs to know of it before it is done.
        The names of a run come in the same order each time. Raises Stopped.
        """

    async def rest(self, until: float) -> None:
        """Waits for a time, in seconds since the epoch; raises Stopped."""

    async def end(self, step: StepRun) -> None:
        """Is told what a step has come to."""

    def check(self) -> None:
        """Raises Stopped where it is known here that nothing more is to be begun."""

    def now(self) -> datetime:
        """The time, with its zone."""


class World(Protocol):
    """Does what a run does outside of itself. Raises Faults, but for what calls come to."""

    async def call(self, asked: Asked) -> Answered:
        """Calls an action."""

    async def notify(self, notice: Notice) -> str:
        """Sends a notification on its way; answers its id."""

    async def save(self, key: str, value: str) -> None:
        """Keeps JSON under a key."""

    async def start(self, child: Child) -> str:
        """Starts a run of another flow; answers its name."""

    async def ended(self, child: str) -> Ended | None:
        """What that run has come to; None: it has not ended."""


class Given(Protocol):
    """What may be given in place of what a step would do: of a test."""

    def get(self, step: str, /) -> Result | None:
        """What a step comes to without being done; None: it is done."""
