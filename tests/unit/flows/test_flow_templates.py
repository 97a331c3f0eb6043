"""Templates and the example, which are read and checked without a finding."""

from pathlib import Path

import pytest

from facade.flows.checking.check import check
from facade.flows.document.reading import read_definition
from facade.flows.templates import TEMPLATES
from facade.model.definition import (
    Channel,
    Notify,
    OnEvent,
    Poll,
    Save,
    Schedule,
    Webhook,
)
from tests.flow_files import Shop

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_fits_the_demo_s_pet_store(name: str) -> None:
    template = TEMPLATES[name]
    assert check(read_definition(template.text), Shop()) == ()
    assert template.text.startswith("# ")
    assert max(map(len, template.text.splitlines())) <= 100


def test_there_is_one_for_every_pattern_of_the_seed() -> None:
    triggers = {name: type(read_definition(each.text).trigger) for name, each in TEMPLATES.items()}
    assert triggers == {
        "seed": Schedule,
        "pull": Poll,
        "push": Webhook,
        "bidirectional": Webhook,
        "event": OnEvent,
    }


def test_i1_the_example_goes_from_trigger_to_output() -> None:
    text = (ROOT / "examples/flows/pets.yaml").read_text()
    assert text == TEMPLATES["seed"].text
    definition = read_definition(text)
    assert isinstance(definition.trigger, Schedule)
    assert [each.id for each in definition.steps] == ["fetch", "normal", "check"]


def test_i10_saving_and_telling_are_outputs_of_their_own() -> None:
    saved, told = read_definition(TEMPLATES["seed"].text).output
    assert isinstance(saved.work, Save)
    assert isinstance(told.work, Notify)
    assert told.work.channel is Channel.EVENT
