"""Edition: one of the two documents, each operation with the places of its schemas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from facade.model.action import Action, Media
from facade.spec.diff.reader import Reader
from facade.spec.diff.shape import Value
from facade.spec.document import escape
from facade.spec.media import DeclaredMedia, compile_content
from facade.spec.parameter import Declared, compile_parameters
from facade.spec.path import VARIABLE, Operation, operation_of
from facade.spec.schemas.schema import Direction
from facade.spec.servers import nearest_servers
from facade.spec.spec import Spec


@dataclass(frozen=True, slots=True)
class Content:
    """One media type of a body, with what is asked of its value."""

    media: Media
    value: Value
    of_items: bool
    """Whether the value is each item of an array."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: str
    pointer: str
    contents: Mapping[str, Content] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """One operation with its action, and where its schemas stand."""

    action: Action
    parameters: tuple[Declared, ...]
    contents: Mapping[str, Content]
    """Of its request body, by media type."""
    answers: Mapping[str, Answer]
    """By status, as the action has it."""

    @property
    def pointer(self) -> str:
        """Where it stands."""
        return self.action.pointer

    @property
    def body_pointer(self) -> str:
        """Where its request body stands."""
        return f"{self.pointer}/requestBody"


class Edition:
    """A document with the operations that a comparison asks for."""

    def __init__(self, spec: Spec) -> None:
        """Takes what was read of the document; nothing is compiled ahead."""
        self.spec = spec
        self.reader = Reader(spec.document)
        self.document = spec.document
        self.servers = nearest_servers([spec.document.tree.get("servers")])
        """Those of the document."""

    @property
    def routes(self) -> Mapping[tuple[str, str], str]:
        """The ids of the actions by method and path."""
        return {(row[0], row[1]): name for name, row in self.spec.outline.rows.items()}

    def has(self, pointer: str) -> bool:
        """Whether anything stands at a pointer of the document."""
        try:
            self.document.find(pointer)
        except LookupError:
            return False
        return True

    def called(self, name: str) -> Called:
        """One operation, by the id of its action."""
        found = operation_of(self.spec.outline.rows[name], self.document)
        node = found.node if isinstance(found.node, Mapping) else {}
        operation = Operation(found.method, found.path, found.pointer, node, found.layers)
        body = node.get("requestBody")
        schemas = self.reader.schemas
        parameters, _ = compile_parameters(
            operation, self.document, schemas, has_body=body is not None
        )
        return Called(
            self.spec.action(name),
            tuple(parameters),
            self._contents(body, f"{found.pointer}/requestBody", Direction.REQUEST),
            self._answers(node, found.pointer),
        )

    def _answers(self, node: Mapping[str, Any], pointer: str) -> dict[str, Answer]:
        listed = node.get("responses")
        answers = {}
        for key, each in listed.items() if isinstance(listed, Mapping) else ():
            status, at = str(key).replace("x", "X"), f"{pointer}/responses/{escape(str(key))}"
            contents = self._contents(each, at, Direction.RESPONSE)
            answers[status] = Answer(status, at, contents)
        return answers

    def _contents(self, node: Any, pointer: str, direction: Direction) -> dict[str, Content]:
        try:
            found, at = self.document.follow(node, pointer)
        except LookupError:
            return {}
        content = found.get("content") if isinstance(found, Mapping) else None
        declared = compile_content(
            content, f"{at}/content", self.document, self.reader.schemas, direction
        )
        return {each.media.type: self._content(each) for each in declared}

    def _content(self, declared: DeclaredMedia) -> Content:
        value = self.reader.value(declared.schema_pointer)
        return Content(declared.media, value, declared.of_items)


def shape_of(path: str) -> str:
    """A path without the names of its variables."""
    return VARIABLE.sub("{}", path)
