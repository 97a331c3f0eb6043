"""Server reflection, v1 and v1alpha, over services that may come and go."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import Default, DescriptorPool
from grpc_reflection.v1alpha.reflection_pb2 import (
    DESCRIPTOR,
    ErrorResponse,
    ExtensionNumberResponse,
    ExtensionRequest,
    FileDescriptorResponse,
    ListServiceResponse,
    ServerReflectionRequest,
    ServerReflectionResponse,
    ServiceResponse,
)

from facade.errors.fault import Code

T = TypeVar("T")

V1 = "grpc.reflection.v1.ServerReflection"
V1ALPHA = "grpc.reflection.v1alpha.ServerReflection"
METHOD = "ServerReflectionInfo"


class Reflection:
    """Answers what services there are, and what they are made of.

    The messages of v1 and v1alpha are the same on the wire, so one class answers both.
    """

    def __init__(
        self,
        services: Callable[[], Iterable[str]],
        pools: Callable[[], Iterable[DescriptorPool]] = tuple,
    ) -> None:
        """Takes what says which services there are now, and which pools describe them.

        Generated code is known anyway; of several pools the first that knows a name counts.
        """
        self._services = services
        self._given = pools
        self._own = (Default(), v1_pool())

    def answer(self, request: ServerReflectionRequest) -> ServerReflectionResponse:
        """Answers one question."""
        response = ServerReflectionResponse(valid_host=request.host, original_request=request)
        kind = request.WhichOneof("message_request")
        try:
            match kind:
                case "list_services":
                    response.list_services_response.CopyFrom(self._list())
                case "file_by_filename" | "file_containing_symbol" | "file_containing_extension":
                    file = self._file(kind, getattr(request, kind))
                    response.file_descriptor_response.CopyFrom(_with_imports(file))
                case "all_extension_numbers_of_type":
                    numbers = self._extensions(request.all_extension_numbers_of_type)
                    response.all_extension_numbers_response.CopyFrom(numbers)
                case _:
                    response.error_response.CopyFrom(_error(Code.INVALID_ARGUMENT, "no question"))
        except KeyError:
            response.error_response.CopyFrom(_error(Code.NOT_FOUND, "not found"))
        return response

    def _list(self) -> ListServiceResponse:
        names = sorted(self._services())
        return ListServiceResponse(service=[ServiceResponse(name=name) for name in names])

    def _file(self, kind: str, wanted: Any) -> FileDescriptor:
        if kind == "file_by_filename":
            return self._first(lambda pool: pool.FindFileByName(wanted))
        if kind == "file_containing_symbol":
            return self._first(lambda pool: file_of_symbol(pool, wanted))
        return self._first(lambda pool: _file_of_extension(pool, wanted))

    def _extensions(self, name: str) -> ExtensionNumberResponse:
        def numbers(pool: DescriptorPool) -> list[int]:
            message = pool.FindMessageTypeByName(name)
            return sorted(each.number for each in pool.FindAllExtensions(message))

        return ExtensionNumberResponse(base_type_name=name, extension_number=self._first(numbers))

    def _first(self, find: Callable[[DescriptorPool], T]) -> T:
        for pool in (*self._given(), *self._own):
            try:
                return find(pool)
            except KeyError:
                continue
        raise KeyError


def v1_pool() -> DescriptorPool:
    """A pool with the file of v1, of which no package ships generated code.

    It is v1alpha's in all but the name (grpc/reflection/v1/reflection.proto).
    """
    text = DESCRIPTOR.serialized_pb
    file = FileDescriptorProto.FromString(text)
    file.ClearField("options")
    file.name = "grpc/reflection/v1/reflection.proto"
    file.package = "grpc.reflection.v1"
    for message in file.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(".v1alpha.", ".v1.")
    for service in file.service:
        service.ClearField("options")
        for method in service.method:
            method.input_type = method.input_type.replace(".v1alpha.", ".v1.")
            method.output_type = method.output_type.replace(".v1alpha.", ".v1.")
    pool = DescriptorPool()
    pool.Add(file)
    return pool


def file_of_symbol(pool: DescriptorPool, name: str) -> FileDescriptor:
    """The file that declares a symbol; methods too, which a pool itself does not find.

    Raises KeyError.
    """
    try:
        return pool.FindFileContainingSymbol(name)
    except KeyError:
        service, _, method = name.rpartition(".")
        found = pool.FindServiceByName(service)
        if method not in found.methods_by_name:
            raise
        return found.file


def _file_of_extension(pool: DescriptorPool, wanted: ExtensionRequest) -> FileDescriptor:
    message = pool.FindMessageTypeByName(wanted.containing_type)
    field: Any = pool.FindExtensionByNumber(message, wanted.extension_number)
    file: FileDescriptor = field.file
    return file


def _with_imports(file: FileDescriptor) -> FileDescriptorResponse:
    """A file and all that it imports, each once, itself first."""
    found: dict[str, FileDescriptor] = {}
    waiting = [file]
    while waiting:
        here = waiting.pop()
        if here.name not in found:
            found[here.name] = here
            waiting.extend(here.dependencies)
    return FileDescriptorResponse(
        file_descriptor_proto=[each.serialized_pb for each in found.values()]
    )


def _error(code: Code, message: str) -> ErrorResponse:
    return ErrorResponse(error_code=int(code), error_message=message)
