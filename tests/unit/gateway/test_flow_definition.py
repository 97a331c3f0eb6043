"""Definitions as messages: what is exact, and what a double makes of a number."""

from pathlib import Path

import pytest

from facade.errors.definitions import DefinitionInvalid
from facade.flows.document.definition import definition_of, tree_of
from facade.flows.document.reading import read_definition
from gateway.convert.flow_definition import definition_from, definition_to
from gateway.v1 import flow_definition_pb2 as pb

EXAMPLE = Path(__file__).parents[3] / "examples/flows/pets.yaml"


def arguments_through_a_message(value: object) -> object:
    tree = {"steps": [{"id": "a", "action": "p/x", "arguments": {"n": value}}]}
    made = definition_from(definition_to(definition_of(tree)))
    return tree_of(made)["steps"][0]["arguments"]["n"]


def test_the_example_is_the_same_as_a_message() -> None:
    definition = read_definition(EXAMPLE.read_text())
    made = definition_from(definition_to(definition))
    assert tree_of(made) == tree_of(definition)


@pytest.mark.parametrize("value", [2**53, -(2**53), 0, 1.5, True, None, "9007199254740993"])
def test_what_a_double_holds_is_exact(value: object) -> None:
    assert arguments_through_a_message(value) == value


def test_an_integer_beyond_them_is_rounded_and_one_without_a_double_is_text() -> None:
    assert arguments_through_a_message(2**53 + 1) == 2**53
    assert arguments_through_a_message(10**400) == str(10**400)


def test_bytes_of_bounds_and_times_are_exact() -> None:
    tree = {
        "trigger": {"poll": {"call": {"action": "p/x"}, "every": "90s", "items": "body"}},
        "steps": [{"id": "a", "wait": "1h0.5s", "timeout": "250ms"}],
        "bounds": {"bytes": 4097, "seconds": 7},
    }
    definition = definition_of(tree)
    message = definition_to(definition)
    assert message.bounds.bytes == 4097
    assert message.steps[0].wait.duration.ToMilliseconds() == 3_600_500
    assert definition_from(message) == definition


def test_unset_enums_are_what_is_so_anyway() -> None:
    message = pb.FlowDefinition(
        trigger=pb.FlowTrigger(schedule=pb.FlowTrigger.Schedule(cron="* * * * *")),
        steps=[pb.FlowStep(id="a", save="k", value="input")],
    )
    assert tree_of(definition_from(message)) == {
        "trigger": {"schedule": {"cron": "* * * * *"}},
        "steps": [{"id": "a", "save": "k", "value": "input"}],
    }


def test_an_enum_that_is_unknown_is_told() -> None:
    message = pb.FlowDefinition(steps=[pb.FlowStep(id="a", save="k", value="input")])
    message.steps[0].on_failure = 9  # type: ignore[assignment]  # of a newer release
    with pytest.raises(DefinitionInvalid) as raised:
        definition_from(message)
    assert raised.value.details.violations[0].field == "steps[0].on_failure"


def test_all_that_is_wrong_is_told_by_fields() -> None:
    message = pb.FlowDefinition(steps=[pb.FlowStep(id="A"), pb.FlowStep(id="b", action="x")])
    with pytest.raises(DefinitionInvalid) as raised:
        definition_from(message)
    fields = {each.field for each in raised.value.details.violations}
    assert fields == {"steps[0]", "steps[0].id", "steps[1].action"}


def test_a_number_that_json_does_not_have_is_refused() -> None:
    message = pb.FlowDefinition(steps=[pb.FlowStep(id="a", flow="other")])
    message.steps[0].input.number_value = float("nan")
    with pytest.raises(DefinitionInvalid) as raised:
        definition_from(message)
    assert raised.value.details.violations[0].field == "definition"
