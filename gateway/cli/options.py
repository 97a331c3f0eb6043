"""The settings as options of a command: one source for `--help`, the environment and the file."""

import inspect
from collections.abc import Callable, Container, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from facade.config import CONFIG, Misconfigured, Settings, described, load
from gateway.cli.output import say

METAVARS: Mapping[Any, str] = {
    str: "ADDRESS",
    Path: "PATH",
    Path | None: "PATH",
    int: "N",
    float: "SECONDS",
}
"""What stands for the value of a setting, by its type."""

OWN = {
    "tenant_limit": "CALLS/TIME",
    "redis": "URL",
    "vault": "URL",
    "public_url": "URL",
    "smtp": "URL",
    "history_sample": "SHARE",
}
"""The same of texts that are no addresses, and of numbers that are no seconds."""


def with_settings(command: Callable[..., None], but: Container[str] = ()) -> Callable[..., None]:
    """Gives a command that takes `settings` an option for each `but` some, and `--config`."""
    own = [
        each for each in inspect.signature(command).parameters.values() if each.name != "settings"
    ]

    def wrapped(*, config: Path | None = None, **options: Any) -> None:
        mine = {each.name: options.pop(each.name) for each in own}
        command(settings=settings_from(options, config), **mine)

    shown = [each for each in fields(Settings) if each.name not in but]
    parameters = [*own, *map(_parameter, shown), _config()]
    wrapped.__doc__ = command.__doc__
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    return wrapped


def settings_from(options: Mapping[str, Any], config: Path | None = None) -> Settings:
    """The settings of a command; prints every problem and exits with 2 where there are any."""
    given = {name: value for name, value in options.items() if value not in (None, [])}
    try:
        return load(given, file=config)
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            say(line)
        raise typer.Exit(2) from None


def _parameter(setting: Any) -> inspect.Parameter:
    flag = "--" + setting.name.replace("_", "-")
    kind: Any = str | None
    if isinstance(setting.default, bool):
        kind, flag = bool | None, f"{flag}/--no-{flag[2:]}"
    elif isinstance(setting.default, tuple):
        kind = list[str] | None
    text = described(setting.name)
    option = typer.Option(flag, help=text, metavar=_metavar(setting), show_default=False)
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, option],
    )


def _metavar(setting: Any) -> str | None:
    """What stands for a setting's value in the help: words of it where it has a choice."""
    kind = get_args(setting.type)[0]
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    if get_origin(kind) is tuple:
        return "LIST"
    return OWN.get(setting.name) or METAVARS.get(kind)


def _config() -> inspect.Parameter:
    option = typer.Option("--config", help=f"YAML file of settings [{CONFIG}]", metavar="FILE")
    return inspect.Parameter(
        "config",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[Path | None, option],
    )
