"""The definition of a flow, of a tree and back (the language of docs/flows.md)."""

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from facade.flows.document.collections import Listed, Mapped
from facade.flows.document.form import Form, Later, Member, required
from facade.flows.document.kinds import Json, Number, Size, Text, Whole
from facade.flows.document.node import Node, Report, Wrong
from facade.flows.document.steps import ENDING, MOST, STEP, every
from facade.flows.document.triggers import JMESPATH, TRIGGER
from facade.model.definition import (
    Bounds,
    Choose,
    Definition,
    Manual,
    Step,
)
from facade.transcode.validation.validator import build

STEPS: Final = 500
"""Steps of one definition, those in branches counted."""

DEPTH: Final = 8
"""Branches within one another."""

_CELLS: Final = ("seconds", "steps", "bytes", "concurrency", "rate")

BOUNDS: Final = Form(
    name="Bounds",
    about="What no run may exceed.",
    members={
        "seconds": Member(Number(least=1, most=86_400), "Of a run, its waits not counted.", 3600.0),
        "steps": Member(
            Whole(least=1, most=100_000), "Works done; each item of a fan-out counts.", 1000
        ),
        "bytes": Member(Size(least=1024, most=2**28), "Of all outputs together.", 16 * 2**20),
        "concurrency": Member(Whole(least=1, most=1000), "Runs at a time; more wait.", 10),
        "rate": Member(Whole(least=0, most=100_000), "Runs begun a minute; 0: no limit.", 0),
    },
    make=lambda _node, values: Bounds(**values),
    take=lambda bounds: {key: getattr(bounds, key) for key in _CELLS},
)


class Schema:
    """A JSON Schema of 2020-12 whose references stay within it."""

    def read(self, node: Node) -> dict[str, Any]:
        """The schema, once it is known to be one."""
        schema: dict[str, Any] = Json(mapping=True).read(node)
        for error in jsonschema_rs.Draft202012Validator(_METASCHEMA).iter_errors(schema):
            at = node
            for key in error.instance_path:
                at = at.child(key)
            raise at.refuse("is no JSON Schema (2020-12) here")
        for at in _references(node):
            raise at.refuse("refers out of the schema; only `#…` is followed")
        try:
            build(schema)
        except ValueError as error:
            said = str(error).partition("\n")[0][:200]
            raise node.refuse(f"is no JSON Schema (2020-12) that holds: {said}") from None
        return schema

    def write(self, value: Any) -> Any:
        """The schema as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """What schemas are."""
        return {"$ref": "https://json-schema.org/draft/2020-12/schema", "type": "object"}


_METASCHEMA: Final = {"$ref": "https://json-schema.org/draft/2020-12/schema"}


def _references(node: Node) -> Iterator[Node]:
    inside = node.value
    keys = (
        inside
        if isinstance(inside, dict)
        else range(len(inside))
        if isinstance(inside, list)
        else ()
    )
    for key in keys:
        child = node.child(key)
        outward = isinstance(child.value, str) and not child.value.startswith("#")
        if key in ("$ref", "$dynamicRef") and outward:
            yield child
        yield from _references(child)


def _note_doubled(node: Node) -> None:
    """Notes ids that two steps have, whatever else is wrong with them."""
    seen: dict[str, int] = {}
    for part in ("steps", "output"):
        for at in _ids(node.child(part)):
            if at.value in seen:
                line = f", in line {seen[at.value]}" if seen[at.value] else ""
                at.refuse(f"another step is called `{at.value}`{line}")
            seen.setdefault(at.value, at.place.line)


def _ids(steps: Node) -> Iterator[Node]:
    """The ids of steps, and of those in branches, where they stand."""
    for step in _items(steps):
        if isinstance(step.child("id").value, str):
            yield step.child("id")
        for branch in _items(step.child("choose")):
            yield from _ids(branch.child("steps"))


def _items(node: Node) -> Iterator[Node]:
    """The mappings of a list; nothing where it is none."""
    for index, item in enumerate(node.value if isinstance(node.value, list) else ()):
        if isinstance(item, dict):
            yield node.child(index)


def _make(node: Node, values: dict[str, Any]) -> Definition:
    env = node.child("env")
    places = {name: env.child(name).place for name in values.get("env", {})}
    made = Definition(**values, env_places=places if node.report.places else {})
    _check_begins(node, made)
    count = sum(1 for _ in every((*made.steps, *made.output)))
    if count > STEPS:
        raise node.child("steps").refuse(f"has {count} steps; {STEPS} are read")
    if _depth(made.steps) > DEPTH:
        raise node.child("steps").refuse(f"has branches within one another deeper than {DEPTH}")
    return made


def _check_begins(node: Node, made: Definition) -> None:
    """Refuses an input that no run has which a trigger begins."""
    if made.input is None or isinstance(made.trigger, Manual):
        return
    if not build(made.input).is_valid({}):
        asks = "asks for what no trigger brings: its runs begin with `{}`, and read `trigger`"
        raise node.child("input").refuse(asks)


def _depth(steps: tuple[Step, ...]) -> int:
    below = [
        _depth(branch.steps)
        for step in steps
        if isinstance(step.work, Choose)
        for branch in step.work.branches
    ]
    return 1 + max(below) if below else 0


_NAME: Final = "[A-Za-z_][A-Za-z0-9_]{0,62}"

FLOW: Final = Form(
    name="Flow",
    about="What one version of a flow says.",
    members={
        "title": Member(Text(), "A line for people.", ""),
        "description": Member(Text(most=8192), "What it is for.", ""),
        "trigger": Member(TRIGGER, TRIGGER.about, Manual()),
        "input": Member(Schema(), "JSON Schema (2020-12) of what a run begins with."),
        "env": Member(
            Mapped(
                kind=Text(most=4096),
                keys=_NAME,
                form="a name must be letters, digits and `_`, a letter first, 63 at most",
                most=100,
            ),
            "Values that are written once: `env.region`; no secrets.",
            {},
        ),
        "steps": required(
            Listed(kind=Later(lambda: STEP), least=1, most=MOST), "What is done, in order."
        ),
        "output": Member(
            Listed(kind=ENDING, most=MOST),
            "Done after the steps: each, though another of them fails.",
            (),
        ),
        "result": Member(JMESPATH, "What the run answers; absent: the last step's output."),
        "bounds": Member(BOUNDS, BOUNDS.about, Bounds()),
        "allow_literals": Member(
            Listed(kind=Text(least=1, most=500), most=100),
            "Fields that may hold what looks like a credential: `fetch.arguments.key`.",
            (),
        ),
    },
    make=_make,
    take=lambda made: {key: getattr(made, key) for key in Definition.__dataclass_fields__},
)


def definition_of(tree: Any) -> Definition:
    """The definition that a tree of JSON says; raises DefinitionInvalid with every problem."""
    return definition_at(Node(tree, "", Report()))


def definition_at(node: Node) -> Definition:
    """The definition that a node says; raises DefinitionInvalid with every problem."""
    _note_doubled(node)
    try:
        made: Definition = FLOW.read(node)
    except Wrong:
        raise node.report.fault() from None
    if node.report.found:
        raise node.report.fault()
    return made


def tree_of(definition: Definition) -> dict[str, Any]:
    """A definition as JSON, in one canonical way: what is as it is anyway is left out."""
    return FLOW.write(definition)
