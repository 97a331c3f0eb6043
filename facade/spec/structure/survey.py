"""Whether a document has the structure that its OpenAPI version asks for."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from facade.model.action import Problem
from facade.spec.document import Document, escape
from facade.spec.problems import problem
from facade.spec.schemas.keyword import is_number
from facade.spec.structure.rules import RULES
from facade.spec.structure.table import table_of
from facade.spec.structure.table_v2 import OPEN, ROOT

STATUS: Final = re.compile(r"default|[1-5](?:[0-9]{2}|XX)")
HARMLESS: Final = frozenset({"description", "summary", "title", "example", "examples"})
"""Fields that beside a `$ref` change no call."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field may hold, read from a word of the table."""

    kind: str
    """`string`, `boolean`, `number`, `integer`, `any`, `words`, `list`, `map` or `object`."""
    name: str = ""
    """Of an object."""
    item: "Shape | None" = None
    """Of a list or a map."""
    words: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    """What may stand in the place of an object: `ref`, `boolean`, `list`."""
    required: bool = False


class Found(NamedTuple):
    """An object of the document with its pointer."""

    pointer: str
    node: dict[str, Any]


class Reference(NamedTuple):
    """A `$ref` where one may stand."""

    pointer: str
    target: str
    name: str
    """The object that should be there."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a walk over the document by its table met."""

    problems: list[Problem] = field(default_factory=list)
    objects: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    """By the standard's name of the object."""
    references: list[Reference] = field(default_factory=list)


def survey(tree: Mapping[str, Any], version: str) -> Survey:
    """Walks a document by the table of its version, never into examples, enums and `x-` fields."""
    surveyor = Surveyor(version)
    surveyor.walk(parse(ROOT), tree, "")
    document = Document(tree=tree, version=version)
    for reference in surveyor.survey.references:  # grows while it is read
        surveyor.walk_target(document, reference)
    return surveyor.survey


def parse(text: str) -> Shape:
    """Reads a shape as the table writes it."""
    required, text = text.endswith("!"), text.removesuffix("!")
    if text[0] in "[{":
        kind = "list" if text[0] == "[" else "map"
        return Shape(kind, item=parse(text[1:-1]), required=required)
    if text[0] == "=":
        return Shape("words", words=frozenset(text[1:].split("|")), required=required)
    if text[0].islower():
        return Shape(text, required=required)
    name, *also = text.split("|")
    return Shape("object", name=name, also=frozenset(also), required=required)


def kind_of(value: Any) -> str:
    """The JSON type of a value, with its article."""
    kinds = ((dict, "an object"), (list, "a list"), (str, "a string"), (bool, "a boolean"))
    named = next((name for kind, name in kinds if isinstance(value, kind)), "a number")
    return "null" if value is None else named


def fits(kind: str, value: Any) -> bool:
    """Whether a value is of a simple kind."""
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "any":
        return True
    if not is_number(value):
        return False
    return kind == "number" or value == int(value)


class Surveyor:
    """Walks, with a stack of its own: documents nest deeper than Python calls."""

    def __init__(self, version: str) -> None:
        """Reads the table of the version."""
        self.survey = Survey()
        self._version = version
        self._fields = {
            name: {key: parse(text) for key, text in fields.items()}
            for name, fields in table_of(version).items()
        }
        self._seen: set[int] = set()
        self._pending: list[tuple[Shape, Any, str]] = []

    def walk(self, shape: Shape, node: Any, pointer: str) -> None:
        """Walks from a node that should be of a shape."""
        self._pending.append((shape, node, pointer))
        while self._pending:
            self._visit(*self._pending.pop())

    def walk_target(self, document: Document, reference: Reference) -> None:
        """Walks what a local reference leads to where it stands outside the table's reach."""
        if not reference.target.startswith("#/"):
            return
        pointer = unquote(reference.target[1:])
        try:
            node = document.find(pointer)
        except LookupError:
            return
        if isinstance(node, dict) and id(node) not in self._seen:
            self.walk(Shape("object", reference.name, also=frozenset({"ref"})), node, pointer)

    def _visit(self, shape: Shape, node: Any, pointer: str) -> None:
        if shape.kind == "object":
            self._visit_object(shape, node, pointer)
        elif shape.kind == "list":
            self._visit_list(shape, node, pointer)
        elif shape.kind == "map":
            self._visit_map(shape, node, pointer)
        elif shape.kind == "words":
            if node not in shape.words if isinstance(node, str) else True:
                allowed = ", ".join(sorted(shape.words))
                self._note("invalid-value", f"must be one of {allowed}", pointer)
        elif not fits(shape.kind, node):
            article = "an" if shape.kind == "integer" else "a"
            self._note(
                "wrong-type", f"must be {article} {shape.kind}, not {kind_of(node)}", pointer
            )

    def _visit_list(self, shape: Shape, node: Any, pointer: str) -> None:
        if not isinstance(node, list):
            self._note("wrong-type", f"must be a list, not {kind_of(node)}", pointer)
        elif shape.item is not None and shape.item.kind != "any":
            self._pending.extend(
                (shape.item, each, f"{pointer}/{i}") for i, each in enumerate(node)
            )

    def _visit_map(self, shape: Shape, node: Any, pointer: str) -> None:
        if not isinstance(node, dict):
            self._note("wrong-type", f"must be an object, not {kind_of(node)}", pointer)
            return
        for key, value in node.items():
            if shape.item is None or shape.item.kind == "any":
                continue
            if key == "$ref" and isinstance(value, str) and shape.item.kind == "object":
                self._note("misplaced-ref", "no `$ref` can stand here", f"{pointer}/$ref")
            else:
                self._pending.append((shape.item, value, f"{pointer}/{escape(key)}"))

    def _visit_object(self, shape: Shape, node: Any, pointer: str) -> None:
        if isinstance(node, bool) and "boolean" in shape.also:
            return
        if isinstance(node, list) and "list" in shape.also:
            self._pending.extend((shape, each, f"{pointer}/{i}") for i, each in enumerate(node))
            return
        if not isinstance(node, dict):
            expected = "an object or a boolean" if "boolean" in shape.also else "an object"
            message = f"must be {expected} ({shape.name}), not {kind_of(node)}"
            self._note("wrong-type", message, pointer)
            return
        self._seen.add(id(node))
        if "$ref" in node and "ref" in shape.also:
            self._visit_reference(shape.name, node, pointer)
            return
        fields = self._fields[shape.name]
        if "$ref" in fields and isinstance(node.get("$ref"), str):
            self.survey.references.append(Reference(pointer, node["$ref"], shape.name))
        self.survey.objects[shape.name].append(Found(pointer, node))
        self._visit_fields(shape.name, node, pointer)
        for rule in RULES.get(shape.name, ()):
            for code, message, token in rule(node, self._version):
                self._note(code, message, f"{pointer}{token}")

    def _visit_fields(self, name: str, node: dict[str, Any], pointer: str) -> None:
        fields = self._fields[name]
        for key, value in node.items():
            shape = fields.get(key) or self._patterned(name, key, pointer)
            if shape is not None and shape.kind != "any":
                self._pending.append((shape, value, f"{pointer}/{escape(key)}"))
        for key, shape in fields.items():
            if shape.required and key not in node:
                self._note("missing-field", f"{name} must have the field `{key}`", pointer)

    def _patterned(self, name: str, key: str, pointer: str) -> Shape | None:
        """The shape of a field that the object does not name; notes what cannot be one."""
        shape = self._fields[name].get(OPEN)
        if name == "SecurityRequirement":
            return shape
        if key.startswith("x-"):
            return None
        place = f"{pointer}/{escape(key)}"
        if key == "$ref":
            self._note("misplaced-ref", f"{name} cannot be a reference", place)
            return None
        if shape is None:
            self._note("unknown-field", f"{name} has no field `{key[:80]}`", place)
        elif name == "Paths" and not key.startswith("/"):
            self._note("invalid-path", f"`{key[:80]}` must begin with a slash", place)
        elif name == "Responses" and not STATUS.fullmatch(key):
            message = f"`{key[:80]}` is no status, no range such as 4XX, and not `default`"
            self._note("invalid-status", message, place)
            return None
        return shape

    def _visit_reference(self, name: str, node: dict[str, Any], pointer: str) -> None:
        target = node["$ref"]
        if not isinstance(target, str):
            message = f"must be a string, not {kind_of(target)}"
            self._note("wrong-type", message, f"{pointer}/$ref")
            return
        self.survey.references.append(Reference(pointer, target, name))
        for key in node:
            known = key in self._fields["Reference"] or key in HARMLESS or key.startswith("x-")
            if not known:
                message = f"`{key[:80]}` counts for nothing beside a `$ref`"
                self._note("ignored-sibling", message, f"{pointer}/{escape(key)}")

    def _note(self, code: str, message: str, pointer: str) -> None:
        self.survey.problems.append(problem(code, message, pointer))
