"""What the commands have in common: plain help, and choices as people type them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import typer
from typer.core import TyperGroup, TyperOption

Choice = TypeVar("Choice", bound=StrEnum)

WHOLE = 1000
"""Characters of a first sentence: more than there are, for Typer would cut it at the line's end."""


class Group(TyperGroup):
    """A command that has commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options, of which flags that are not given are False.

        Typer's own are None then, and it loads pydantic to find that None is no flag: as much
        time as all else that help and completion take.
        """
        found = super().get_params(ctx)
        for each in found:
            if isinstance(each, TyperOption) and each.is_flag and each.default is None:
                each.default = False
        return found

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Its commands, each with the whole first sentence of its help."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(WHOLE))
                    for name in self.list_commands(ctx)
                    if (command := self.get_command(ctx, name)) is not None
                ]
            )


def new_app(**options: Any) -> typer.Typer:
    """The Typer app of a command: help that fits any terminal and any pipe."""
    return typer.Typer(
        **{"add_completion": False, "cls": Group, **options},
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def one_of(choices: type[Choice]) -> dict[str, Any]:
    """How Typer reads a choice: in any case, singular or plural, as kubectl's users type it."""
    names = [each.value for each in choices]

    def parse(text: str) -> Choice:
        for each in choices:
            if _stem(each.value) == _stem(text):
                return each
        raise typer.BadParameter(f"`{text}` is none of {', '.join(names)}")

    return {"parser": parse, "autocompletion": _completion(names)}


def _stem(text: str) -> str:
    return text.casefold().removesuffix("s")


def _completion(names: list[str]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [each for each in names if each.startswith(incomplete)]

    return complete
