"""Scope: what expressions see, which values are missing, and what is left of the bounds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from facade.errors.runs import RunExhausted
from facade.expressions.exact_json import write_json
from facade.flows.interpreter.result import Result
from facade.model.definition import Bounds, Definition
from facade.model.run import RunName, StepState

BECAME: Final = {StepState.FAILED: "failed", StepState.SKIPPED: "was skipped"}


class Scope:
    """Grows with each step; those below know the same steps, and items of their own."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Takes what there is at first; `begin` makes it."""
        self.values = values

    @classmethod
    def begin(
        cls,
        definition: Definition,
        name: RunName,
        version: str,
        time: datetime,
        given: tuple[Any, Mapping[str, Any]],
    ) -> "Scope":
        """What a run begins with; `given` is its input, and what `trigger` is."""
        run = {
            "name": str(name),
            "flow": str(name.parent),
            "version": version,
            "time": time.isoformat().replace("+00:00", "Z"),
        }
        values = {
            "input": given[0],
            "trigger": dict(given[1]),
            "env": dict(definition.env),
            "run": run,
            "steps": {},
        }
        return cls(values)

    def with_item(self, item: Any, index: int) -> "Scope":
        """The same for one item of a fan-out."""
        return Scope({**self.values, "item": item, "index": index})

    def add(self, id_: str, result: Result) -> None:
        """Has a step be seen by those that come later."""
        self.values["steps"][id_] = result.told()

    def became(self, id_: str) -> str:
        """What a step without an output came to, in words."""
        step = self.values["steps"].get(id_, {})
        return BECAME.get(step.get("state", ""), "was not done")


class Budget:
    """What is left of a run's bounds; it is counted alike each time that the run is gone over."""

    def __init__(self, bounds: Bounds) -> None:
        """Takes what the flow allows."""
        self._bounds = bounds
        self._seconds = 0.0
        self._steps = 0
        self._bytes = 0

    @property
    def left(self) -> float:
        """Seconds."""
        return self._bounds.seconds - self._seconds

    def step(self, count: int = 1) -> None:
        """Counts works before they are done; raises RunExhausted."""
        self._steps += count
        if self._steps > self._bounds.steps:
            raise RunExhausted(f"bounds.steps: the run has done {self._bounds.steps} already")
        if self.left <= 0:
            raise RunExhausted(f"bounds.seconds: the run has taken {self._bounds.seconds:g}")

    def took(self, seconds: float) -> None:
        """Counts time."""
        self._seconds += seconds

    def keeps(self, output: Any) -> None:
        """Counts what is kept; raises RunExhausted."""
        self._bytes += len(write_json(output))
        if self._bytes > self._bounds.bytes:
            raise RunExhausted(f"bounds.bytes: the outputs are more than {self._bounds.bytes}")
