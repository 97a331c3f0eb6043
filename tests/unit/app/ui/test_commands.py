"""The commands that pages show are commands that there are."""

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from facade.app.ui.page import TEMPLATES
from gateway.cli.main import COMMANDS


def _shown() -> list[str]:
    """Each line of each command; what a page fills in is NAME."""
    texts = (path.read_text() for path in sorted(Path(TEMPLATES).rglob("*.html")))
    found = [
        re.sub(r'"\s*~\s*\w+(\s*~\s*")?', "NAME", said).replace('"', "")
        for text in texts
        for said in re.findall(r'code\(("portico [^,]*), "', text)
    ]
    return sorted({line for each in found for line in each.split(r"\n")})


@pytest.mark.parametrize("line", _shown())
def test_a_command_of_a_page_is_one_that_there_is(line: str) -> None:
    _, name, *words = shlex.split(line)
    command: Any = typer.main.get_command(importlib.import_module(COMMANDS[name][0]).app)
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context(name, words)
