"""What the command says of itself."""

import pytest

from gateway.cli.main import COMMANDS
from tests.processes import portico, together


async def test_the_help_fits_eighty_columns_and_nothing_is_cut() -> None:
    shown = ("up", "facade", "call", "get", "doctor")
    narrow = {"COLUMNS": "80"}
    whole, *each = await together(
        portico("--help", env=narrow), *(portico(name, "-h", env=narrow) for name in shown)
    )

    width = max(map(len, COMMANDS)) + 1
    for name, (_, line) in COMMANDS.items():
        assert f"  {name.ljust(width)} {line}" in whole.text
    for name, told in zip(shown, each, strict=True):
        assert told.status == 0
        assert told.text.startswith(f"Usage: portico {name} ")
        assert max(map(len, told.text.splitlines())) <= 80
        assert "…" not in told.text


@pytest.mark.parametrize("name", ["flow", "trigger", "subscription", "delivery"])
async def test_the_help_of_a_group_has_the_whole_first_sentence_of_each_command(name: str) -> None:
    told = await portico(name, "--help", env={"COLUMNS": "80"})

    lines = told.text.partition("Commands:\n")[2].splitlines()
    assert max(map(len, lines)) <= 80
    assert "..." not in "".join(lines)
    assert lines[-1].endswith(".")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("portico de", ["demo", "describe", "deprecate", "delete", "delivery"]),
        ("portico get ", ["connectors", "versions", "actions"]),
        ("portico get connectors -o j", ["json"]),
        ("portico flow re", ["records", "resume"]),
        ("portico export ", ["connector", "proto", "descriptors", "stubs", "module", "envoy"]),
    ],
)
async def test_the_shell_completes_commands_kinds_and_forms(typed: str, offered: list[str]) -> None:
    env = {
        "_PORTICO_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }

    completed = await portico(env=env)

    assert completed.text.split() == offered
