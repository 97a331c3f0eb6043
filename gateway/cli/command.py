"""What the commands have in common: plain help, and choices as people type them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import typer

Choice = TypeVar("Choice", bound=StrEnum)


def new_app(**options: Any) -> typer.Typer:
    """The Typer app of a command: help that fits any terminal and any pipe."""
    return typer.Typer(
        **{"add_completion": False, **options},
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
