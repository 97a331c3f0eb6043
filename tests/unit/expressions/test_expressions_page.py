"""docs/expressions.md: its examples are run, its tables are what the code has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from facade.expressions.conditions import compile_condition
from facade.expressions.filters import FILTERS
from facade.expressions.functions import FUNCTIONS
from facade.expressions.paths import compile_path
from facade.expressions.slots import compile_slots
from facade.model.definition import Expression

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "expressions.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


VALUE = json.loads(block("json"))
EXAMPLES = [
    (language, *(part.strip() for part in line.split("=> ")))
    for language in ("jmespath", "cel", "slots")
    for line in block(language).splitlines()
]


@pytest.mark.parametrize(("language", "text", "made"), EXAMPLES)
def test_an_example_gives_what_the_page_says(language: str, text: str, made: str) -> None:
    found: Any
    if language == "jmespath":
        found = compile_path(Expression(text)).evaluate(VALUE)
    elif language == "cel":
        found = compile_condition(Expression(text)).evaluate(VALUE)
    else:
        found = compile_slots(text, {}).fill(VALUE).value
    assert found == json.loads(made)


def test_the_page_lists_every_function_and_every_filter() -> None:
    for function in FUNCTIONS.values():
        assert f"| `{function.usage}` | {function.help} |" in PAGE
    assert ", ".join(f"`{name}`" for name in FILTERS) in PAGE
