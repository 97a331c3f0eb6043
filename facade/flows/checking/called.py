"""What a definition calls, as far as it is known before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol

from facade.expressions.finding import Finding
from facade.expressions.known import ANYTHING, Known, either
from facade.model.definition import (
    ActionCall,
    Definition,
    RunFlow,
    Statuses,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """An action that a step calls."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema (2020-12) of all of them together; empty: nothing is known."""
    bound: frozenset[str] = frozenset()
    """Arguments that the connector's version sets itself."""
    answers: Mapping[str, Known] = field(default_factory=dict)
    """What is known of the body, by status: `200`, `2XX`, `default`."""

    def output(self, statuses: Statuses) -> Known:
        """What a success gives."""
        found = [self.answers[key] for key in self._successes(statuses.success)]
        return reduce(either, found) if found else ANYTHING

    def _successes(self, success: tuple[int, ...] | None) -> list[str]:
        """The keys of the answers that a step takes for success."""
        if success == ():
            return list(self.answers)
        if success is None:
            own = [key for key in self.answers if key.startswith("2")]
            return own or [key for key in self.answers if key == "default"]
        wanted = (
            next(
                (key for key in (str(each), f"{each // 100}XX", "default") if key in self.answers),
                "",
            )
            for each in success
        )
        return [key for key in dict.fromkeys(wanted) if key]


class Actions(Protocol):
    """Knows the actions and flows of a tenant."""

    def find(self, call: ActionCall) -> Called | Finding:
        """The action of a call; a finding where it, or the connection, is not there."""
        ...  # pragma: no cover - a protocol has no body

    def flow(self, work: RunFlow) -> Definition | Finding | None:
        """What a flow says; a finding where it is not there, None where nothing is known."""
        ...  # pragma: no cover - a protocol has no body


class Nothing:
    """Knows no action and no flow: whatever is called may be there."""

    def find(self, call: ActionCall) -> Called:
        """An action of which nothing is known."""
        del call
        return Called()

    def flow(self, work: RunFlow) -> None:
        """Nothing."""
        del work
