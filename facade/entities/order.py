"""The order of entities: one column, by a parameter of the backend's where it has one, or here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from facade.catalog.request import invalid
from facade.entities.conditions import check_field
from facade.entities.shape import Shape, shape_of
from facade.errors.fault import Violation
from facade.listing.filter_syntax import Token
from facade.model.action import Action, Location, Parameter
from facade.model.call import Argument, Arguments
from facade.transcode.arguments import argument

COLUMN = re.compile(r"\s*([^\s,]+)(?:\s+(asc|desc))?\s*")

SORT = frozenset({"sort", "sortby", "orderby", "ordering"})
DIRECTION = frozenset({"order", "direction", "sortorder", "sortdirection", "orderdirection"})
"""What parameters of backends are called that say by which field, and which way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """By what entities are sorted."""

    path: tuple[str, ...]
    descending: bool

    @property
    def name(self) -> str:
        """As the caller wrote it."""
        return ".".join(self.path)


def column(text: str, shape: Shape) -> Column | None:
    """The column of `FIELD`, `FIELD asc` or `FIELD desc`; raises InvalidRequest for two."""
    if not text.strip():
        return None
    if "," in text:
        raise invalid(Violation(field="order_by", description="takes one field, not several"))
    found = COLUMN.fullmatch(text)
    if found is None:
        raise invalid(Violation(field="order_by", description="must be `FIELD` or `FIELD desc`"))
    path = tuple(found[1].split("."))
    check_field(path, Token("word", found[1], found.start(1) + 1), shape)
    return Column(path=path, descending=found[2] == "desc")


def sorting(wanted: Column, action: Action) -> Arguments | None:
    """The arguments by which the backend itself sorts so; None where it does not say that it can.

    It does where a parameter for sorting lists the field among its values, and `-FIELD` or a
    parameter for the direction with `desc` for the other way round.
    """
    query = [each for each in action.parameters if each.location is Location.QUERY]
    for each in query:
        if _plain(each.name) not in SORT:
            continue
        values = _values(each)
        if wanted.descending and f"-{wanted.name}" in values:
            return {each.key: argument(f"-{wanted.name}")}
        if wanted.name in values:
            return _with_direction(wanted, each, query)
    return None


def _with_direction(wanted: Column, sort: Parameter, query: list[Parameter]) -> Arguments | None:
    found: dict[str, Argument] = {sort.key: argument(wanted.name)}
    for each in query:
        if each is not sort and _plain(each.name) in DIRECTION:
            way = _way(each, descending=wanted.descending)
            if way:
                return found | {each.key: argument(way)}
    return None if wanted.descending else found


def _way(parameter: Parameter, *, descending: bool) -> str:
    words = ("desc", "descending") if descending else ("asc", "ascending")
    return next((each for each in _values(parameter) if each.lower() in words), "")


def _values(parameter: Parameter) -> list[str]:
    return [*_texts(shape_of(parameter.schema))]


def _texts(shape: Shape) -> Iterator[str]:
    for each in shape.said("enum") or ():
        if isinstance(each, str):
            yield each


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]+", "", name.lower())
