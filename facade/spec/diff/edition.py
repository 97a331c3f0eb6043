"""Edition: one of the two documents, each operation with the places of its schemas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from facade.model.action import Action, Media
from facade.spec.media import DeclaredMedia
from facade.spec.parameter import Declared
from facade.spec.path import VARIABLE
from facade.spec.servers import nearest_servers
from facade.spec.shapes.reader import Reader
from facade.spec.shapes.shape import Value
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
        self.reader = Reader(spec.document, spec.schemas)
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
        found = self.spec.declared(name)
        return Called(
            found.action,
            found.parameters,
            self._contents(found.body.contents if found.body else ()),
            {
                each.response.status: Answer(
                    each.response.status, each.pointer, self._contents(each.contents)
                )
                for each in found.answers
            },
        )

    def _contents(self, declared: Iterable[DeclaredMedia]) -> dict[str, Content]:
        return {each.media.type: self._content(each) for each in declared}

    def _content(self, declared: DeclaredMedia) -> Content:
        value = self.reader.value(declared.schema_pointer)
        return Content(declared.media, value, declared.of_items)


def shape_of(path: str) -> str:
    """A path without the names of its variables."""
    return VARIABLE.sub("{}", path)
