"""What templates tell people to do is there to be done, and what they promise is kept."""

import importlib
import re
from typing import Any

import pytest
import typer

from facade.flows.templates import TEMPLATES
from facade.model.run import RunState
from gateway.cli.main import COMMANDS
from tests.fakes import FakeWorld
from tests.interpreted import fails, run

COMMAND = re.compile(r"`portico (\w+) (\w+)")


def _shown() -> list[tuple[str, str]]:
    texts = (each.text for each in TEMPLATES.values())
    return sorted({found for text in texts for found in COMMAND.findall(text)})


@pytest.mark.parametrize(("group", "word"), _shown())
def test_a_command_of_a_template_is_one_that_there_is(group: str, word: str) -> None:
    command: Any = typer.main.get_command(importlib.import_module(COMMANDS[group][0]).app)
    assert word in command.commands


async def test_a_shop_that_is_down_has_no_pet_added_twice() -> None:
    world = FakeWorld(fails(503))
    done = await run(TEMPLATES["bidirectional"].text, world)
    assert done.ended.state is RunState.FAILED
    assert done.state("add") is None


async def test_a_failure_is_told_though_the_shop_is_down_too() -> None:
    world = FakeWorld(fails(503))
    done = await run(TEMPLATES["event"].text, world)
    assert done.ended.state is RunState.SUCCEEDED
    (told,) = world.notices
    assert "Available: ?." in told.content
