"""Parameters: which came, went or moved, and how they are written and called."""

from collections.abc import Iterator
from typing import NamedTuple

from facade.model.action import Location, Parameter, Style
from facade.model.difference import Finding
from facade.spec.diff.edition import Called, Edition
from facade.spec.diff.pair import Key
from facade.spec.diff.phrase import quoted
from facade.spec.diff.rules import finding
from facade.spec.parameter import Declared
from facade.spec.parameter_list import is_compound
from facade.spec.path import variables
from facade.spec.schemas.schema import Direction

LETTERED = frozenset({Style.LABEL, Style.MATRIX})
"""The styles that write a single value otherwise than all others do."""


class Couple(NamedTuple):
    """A parameter of the old document, with what it became."""

    old: Declared
    new: Declared


def couples(old: Called, new: Called) -> tuple[list[Couple], list[Declared], list[Declared]]:
    """The parameters that stayed, those that went, and those that came."""
    renamed = dict(
        zip(variables(old.action.path), variables(new.action.path), strict=False)
        if len(variables(old.action.path)) == len(variables(new.action.path))
        else ()
    )
    left = {_identity(each.parameter): each for each in new.parameters}
    stayed: list[Couple] = []
    gone: list[Declared] = []
    for each in old.parameters:
        location, name = _identity(each.parameter)
        name = renamed.get(name, name) if location is Location.PATH else name
        found = left.pop((location, name), None)
        if found is None:
            gone.append(each)
        else:
            stayed.append(Couple(each, found))
    moved = [
        Couple(one, other)
        for one in gone
        for other in left.values()
        if one.parameter.name == other.parameter.name
    ]
    gone = [each for each in gone if all(each is not couple.old for couple in moved)]
    come = [each for each in left.values() if all(each is not couple.new for couple in moved)]
    return stayed + moved, gone, come


def compare_parameters(
    before: Edition, after: Edition, old: Called, new: Called
) -> Iterator[Finding | Key]:
    """What differs in the parameters, and the values to compare."""
    stayed, gone, come = couples(old, new)
    for each in gone:
        message = f"the {_said(each.parameter)} is gone; a call that gives it is refused"
        yield finding("parameter-removed", message, _place(each, old), new.pointer)
    for each in come:
        must = _must(each.parameter)
        rule = "parameter-added-required" if must else "parameter-added"
        message = f"the {_said(each.parameter)} is new and {'must' if must else 'may'} be given"
        yield finding(rule, message, old.pointer, _place(each, new))
    for couple in stayed:
        places = _place(couple.old, old), _place(couple.new, new)
        for rule, message in _differences(before, after, couple):
            yield finding(rule, message, *places)
        pointers = couple.old.schema_pointer, couple.new.schema_pointer
        if all(pointers):
            values = before.reader.value(pointers[0]), after.reader.value(pointers[1])
            yield Key(Direction.REQUEST, *values)


def _differences(before: Edition, after: Edition, couple: Couple) -> Iterator[tuple[str, str]]:
    old, new = couple.old.parameter, couple.new.parameter
    said = f"the {_said(old)}"
    if old.location is not new.location:
        yield "parameter-moved", f"{said} goes to the {new.location.value} now"
    elif old.name.lower() != new.name.lower():
        yield "parameter-renamed", f"{said} is called {quoted(new.name)} now"
    elif old.key != new.key:
        yield "argument-renamed", f"{said} is given as {quoted(new.key)} now"
    compound = is_compound(before.reader.schemas, couple.old.schema_pointer) or is_compound(
        after.reader.schemas, couple.new.schema_pointer
    )
    if old.location is new.location and _written(old, compound=compound) != _written(
        new, compound=compound
    ):
        yield "parameter-restyled", f"{said} is written in another way now"
    if _must(old) != _must(new):
        word = "required" if _must(new) else "optional"
        yield f"parameter-became-{word}", f"{said} is {word} now"
    if new.deprecated and not old.deprecated:
        yield "parameter-deprecated", f"{said} is deprecated now"


def _written(parameter: Parameter, *, compound: bool) -> tuple[object, ...]:
    """What a value's text depends on; a single one is the same in nearly every style."""
    always = (parameter.media_type, parameter.encode_twice, parameter.encoding)
    if not compound:
        return (*always, parameter.style if parameter.style in LETTERED else None)
    return (*always, parameter.style, parameter.explode, parameter.delimiters)


def _must(parameter: Parameter) -> bool:
    """Whether a call cannot be without it: no default is sent in its place."""
    return parameter.required and parameter.default is None


def _identity(parameter: Parameter) -> tuple[Location, str]:
    is_header = parameter.location is Location.HEADER
    return parameter.location, parameter.name.lower() if is_header else parameter.name


def _said(parameter: Parameter) -> str:
    return f"{parameter.location.value} parameter {quoted(parameter.name)}"


def _place(declared: Declared, called: Called) -> str:
    """Where a parameter stands, as far as its schema tells."""
    head = declared.schema_pointer.removesuffix("/schema")
    return head.partition("/content/")[0] or called.pointer
