"""Descriptors for Envoy: numbers as they are served, under the names that its JSON has."""

from collections.abc import Iterator, Mapping

from google.api import httpbody_pb2
from google.protobuf import any_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumOptions,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MessageOptions,
)

from facade.model.typed import TypedService
from gateway.typed.descriptors import copied, file_proto, imported
from gateway.typed.envoy.answers import BYTES

INNER = "Value"
"""What an enum is called within the message that keeps its values apart from others'."""


def descriptor_set(service: TypedService, package: str, answers: Mapping[str, str]) -> bytes:
    """A FileDescriptorSet; `answers` has Google's messages that stand for those of methods."""
    file = file_proto(service, package)
    files = [*imported(file)]
    if BYTES in answers.values():
        files += (copied(any_pb2.DESCRIPTOR), copied(httpbody_pb2.DESCRIPTOR))
        file.dependency.append(httpbody_pb2.DESCRIPTOR.name)
    for method in file.service[0].method:
        if method.name in answers:
            method.output_type = f".{answers[method.name]}"
    _nest(file)
    for message in file.message_type:
        message.options.MergeFrom(MessageOptions(deprecated_legacy_json_field_conflicts=True))
    return FileDescriptorSet(file=(*files, file)).SerializeToString(deterministic=True)


def _nest(file: FileDescriptorProto) -> None:
    """Gives each enum a message around it: the names of values belong to what is around an enum."""
    moved = {}
    for enum in file.enum_type:
        inner = INNER
        while any(each.name == inner for each in enum.value):
            inner += "_"
        moved[f".{file.package}.{enum.name}"] = f".{file.package}.{enum.name}.{inner}"
        own = EnumDescriptorProto()
        own.CopyFrom(enum)
        own.name = inner
        own.options.MergeFrom(EnumOptions(deprecated_legacy_json_field_conflicts=True))
        file.message_type.append(DescriptorProto(name=enum.name, enum_type=[own]))
    del file.enum_type[:]
    for field in _fields(file):
        if field.type_name in moved:
            field.type_name = moved[field.type_name]


def _fields(file: FileDescriptorProto) -> Iterator[FieldDescriptorProto]:
    for message in file.message_type:
        yield from message.field
        for each in message.nested_type:
            yield from each.field
