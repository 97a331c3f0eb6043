"""The comments of a typed service, as descriptors carry them to those who read reflection.

Pools of descriptors drop them, so they are made beside a pool, and sent behind its file.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from google.protobuf.descriptor_pb2 import FileDescriptorProto, SourceCodeInfo

from facade.model.typed import Enum, Message, TypedService
from facade.spec.typed.comments import comment
from facade.spec.typed.layout import declared
from facade.spec.typed.proto import INDENT

Path: TypeAlias = tuple[int, ...]
Said: TypeAlias = tuple[Path, str, str]
"""Where a part stands in its file, by numbers and indices, what is said of it, and its indent."""

MESSAGE: Final = FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER
ENUM: Final = FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER
SERVICE: Final = (FileDescriptorProto.SERVICE_FIELD_NUMBER, 0)
PART: Final = 2
"""The number of methods, fields and values in what has them (google/protobuf/descriptor.proto)."""

SPAN: Final = (0, 0, 0)
"""There is no file whose lines it could name."""


def source_info(service: TypedService) -> bytes:
    """What stands behind the bytes of the service's file, for it to have comments.

    Two serialized messages in a row are read as one, merged.
    """
    info = SourceCodeInfo(
        location=[
            SourceCodeInfo.Location(path=path, span=SPAN, leading_comments=_lines(text, indent))
            for path, text, indent in _said(service)
            if text
        ]
    )
    return FileDescriptorProto(source_code_info=info).SerializeToString()


def _said(service: TypedService) -> Iterator[Said]:
    yield SERVICE, service.comment, ""
    for at, method in enumerate(service.methods):
        yield (*SERVICE, PART, at), method.comment, INDENT
    for at, message in enumerate(service.messages.values()):
        yield from _of_message((MESSAGE, at), message)
    for at, enum in enumerate(service.enums.values()):
        yield from _of_enum((ENUM, at), enum)


def _of_message(path: Path, message: Message) -> Iterator[Said]:
    yield path, message.comment, ""
    for at, field in enumerate(declared(message)):
        yield (*path, PART, at), field.comment, INDENT * 2 if field.oneof else INDENT


def _of_enum(path: Path, enum: Enum) -> Iterator[Said]:
    yield path, enum.comment, ""
    for at, value in enumerate(enum.values, 1):  # the zero stands before them
        yield (*path, PART, at), value.comment, INDENT


def _lines(text: str, indent: str) -> str:
    """The comment as protoc reads it: its lines without the slashes."""
    return "".join(f"{line[len(indent) + 2 :]}\n" for line in comment(text, indent))
