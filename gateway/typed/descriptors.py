"""A typed service as descriptors: what protoc makes of its text, without protoc."""

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2 as pb
from google.protobuf import struct_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from facade.model.typed import Enum, Field, Http, Message, Method, Scalar, Streaming, TypedService
from facade.spec.typed.layout import (
    PATTERNS,
    Names,
    alone,
    declared,
    entry,
    imports,
    is_synthetic,
    json_names,
    oneofs,
)
from facade.spec.typed.naming import file_of

_TYPES = {each: pb.FieldDescriptorProto.Type.Value(f"TYPE_{each.upper()}") for each in Scalar}
_MESSAGE = pb.FieldDescriptorProto.TYPE_MESSAGE
_ENUM = pb.FieldDescriptorProto.TYPE_ENUM
_ONE = pb.FieldDescriptorProto.LABEL_OPTIONAL
_MANY = pb.FieldDescriptorProto.LABEL_REPEATED
_STRING = pb.FieldDescriptorProto.TYPE_STRING


def file_proto(service: TypedService, package: str) -> pb.FileDescriptorProto:
    """The file of a numbered service: what protoc makes of its text, but for the comments."""
    names = Names(service, package)
    return pb.FileDescriptorProto(
        name=file_of(package),
        package=package,
        dependency=imports(service),
        message_type=[_message(each, names) for each in service.messages.values()],
        enum_type=[_enum(each) for each in service.enums.values()],
        service=[
            pb.ServiceDescriptorProto(
                name=service.name, method=[_method(each, names) for each in service.methods]
            )
        ],
        syntax="proto3",
    )


def imported(file: pb.FileDescriptorProto) -> tuple[pb.FileDescriptorProto, ...]:
    """The files that a file needs, with those that these need, each behind what it needs."""
    found: dict[str, FileDescriptor] = {}
    known = {each.name: each for each in (annotations_pb2.DESCRIPTOR, struct_pb2.DESCRIPTOR)}
    for name in file.dependency:
        _gather(known[name], found)
    return tuple(map(copied, found.values()))


def copied(file: FileDescriptor) -> pb.FileDescriptorProto:
    """A file that is loaded, as a message."""
    proto = pb.FileDescriptorProto()
    file.CopyToProto(proto)
    return proto


def pool_of(service: TypedService, package: str) -> DescriptorPool:
    """A pool of its own for a service, so that another version's may have the same names."""
    pool = DescriptorPool()
    file = file_proto(service, package)
    for each in (*imported(file), file):
        pool.Add(each)
    return pool


def _gather(file: FileDescriptor, found: dict[str, FileDescriptor]) -> None:
    for each in file.dependencies:
        _gather(each, found)
    found[file.name] = file


def _message(message: Message, names: Names) -> pb.DescriptorProto:
    json, fields = json_names(message), declared(message)
    index = {name: at for at, name in enumerate(oneofs(message))}
    made = pb.DescriptorProto(
        name=message.name,
        nested_type=[_entry(field, names) for field in fields if field.keyed],
        oneof_decl=[pb.OneofDescriptorProto(name=name) for name in index],
        reserved_range=[
            pb.DescriptorProto.ReservedRange(start=first, end=last + 1)
            for first, last in message.reserved
        ],
    )
    for field in fields:
        made.field.append(_field(field, message, names, json[field.name]))
        if field.oneof:
            made.field[-1].oneof_index = index[field.oneof]
        elif is_synthetic(field):
            made.field[-1].oneof_index = index[alone(field)]
            made.field[-1].proto3_optional = True
    if message.deprecated:
        made.options.deprecated = True
    return made


def _field(field: Field, message: Message, names: Names, json_name: str) -> pb.FieldDescriptorProto:
    made = _typed(field, names)
    made.name, made.number, made.json_name = field.name, field.number, json_name
    if field.keyed:
        made.type = _MESSAGE
        made.type_name = f"{names.rooted(message.name)}.{entry(field.name)}"
    if field.keyed or field.repeated:
        made.label = _MANY
    if field.deprecated:
        made.options.deprecated = True
    return made


def _typed(field: Field, names: Names) -> pb.FieldDescriptorProto:
    """One field of the type that each value of the field has."""
    if isinstance(field.type, Scalar):
        return pb.FieldDescriptorProto(label=_ONE, type=_TYPES[field.type])
    kind = _ENUM if names.is_enum(field) else _MESSAGE
    return pb.FieldDescriptorProto(label=_ONE, type=kind, type_name=names.full(field))


def _entry(field: Field, names: Names) -> pb.DescriptorProto:
    key = pb.FieldDescriptorProto(name="key", number=1, label=_ONE, type=_STRING, json_name="key")
    value = _typed(field, names)
    value.name, value.number, value.json_name = "value", 2, "value"
    options = pb.MessageOptions(map_entry=True)
    return pb.DescriptorProto(name=entry(field.name), field=[key, value], options=options)


def _enum(enum: Enum) -> pb.EnumDescriptorProto:
    values = [(enum.zero, 0), *((each.name, each.number) for each in enum.values)]
    return pb.EnumDescriptorProto(
        name=enum.name,
        value=[pb.EnumValueDescriptorProto(name=name, number=number) for name, number in values],
        reserved_range=[
            pb.EnumDescriptorProto.EnumReservedRange(start=first, end=last)
            for first, last in enum.reserved
        ],
    )


def _method(method: Method, names: Names) -> pb.MethodDescriptorProto:
    made = pb.MethodDescriptorProto(
        name=method.name,
        input_type=names.of(method.request),
        output_type=names.of(method.response),
    )
    if method.streaming is not Streaming.NONE:
        made.server_streaming = True
    if method.deprecated:
        made.options.deprecated = True
    if method.idempotency:
        made.options.idempotency_level = pb.MethodOptions.IdempotencyLevel.Value(method.idempotency)
    if method.http:
        made.options.Extensions[annotations_pb2.http].CopyFrom(_http(method.http))
    return made


def _http(http: Http) -> http_pb2.HttpRule:
    if http.method in PATTERNS:
        pattern = {http.method.lower(): http.path}
    else:
        pattern = {"custom": http_pb2.CustomHttpPattern(kind=http.method, path=http.path)}
    return http_pb2.HttpRule(**pattern, body=http.body, response_body=http.response_body)
