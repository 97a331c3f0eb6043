"""How a command prints what it got: a table for people, JSON or YAML for machines."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.message import Message
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from gateway.cli.command import one_of


class Format(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[
    Format, typer.Option("--output", "-o", help="How to print it.", **one_of(Format))
]

Listed = TypeVar("Listed", bound=Message)

GAP = "  "
"""Between two columns."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def plain(message: Message) -> Any:
    """A message as JSON has it, names as in the proto, and 1 where a Struct holds 1.0."""
    # A table, which is what people read, does without.
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - see above

    return _whole(MessageToDict(message, preserving_proto_field_name=True))


def visible(text: str) -> str:
    """Text that does to a terminal nothing but appear; line ends stay."""
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def line(*parts: str | tuple[str, str], console: Console = out) -> None:
    """Prints a line of texts, some with their style; a terminal may wrap it, nothing cuts it."""
    pairs = ((each, "") if isinstance(each, str) else each for each in parts)
    texts = ((visible(text), style) for text, style in pairs)
    console.print(Text.assemble(*texts), soft_wrap=True)


def say(problem: str, remedy: str = "") -> None:
    """Prints on standard error what is wrong, and what can be done."""
    line(("error ", "bold red"), problem, console=err)
    if remedy:
        line(("  try ", "bold"), remedy, console=err)


def note(text: str) -> None:
    """Prints on standard error what is not wrong, but should be known."""
    line(("note ", "bold yellow"), text, console=err)


def show(data: Any, form: Format) -> None:
    """Prints data for machines, in colour on a terminal."""
    if form is Format.YAML:
        # Of all that commands print, this form alone needs a library.
        from gateway.cli.yaml_text import yaml_text  # noqa: PLC0415 - see above

        text = yaml_text(data)
    else:
        text = _escaped(json.dumps(data, indent=2, ensure_ascii=False))
    show_text(text, form.value)


def _escaped(text: str) -> str:
    """JSON whose strings do to a terminal nothing but appear: no C1 controls, no override."""
    return "".join(
        each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text
    )


def show_text(text: str, language: str) -> None:
    """Prints text as it is; on a terminal in the colours of its language."""
    if out.is_terminal:
        # Pygments comes with it, which a pipe has no use for.
        from rich.syntax import Syntax  # noqa: PLC0415 - see above

        code = Syntax("", language, theme="ansi_dark", background_color="default")
        out.print(code.highlight(text), soft_wrap=True, end="")
    else:
        typer.echo(text)


def show_bytes(data: bytes) -> None:
    """Prints bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows under their column names; only what a terminal has no room for is cut."""
    heads = [name.upper() for name in columns]
    sheet = [heads, *([visible(" ".join(cell.split())) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*sheet, strict=True)]
    for row in sheet:
        cells = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        text = Text(GAP.join(cells).rstrip(), style="bold" if row is heads else "")
        if out.is_terminal:
            text.truncate(out.width, overflow="ellipsis")
        out.print(text, soft_wrap=True)


def show_list(
    found: Sequence[Listed],
    kind: str,
    columns: Sequence[str],
    row: Callable[[Listed], Sequence[str]],
    form: Format,
) -> None:
    """Prints what a List method gave: a row each, or all of it for machines; `kind` in plural."""
    if form is not Format.TABLE:
        show([plain(each) for each in found], form)
    elif not found:
        typer.echo(f"no {kind} found", err=True)
    else:
        table(columns, (row(each) for each in found))


def facts(rows: Iterable[tuple[str, str]], console: Console = out) -> None:
    """Prints names and what stands beside them; empty ones are left out."""
    kept = [(f"{name}:", value) for name, value in rows if value]
    width = max((cell_len(name) for name, _ in kept), default=0)
    for name, value in kept:
        beside = value.replace("\n", "\n" + " " * width + GAP)
        line((set_cell_size(name, width), "bold"), GAP, beside, console=console)
