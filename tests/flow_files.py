"""Flow files in short, and the demo's pet store as the check of definitions knows it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from facade.expressions.finding import Finding
from facade.flows.checking.called import Called
from facade.flows.document.reading import read_definition
from facade.flows.known_actions import called_of
from facade.model.action import Location
from facade.model.definition import (
    ActionCall,
    Definition,
    Place,
    RunFlow,
)
from facade.model.version import Variable
from facade.spec.load import load
from facade.spec.spec import Spec

PETSTORE = Path(__file__).parents[1] / "facade/demo/petstore.yaml"
TAG = Variable(name="x-request-tag", location=Location.HEADER, value="a")

UNKNOWN = "there is no such thing"


@cache
def petstore() -> Spec:
    return Spec(load(PETSTORE.read_text(encoding="utf-8"))[0])


class Shop:
    """Knows the pet store, and flows by their texts; its version sets X-Request-Tag itself."""

    def __init__(self, flows: Mapping[str, str] | None = None) -> None:
        self.flows = flows or {}

    def find(self, call: ActionCall) -> Called | Finding:
        _, connector, _, _, _, action = call.action.split("/", 5)
        if connector != "petstore" or call.connection not in {"", "connections/berlin"}:
            return Finding(call.place, UNKNOWN)
        try:
            return called_of(petstore().action(action), (TAG,))
        except KeyError:
            return Finding(call.place, f"there is no action `{action}`")

    def flow(self, work: RunFlow) -> Definition | Finding:
        text = self.flows.get(work.flow)
        return read_definition(text) if text else Finding(work.place, f"no `{work.flow}`")


def marked(text: str) -> tuple[str, Place]:
    """A text without its `«`, and the place of what stands behind it."""
    before, _, after = text.partition("«")
    return before + after, Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
