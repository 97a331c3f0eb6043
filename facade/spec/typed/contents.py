"""Contents: which media type of several gives a body its type, and whether it is a value at all."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from facade.spec.media import (
    ANYTHING,
    FORMS,
    JSON,
    MULTIPART,
    RANGE,
    SEQUENCE,
    STRUCTURED,
    DeclaredMedia,
    kind,
)
from facade.spec.schemas.schema import Schemas
from facade.spec.shapes.reader import Reader

EVENTS: Final = "text/event-stream"
IsValue: TypeAlias = Callable[[DeclaredMedia, Schemas], bool]
"""Whether a media type is one that the engine reads, or writes, as a value."""


def chosen(
    contents: Sequence[DeclaredMedia], schemas: Schemas, is_value: IsValue
) -> DeclaredMedia | None:
    """The preferred media type whose content is a value; None where it is but bytes."""
    return next((each for each in contents if is_value(each, schemas)), None)


def is_sent(media: DeclaredMedia, schemas: Schemas) -> bool:
    """Whether an argument that is a value becomes a body of a media type."""
    sort = kind(media.media.type)
    return sort in {FORMS, MULTIPART} or is_sequence(media) or is_answered(media, schemas)


def is_answered(media: DeclaredMedia, schemas: Schemas) -> bool:
    """Whether an answer of a media type becomes a value."""
    sort, name = kind(media.media.type), essence(media)
    if sort in {JSON, STRUCTURED} or name == "text/json":
        return True
    if sort == ANYTHING or (sort == RANGE and name == "application/*"):
        return bool(media.schema_pointer) and not is_bytes(media.schema_pointer, schemas)
    return _is_xml(name) and media.media.xml is not None


def is_sequence(media: DeclaredMedia) -> bool:
    """Whether content is JSON values in a row, or events."""
    own = SEQUENCE.fullmatch(essence(media)) is not None
    return own or (bool(media.item_pointer) and kind(media.media.type) not in {JSON, STRUCTURED})


def is_events(media: DeclaredMedia) -> bool:
    """Whether content is server-sent events."""
    return essence(media) == EVENTS


def is_bytes(pointer: str, schemas: Schemas) -> bool:
    """Whether a schema says of its value that it is bytes which no text stands for."""
    parts = schemas.parts(pointer).values()
    return any(part.get("format") == "binary" or "contentMediaType" in part for part in parts)


def alike(first: DeclaredMedia, second: DeclaredMedia, reader: Reader) -> bool:
    """Whether two contents have one schema, be it written twice."""
    one, other = first.schema_pointer, second.schema_pointer
    if first.of_items is not second.of_items:
        return False
    if reader.value(one) == reader.value(other):
        return True
    return bool(one and other) and reader.document.find(one) == reader.document.find(other)


def essence(media: DeclaredMedia) -> str:
    """A media type without its parameters."""
    return media.media.type.partition(";")[0].strip().lower()


def _is_xml(name: str) -> bool:
    return name.endswith(("/xml", "+xml"))
