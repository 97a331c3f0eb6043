from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.reflection_pb2 import ExtensionRequest, ServerReflectionRequest

from facade.errors.service import StoreUnavailable
from gateway.reflection import V1, V1ALPHA, Description, Reflection
from gateway.v1 import gateway_pb2
from tests.fakes import Described

SERVICES = ["gateway.v1.GatewayService", V1]

REFLECTION = Reflection(lambda: SERVICES, Described())


async def files(**question: Any) -> list[FileDescriptorProto]:
    answer = await REFLECTION.answer(ServerReflectionRequest(**question))
    return [
        FileDescriptorProto.FromString(each)
        for each in answer.file_descriptor_response.file_descriptor_proto
    ]


async def test_the_services_are_those_of_the_moment() -> None:
    names = ["b.B"]
    reflection = Reflection(lambda: names, Described())
    asked = ServerReflectionRequest(list_services="")
    names.append("a.A")
    listed = (await reflection.answer(asked)).list_services_response.service
    assert [each.name for each in listed] == ["a.A", "b.B"]


@pytest.mark.parametrize(
    "symbol",
    [
        "gateway.v1.GatewayService",
        "gateway.v1.GatewayService.ExecuteAction",
        "gateway.v1.ExecuteActionRequest",
        "gateway.v1.ExecuteActionRequest.name",
        "gateway.v1.Exchange.Attempt",
        "gateway.v1.FailureMode",
    ],
)
async def test_a_symbol_brings_its_file_and_all_imports_each_once(symbol: str) -> None:
    found = await files(file_containing_symbol=symbol)
    assert found[0].name == "gateway/v1/gateway.proto"
    names = [each.name for each in found]
    assert len(set(names)) == len(names)
    assert {name for each in found for name in each.dependency} <= set(names)
    assert found[0] == FileDescriptorProto.FromString(gateway_pb2.DESCRIPTOR.serialized_pb)


@pytest.mark.parametrize("version", [V1, V1ALPHA])
async def test_reflection_describes_itself_in_both_versions(version: str) -> None:
    (file,) = await files(file_containing_symbol=version)
    assert file.package == version.rpartition(".")[0]
    pool = DescriptorPool()
    pool.Add(file)
    method = pool.FindServiceByName(version).methods_by_name["ServerReflectionInfo"]
    assert method.input_type.full_name == f"{file.package}.ServerReflectionRequest"
    nested = method.output_type.fields_by_name["list_services_response"].message_type
    assert nested is not None
    assert nested.full_name == f"{file.package}.ListServiceResponse"


async def test_a_file_comes_by_its_name() -> None:
    assert (await files(file_by_filename="google/api/httpbody.proto"))[0].package == "google.api"


async def test_extensions_come_by_their_number() -> None:
    http, options = 72295728, "google.protobuf.MethodOptions"
    asked = ExtensionRequest(containing_type=options, extension_number=http)
    assert (await files(file_containing_extension=asked))[0].name == "google/api/annotations.proto"
    answer = await REFLECTION.answer(ServerReflectionRequest(all_extension_numbers_of_type=options))
    assert http in answer.all_extension_numbers_response.extension_number


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"file_containing_symbol": "gateway.v1.Nothing"}, 5),
        ({"file_containing_symbol": "gateway.v1.GatewayService.Nothing"}, 5),
        ({"file_containing_symbol": ""}, 5),
        ({"file_by_filename": "no.proto"}, 5),
        ({"all_extension_numbers_of_type": "no.Type"}, 5),
        ({"file_containing_extension": ExtensionRequest(containing_type="no.Type")}, 5),
        ({}, 3),
    ],
)
async def test_what_is_unknown_is_told_in_the_answer(question: dict[str, Any], code: int) -> None:
    asked = ServerReflectionRequest(**question)
    answer = await REFLECTION.answer(asked)
    assert answer.error_response.error_code == code
    assert answer.original_request == asked


async def test_a_file_of_a_version_comes_from_the_pool_that_its_caller_has() -> None:
    pool, typed = DescriptorPool(), Described()
    file = FileDescriptorProto(name="shop/v1/shop.proto", package="shop.v1")
    file.service.add(name="ShopService")
    pool.Add(file)
    reflection = Reflection(lambda: SERVICES, typed)
    questions = (
        ServerReflectionRequest(file_containing_symbol="shop.v1.ShopService"),
        ServerReflectionRequest(file_by_filename="shop/v1/shop.proto"),
    )
    for asked in questions:
        assert (await reflection.answer(asked)).HasField("error_response")
    typed.names, typed.description = ["shop.v1.ShopService"], Description(pool)
    for asked in questions:
        (found,) = (await reflection.answer(asked)).file_descriptor_response.file_descriptor_proto
        assert FileDescriptorProto.FromString(found) == file
    listed = await reflection.answer(ServerReflectionRequest(list_services=""))
    names = [each.name for each in listed.list_services_response.service]
    assert names == sorted([*SERVICES, "shop.v1.ShopService"])


async def test_files_of_ours_come_though_a_caller_has_others() -> None:
    typed = Described()
    typed.description = Description(DescriptorPool())
    asked = ServerReflectionRequest(file_containing_symbol="gateway.v1.GatewayService")
    answer = await Reflection(lambda: SERVICES, typed).answer(asked)
    assert answer.HasField("file_descriptor_response")


class Away(Described):
    """Typed services that are in a ledger that does not answer."""

    async def of_symbol(self, *_asked: object) -> Description | None:
        raise StoreUnavailable("the database of connectors does not answer")


async def test_a_ledger_that_is_away_is_an_answer_and_ends_no_stream() -> None:
    reflection = Reflection(lambda: SERVICES, Away())
    asked = ServerReflectionRequest(file_containing_symbol="pets.v1.PetsService")
    error = (await reflection.answer(asked)).error_response
    assert (error.error_code, error.error_message) == (
        grpc.StatusCode.UNAVAILABLE.value[0],
        "the database of connectors does not answer",
    )
