"""Examination: a document's actions at once, and all that is wrong with it when it is asked."""

from dataclasses import dataclass
from functools import cached_property

from facade.model.action import Problem
from facade.spec.limits import Limits
from facade.spec.load import load
from facade.spec.report import report
from facade.spec.spec import Spec


@dataclass(frozen=True)
class Examination:
    """What reading a document came to."""

    text: str | bytes
    spec: Spec
    openapi: str
    """The version of the standard that the document names."""

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong or doubtful, in the document's order; looked for once."""
        return report(self.text, self.spec.problems())


def examine(text: str | bytes, limits: Limits) -> Examination:
    """Reads a document; raises InvalidSpec where it cannot be read."""
    document, _ = load(text, limits=limits)
    return Examination(text, Spec(document), document.version)
