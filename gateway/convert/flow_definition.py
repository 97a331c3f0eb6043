"""Definitions of flows, as messages and back.

A message says what a flow file says, by the same names; so both become the tree that
`facade.flows.document` reads and writes. Numbers in `input`, `arguments` and `content` are doubles
there: an integer beyond 2^53 is rounded, one beyond the doubles becomes text. Maps of messages have
no order, so the fields of a mapping come in that of their names.
"""

import sys
from typing import Any, Final

from google.protobuf.json_format import Error, MessageToDict, ParseDict

from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Details, Violation
from facade.flows.document.definition import definition_of, tree_of
from facade.flows.document.kinds import seconds_of
from facade.model.definition import Bounds, Definition
from gateway.v1 import flow_definition_pb2 as pb

Tree = dict[str, Any]

CATCH_UP: Final = "CATCH_UP_"
ON_FAILURE: Final = "ON_FAILURE_"
UNFIT: Final = "a number in it is one that JSON does not have"
UNSPECIFIED: Final = "UNSPECIFIED"

LISTS: Final = ("steps", "output")
"""The lists of steps of a definition."""

NESTED: Final = ("choose", "do")
"""What of a step holds other steps."""

MOST: Final = sys.float_info.max


def definition_from(message: pb.FlowDefinition) -> Definition:
    """The definition that a message says; raises DefinitionInvalid with every problem."""
    try:
        tree = MessageToDict(message, preserving_proto_field_name=True)
    except (Error, ValueError) as error:
        violation = Violation(field="definition", description=UNFIT)
        details = Details(violations=(violation,))
        raise DefinitionInvalid(f"definition: {UNFIT}", details=details) from error
    return definition_of(_from(tree))


def definition_to(definition: Definition) -> pb.FlowDefinition:
    """A definition as a message."""
    message = ParseDict(_to(tree_of(definition)), pb.FlowDefinition())
    if definition.bounds != Bounds():
        message.bounds.bytes = definition.bounds.bytes
    return message


def _from(tree: Tree) -> Tree:
    made = {**tree, "steps": [_step_from(each) for each in tree.get("steps", ())]}
    if "output" in tree:
        made["output"] = [_step_from(each) for each in tree["output"]]
    schedule = tree.get("trigger", {}).get("schedule", {})
    _word_from(schedule, "catch_up", CATCH_UP)
    if "bytes" in tree.get("bounds", {}):
        made["bounds"] = {**tree["bounds"], "bytes": int(tree["bounds"]["bytes"])}
    return made


def _step_from(step: Tree) -> Tree:
    made = dict(step)
    _word_from(made, "on_failure", ON_FAILURE)
    if "success" in step:
        made["success"] = step["success"].get("statuses", [])
    if "map" in step:
        made["map"] = step["map"].get("fields") or step["map"].get("expression", "")
    if "wait" in step:
        made["wait"] = step["wait"].get("duration", step["wait"])
    if "do" in step:
        made["do"] = _step_from(step["do"])
    if "choose" in step:
        made["choose"] = [
            {**each, "steps": [_step_from(inner) for inner in each.get("steps", ())]}
            for each in step["choose"]
        ]
    return made


def _word_from(tree: Tree, key: str, prefix: str) -> None:
    """Makes the word of a file of the name of an enum's value; what is unspecified is absent."""
    word = tree.pop(key, UNSPECIFIED)
    if word != UNSPECIFIED and word != prefix + UNSPECIFIED:
        tree[key] = str(word).removeprefix(prefix).lower()


def _to(tree: Tree) -> Tree:
    made: Tree = _doubles({key: each for key, each in tree.items() if key not in LISTS})
    made |= {key: [_step_to(each) for each in tree.get(key, ())] for key in LISTS}
    trigger = made.get("trigger", {})
    if "poll" in trigger:
        trigger["poll"]["every"] = _duration(trigger["poll"]["every"])
    if "catch_up" in trigger.get("schedule", {}):
        trigger["schedule"]["catch_up"] = CATCH_UP + trigger["schedule"]["catch_up"].upper()
    made.get("bounds", {}).pop("bytes", None)
    return made


def _step_to(step: Tree) -> Tree:
    made: Tree = _doubles({key: each for key, each in step.items() if key not in NESTED})
    if "on_failure" in step:
        made["on_failure"] = ON_FAILURE + step["on_failure"].upper()
    if "success" in step:
        made["success"] = {"statuses": step["success"]}
    if "map" in step:
        made["map"] = {"fields" if isinstance(step["map"], dict) else "expression": step["map"]}
    if "do" in step:
        made["do"] = _step_to(step["do"])
    if "choose" in step:
        made["choose"] = [
            {**each, "steps": [_step_to(inner) for inner in each["steps"]]}
            for each in step["choose"]
        ]
    return made | _times_to(step)


def _times_to(step: Tree) -> Tree:
    made: Tree = {}
    if "timeout" in step:
        made["timeout"] = _duration(step["timeout"])
    if "retry" in step:
        times = {key: _duration(each) for key, each in step["retry"].items() if key != "attempts"}
        made["retry"] = {**step["retry"], **times}
    if isinstance(step.get("wait"), str):
        made["wait"] = {"duration": _duration(step["wait"])}
    return made


def _duration(text: str) -> str:
    """A time as JSON writes google.protobuf.Duration."""
    return f"{seconds_of(text):.6f}s"


def _doubles(value: Any) -> Any:
    """A tree whose numbers all have a double, or are text."""
    if isinstance(value, dict):
        return {key: _doubles(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_doubles(each) for each in value]
    return str(value) if isinstance(value, int) and abs(value) > MOST else value
