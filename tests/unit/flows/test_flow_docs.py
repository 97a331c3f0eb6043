"""docs/flows.md: every example on it is read, and fits the pet store where it calls it."""

import re
from pathlib import Path
from typing import Any

import pytest

from facade.flows.checking.check import check
from facade.flows.document.reading import read_definition
from facade.flows.document.steps import DONE
from facade.flows.document.triggers import KINDS
from facade.spec.load import read_tree
from tests.flow_files import UNKNOWN, Shop

PAGE = (Path(__file__).parents[3] / "docs/flows.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FRAGMENT = "steps: [{id: nothing, wait: 1s}]\n"


def whole(block: str) -> str:
    """An example as a file: a list is one of steps, and what has none gets one."""
    tree: Any = read_tree(block)[0]
    if isinstance(tree, list):
        return "steps:\n" + "".join(f"  {line}\n" for line in block.splitlines())
    return block if "steps" in tree else block + FRAGMENT


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0][:40])
def test_an_example_is_read(block: str) -> None:
    definition = read_definition(whole(block))
    told = check(definition, Shop({"flows/other": FRAGMENT}))
    assert {each.message for each in told} <= {UNKNOWN}  # of connectors beside the pet store


def test_every_trigger_and_every_work_has_an_example() -> None:
    said = "\n".join(BLOCKS)
    for name in {*KINDS, *DONE} - {"manual"}:
        assert re.search(rf"\b{name}:", said), name


def test_the_page_has_room_for_what_others_tell() -> None:
    assert re.findall(r"^## (Running|Commands|Triggers)$", PAGE, re.MULTILINE) == [
        "Running",
        "Commands",
        "Triggers",
    ]
