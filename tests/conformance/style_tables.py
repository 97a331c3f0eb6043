"""The tables of the OpenAPI Specification, section "Style Examples", as rows of their own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

VALUES: Mapping[str, Any] = {
    "empty": "",
    "string": "blue",
    "array": ["blue", "black", "brown"],
    "object": {"R": 100, "G": 200, "B": 150},
}
"""The columns; every row is for the parameter `color`."""

OTHERS: Mapping[str, tuple[Any, str]] = {
    "integer": (9007199254740993, "9007199254740993"),
    "number": (1.5, "1.5"),
    "boolean": (True, "true"),
}
"""Single values of other types: they take the place of the column `string`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a style, exploded or not, and what it makes of each value."""

    where: str
    style: str
    explode: bool
    editions: tuple[str, ...] = ("3.0.0", "3.0.3", "3.0.4", "3.1.0", "3.1.1")
    columns: Mapping[str, str]


def row(where: str, style: str, way: str, **columns: str) -> Row:
    """A row that every edition has, `whole` or with `explode`."""
    return Row(where=where, style=style, explode=way == "explode", columns=columns)


def label(editions: tuple[str, ...], array: str, members: str) -> Row:
    """Editions differ in `label` without explode."""
    columns = {"empty": ".", "string": ".blue", "array": array, "object": members}
    return Row(where="path", style="label", explode=False, editions=editions, columns=columns)


LISTED, MEMBERS = "blue,black,brown", "R,100,G,200,B,150"

TABLE: tuple[Row, ...] = (
    row("path", "matrix", "whole", empty=";color", string=";color=blue",
        array=f";color={LISTED}", object=f";color={MEMBERS}"),
    row("path", "matrix", "explode", empty=";color", string=";color=blue",
        array=";color=blue;color=black;color=brown", object=";R=100;G=200;B=150"),
    label(("3.0.4", "3.1.1"), f".{LISTED}", f".{MEMBERS}"),
    label(("3.0.0", "3.0.3", "3.1.0"), ".blue.black.brown", ".R.100.G.200.B.150"),
    row("path", "label", "explode", empty=".", string=".blue",
        array=".blue.black.brown", object=".R=100.G=200.B=150"),
    row("path", "simple", "whole", string="blue", array=LISTED, object=MEMBERS),
    row("path", "simple", "explode", string="blue", array=LISTED, object="R=100,G=200,B=150"),
    row("query", "form", "whole", empty="color=", string="color=blue",
        array=f"color={LISTED}", object=f"color={MEMBERS}"),
    row("query", "form", "explode", empty="color=", string="color=blue",
        array="color=blue&color=black&color=brown", object="R=100&G=200&B=150"),
    row("query", "spaceDelimited", "whole",
        array="color=blue%20black%20brown", object="color=R%20100%20G%20200%20B%20150"),
    row("query", "pipeDelimited", "whole",
        array="color=blue%7Cblack%7Cbrown", object="color=R%7C100%7CG%7C200%7CB%7C150"),
    row("query", "deepObject", "explode",
        object="color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    row("header", "simple", "whole", empty="", string="blue", array=LISTED, object=MEMBERS),
    row("header", "simple", "explode", empty="", string="blue", array=LISTED,
        object="R=100,G=200,B=150"),
    row("cookie", "form", "whole", empty="color=", string="color=blue",
        array=f"color={LISTED}", object=f"color={MEMBERS}"),
    row("cookie", "form", "explode", empty="color=", string="color=blue"),
)  # fmt: skip
"""What is undefined, or forbidden to a path, has no column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One cell: a value, and what stands on the wire for it."""

    edition: str
    row: Row
    column: str
    value: Any
    wanted: str

    @property
    def parameter(self) -> dict[str, Any]:
        """As a document declares it."""
        return {
            "name": "color",
            "in": self.row.where,
            "required": True,
            "style": self.row.style,
            "explode": self.row.explode,
            "schema": {},
        }


def cases() -> Iterator[Case]:
    """All cells of all editions."""
    for each in TABLE:
        for edition in each.editions:
            for column, wanted in each.columns.items():
                yield Case(
                    edition=edition, row=each, column=column, value=VALUES[column], wanted=wanted
                )
                if column == "string":
                    yield from _others(edition, each, wanted)


def _others(edition: str, each: Row, wanted: str) -> Iterator[Case]:
    for column, (value, text) in OTHERS.items():
        yield Case(
            edition=edition,
            row=each,
            column=column,
            value=value,
            wanted=wanted.replace("blue", text),
        )
