"""Requests: the arguments of an action as one message."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from facade.model.action import Action, Location
from facade.model.typed import Field, Message, Role, Scalar, TypedNote, WellKnown
from facade.spec.compile import DeclaredAction
from facade.spec.media import DeclaredBody, DeclaredMedia
from facade.spec.parameter import Declared
from facade.spec.shapes.reader import Reader
from facade.spec.typed.contents import alike, chosen, is_sent
from facade.spec.typed.fields import TypeRef
from facade.spec.typed.inline import Inline, argument, inline
from facade.spec.typed.naming import camel, distinct, same, snake
from facade.spec.typed.schemas import Types

BODY = "body"
"""The argument that is the whole body."""


def request(declared: DeclaredAction, types: Types, reader: Reader) -> Message:
    """The message of an action's arguments, no two of whose fields have one name.

    What it needs is added to the types, as it is itself.
    """
    own = Inline(f"{declared.action.id}:request", f"{camel(declared.action.id)}Request")
    action = declared.action
    fields = [each for one in declared.parameters for each in _parameter(one, action, own, types)]
    if declared.body is not None:
        fields += _body(declared.body, own, types, reader)
    message = Message(key=own.key, name=own.name, fields=tuple(apart(fields)))
    types.messages[message.key] = message
    return message


def untyped(declared: DeclaredAction, reader: Reader) -> Iterator[TypedNote]:
    """Says where the field of a body does not describe all that the body may be."""
    if declared.body is None:
        return
    contents = declared.body.contents
    media = chosen(contents, reader.schemas, is_sent)
    if media is not None and not all(alike(media, each, reader) for each in contents):
        yield TypedNote(
            code="one-body-type",
            message=f"the body of `{declared.action.id}` has the type of its `{media.media.type}`",
            pointer=f"{declared.action.pointer}/requestBody",
        )


def apart(fields: Iterable[Field]) -> Iterator[Field]:
    """Fields under names that differ, as the fields of other messages do only when numbered.

    What names them then, a path for one, means one of them.
    """
    taken: set[str] = set()
    for each in fields:
        name = distinct(each.name, each.key, taken, lambda mark: f"_{mark}")
        taken.add(same(name))
        yield structs.replace(each, name=name)


def _parameter(declared: Declared, action: Action, own: Inline, types: Types) -> tuple[Field, ...]:
    given, pointer = declared.parameter, declared.schema_pointer
    if pointer:
        within = Inline(f"{own.key}/{given.key}", f"{own.name}{camel(given.key)}")
        type_ = types.parameter(pointer, *argument(pointer, given, action, within))
    else:
        in_path = given.location is Location.PATH
        type_ = TypeRef(type=Scalar.STRING if in_path else WellKnown.VALUE)
    said = structs.replace(
        type_,
        comment=given.description or type_.comment,
        deprecated=given.deprecated or type_.deprecated,
    )
    return types.members(said, given.key, snake(given.key))


def _body(body: DeclaredBody, own: Inline, types: Types, reader: Reader) -> tuple[Field, ...]:
    media = chosen(body.contents, reader.schemas, is_sent)
    if media is None:
        return content_fields("body_content_type", BODY, body.body.description)
    type_ = _type(media, Inline(f"{own.key}/{BODY}", f"{own.name}Body"), types)
    said = structs.replace(type_, comment=body.body.description or type_.comment)
    return types.members(said, BODY, BODY)


def _type(media: DeclaredMedia, own: Inline, types: Types) -> TypeRef:
    pointer = media.schema_pointer
    if not pointer:
        return TypeRef(type=WellKnown.VALUE)
    place = inline(pointer, own)
    if media.of_items:
        return TypeRef(ref=types.sequence(pointer, *place))
    return types.of(pointer, *place)


def content_fields(kind: str, data: str, comment: str = "") -> tuple[Field, ...]:
    """The fields of what is no value: its media type, and its bytes."""
    return (
        Field(
            key=Role.CONTENT_TYPE.value,
            name=kind,
            role=Role.CONTENT_TYPE,
            type=Scalar.STRING,
            optional=True,
        ),
        Field(
            key=Role.DATA.value,
            name=data,
            role=Role.DATA,
            type=Scalar.BYTES,
            optional=True,
            comment=comment,
        ),
    )
