"""Server reflection, v1 and v1alpha, over services that come and go, and differ by who asks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

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

from facade.catalog.notice import NOTHING
from facade.errors.fault import Code, Fault
from facade.model.access import ANYONE, Identity

T = TypeVar("T")

V1 = "grpc.reflection.v1.ServerReflection"
V1ALPHA = "grpc.reflection.v1alpha.ServerReflection"
METHOD = "ServerReflectionInfo"


@dataclass(frozen=True, slots=True)
class Description:
    """The descriptors of a typed service, and what pools do not keep of them."""

    pool: DescriptorPool
    comments: bytes = b""
    """What stands behind the bytes of the service's own file; see gateway/typed/source_info.py."""


class Typed(Protocol):
    """What knows the services that documents become."""

    async def services(self, identity: Identity) -> Iterable[str]:
        """The full names of those that a caller may look at."""

    async def of_symbol(
        self, symbol: str, identity: Identity, metadata: Mapping[str, str]
    ) -> Description | None:
        """The description that would have a symbol, if the caller may look at it."""

    async def of_file(
        self, file: str, identity: Identity, metadata: Mapping[str, str]
    ) -> Description | None:
        """The same by the name of a file."""


class Reflection:
    """Answers what services there are, and what they are made of.

    The messages of v1 and v1alpha are the same on the wire, so one class answers both.
    """

    def __init__(self, services: Callable[[], Iterable[str]], typed: Typed) -> None:
        """Takes what says which services there are for everybody, and what knows the others.

        Generated code is known anyway.
        """
        self._services = services
        self._typed = typed
        self._own = (Default(), v1_pool())

    async def answer(
        self,
        request: ServerReflectionRequest,
        identity: Identity = ANYONE,
        metadata: Mapping[str, str] = NOTHING,
    ) -> ServerReflectionResponse:
        """Answers one question of a caller, who may have said which version is meant."""
        response = ServerReflectionResponse(valid_host=request.host, original_request=request)
        try:
            await self._fill(response, identity, metadata)
        except KeyError:
            response.error_response.CopyFrom(_error(Code.NOT_FOUND, "not found"))
        except Fault as fault:
            response.error_response.CopyFrom(_error(fault.status, fault.message))
        return response

    async def _fill(
        self, response: ServerReflectionResponse, identity: Identity, metadata: Mapping[str, str]
    ) -> None:
        """Writes the answer to the question that a response repeats; raises KeyError, Fault."""
        request = response.original_request
        match request.WhichOneof("message_request"):
            case "list_services":
                response.list_services_response.CopyFrom(await self._list(identity))
            case "file_by_filename":
                name = request.file_by_filename
                typed = await self._typed.of_file(name, identity, metadata)
                found = self._files(lambda each: each.FindFileByName(name), typed)
                response.file_descriptor_response.CopyFrom(found)
            case "file_containing_symbol":
                name = request.file_containing_symbol
                typed = await self._typed.of_symbol(name, identity, metadata)
                found = self._files(lambda each: file_of_symbol(each, name), typed)
                response.file_descriptor_response.CopyFrom(found)
            case "file_containing_extension":
                wanted = request.file_containing_extension
                found = self._files(lambda each: _file_of_extension(each, wanted))
                response.file_descriptor_response.CopyFrom(found)
            case "all_extension_numbers_of_type":
                numbers = self._extensions(request.all_extension_numbers_of_type)
                response.all_extension_numbers_response.CopyFrom(numbers)
            case _:
                response.error_response.CopyFrom(_error(Code.INVALID_ARGUMENT, "no question"))

    async def _list(self, identity: Identity) -> ListServiceResponse:
        names = sorted((*self._services(), *await self._typed.services(identity)))
        return ListServiceResponse(service=[ServiceResponse(name=name) for name in names])

    def _extensions(self, name: str) -> ExtensionNumberResponse:
        def numbers(pool: DescriptorPool) -> list[int]:
            message = pool.FindMessageTypeByName(name)
            return sorted(each.number for each in pool.FindAllExtensions(message))

        return ExtensionNumberResponse(base_type_name=name, extension_number=self._first(numbers))

    def _files(
        self, find: Callable[[DescriptorPool], FileDescriptor], typed: Description | None = None
    ) -> FileDescriptorResponse:
        """A file with all that it imports, from where it is found first; raises KeyError."""
        if typed is not None:
            try:
                return _with_imports(find(typed.pool), typed.comments)
            except KeyError:
                pass
        return _with_imports(self._first(find))

    def _first(self, find: Callable[[DescriptorPool], T]) -> T:
        """What the first pool finds that finds it; raises KeyError."""
        for pool in self._own:
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


def _with_imports(file: FileDescriptor, comments: bytes = b"") -> FileDescriptorResponse:
    """A file and all that it imports, each once, itself first, with its comments."""
    found: dict[str, FileDescriptor] = {}
    waiting = [file]
    while waiting:
        here = waiting.pop()
        if here.name not in found:
            found[here.name] = here
            waiting.extend(here.dependencies)
    texts = [each.serialized_pb for each in found.values()]
    texts[0] += comments
    return FileDescriptorResponse(file_descriptor_proto=texts)


def _error(code: Code, message: str) -> ErrorResponse:
    return ErrorResponse(error_code=int(code), error_message=message)
