"""Service: the actions of a document as the methods of one typed service."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from facade.model.action import Action
from facade.model.typed import Message, Method, Streaming, TypedNote, TypedService
from facade.spec.compile import DeclaredAction
from facade.spec.shapes.reader import Reader
from facade.spec.spec import Spec
from facade.spec.typed.answers import Answers
from facade.spec.typed.http import Unsayable, rule, shape
from facade.spec.typed.made import MAX_FIELDS
from facade.spec.typed.naming import camel, same
from facade.spec.typed.order import in_order
from facade.spec.typed.requests import request, untyped
from facade.spec.typed.schemas import Types

BESIDE: Final = "It has the path of the method that answers all at once."


def typed(spec: Spec) -> TypedService:
    """Says what a document becomes as a gRPC service, without name and numbers (see `numbered`).

    Methods stand in the order of the document. An action that cannot be called has none.
    """
    making = _Making(spec)
    for name in in_order(spec.outline.rows, spec.document):
        making.add(spec.declared(name))
    place = {name: number for number, name in enumerate(spec.outline.rows)}
    return TypedService(
        messages=making.types.messages,
        enums=making.types.enums,
        methods=tuple(sorted(making.methods, key=lambda each: place[each.action])),
        comment="\n\n".join(each for each in (spec.title, spec.description) if each),
        notes=(*making.types.notes, *making.notes),
    )


class _Making:
    """A service that is being made, action by action."""

    def __init__(self, spec: Spec) -> None:
        self._reader = Reader(spec.document, spec.schemas)
        self.types = Types(spec.document, reader=self._reader)
        self.methods: list[Method] = []
        self.notes: list[TypedNote] = []
        self._names: dict[str, str] = {}
        self._shapes: dict[str, str] = {}

    def add(self, declared: DeclaredAction) -> None:
        """Adds the methods of one action."""
        if declared.action.problems:
            return
        asked = request(declared, self.types, self._reader)
        if len(asked.fields) > MAX_FIELDS:
            self._leave_out(declared.action, asked)
            return
        self.notes.extend(untyped(declared, self._reader))
        answers = Answers(declared, self.types, self._reader)
        whole, item, paged = answers.whole(), answers.item(), answers.paged()
        if whole:
            self._add(declared.action, asked, whole, Streaming.NONE)
        if item:
            self._add(declared.action, asked, item, Streaming.ITEMS, beside=bool(whole))
        if paged and whole:
            self._add(declared.action, asked, paged, Streaming.PAGES, beside=True)

    def _leave_out(self, action: Action, asked: Message) -> None:
        """Notes of an action that no message holds the arguments of."""
        del self.types.messages[asked.key]
        message = f"`{action.id}` has {len(asked.fields):,} arguments, more than a message holds"
        note = TypedNote(code="many-arguments", message=message, pointer=action.pointer)
        self.notes.append(note)

    def _add(
        self,
        action: Action,
        asked: Message,
        answer: str,
        streaming: Streaming,
        *,
        beside: bool = False,
    ) -> None:
        name = f"Stream{camel(action.id)}" if beside else camel(action.id)
        method = Method(
            key=action.id if streaming is Streaming.NONE else f"{action.id}:{streaming}",
            name=name,
            action=action.id,
            request=asked.key,
            response=answer,
            streaming=streaming,
            http_reason=BESIDE,
            idempotency=_idempotency(action),
            comment=_comment(action),
            deprecated=action.deprecated,
        )
        if not beside:
            method = self._ruled(method, action, asked)
        self.notes.extend(self._noted(method, action))
        self.methods.append(method)

    def _ruled(self, method: Method, action: Action, asked: Message) -> Method:
        """A method with its rule, or with the reason why it has none."""
        try:
            http = rule(action, asked, self.types.messages[method.response], self.types.enums)
        except Unsayable as reason:
            return structs.replace(method, http_reason=str(reason))
        first = self._shapes.setdefault(shape(http), action.id)
        if first != action.id:
            return structs.replace(method, http_reason=f"No request tells it from `{first}`.")
        return structs.replace(method, http=http, http_reason="")

    def _noted(self, method: Method, action: Action) -> Iterator[TypedNote]:
        first = self._names.setdefault(same(method.name), method.key)
        if first != method.key:
            message = f"`{action.id}` would be called `{method.name}`, as `{first}` is"
            yield TypedNote(code="method-name", message=message, pointer=action.pointer)
        if method.http is None and method.http_reason != BESIDE:
            message = f"`{action.id}`: {method.http_reason}"
            yield TypedNote(code="no-http-rule", message=message, pointer=action.pointer)


def _idempotency(action: Action) -> str:
    if action.safe:
        return "NO_SIDE_EFFECTS"
    return "IDEMPOTENT" if action.idempotent else ""


def _comment(action: Action) -> str:
    texts = (action.title, action.description)
    return "\n\n".join(dict.fromkeys(each.strip() for each in texts if each.strip()))
