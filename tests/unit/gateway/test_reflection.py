from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.reflection_pb2 import ExtensionRequest, ServerReflectionRequest

from gateway.reflection import V1, V1ALPHA, Reflection
from gateway.v1 import gateway_pb2

SERVICES = ["gateway.v1.GatewayService", V1]
REFLECTION = Reflection(lambda: SERVICES)


def files(**question: Any) -> list[FileDescriptorProto]:
    answer = REFLECTION.answer(ServerReflectionRequest(**question))
    return [
        FileDescriptorProto.FromString(each)
        for each in answer.file_descriptor_response.file_descriptor_proto
    ]


def test_the_services_are_those_of_the_moment() -> None:
    names = ["b.B"]
    reflection = Reflection(lambda: names)
    asked = ServerReflectionRequest(list_services="")
    names.append("a.A")
    listed = reflection.answer(asked).list_services_response.service
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
def test_a_symbol_brings_its_file_and_all_imports_each_once(symbol: str) -> None:
    found = files(file_containing_symbol=symbol)
    assert found[0].name == "gateway/v1/gateway.proto"
    names = [each.name for each in found]
    assert len(set(names)) == len(names)
    assert {name for each in found for name in each.dependency} <= set(names)
    assert found[0] == FileDescriptorProto.FromString(gateway_pb2.DESCRIPTOR.serialized_pb)


@pytest.mark.parametrize("version", [V1, V1ALPHA])
def test_reflection_describes_itself_in_both_versions(version: str) -> None:
    (file,) = files(file_containing_symbol=version)
    assert file.package == version.rpartition(".")[0]
    pool = DescriptorPool()
    pool.Add(file)
    method = pool.FindServiceByName(version).methods_by_name["ServerReflectionInfo"]
    assert method.input_type.full_name == f"{file.package}.ServerReflectionRequest"
    nested = method.output_type.fields_by_name["list_services_response"].message_type
    assert nested is not None
    assert nested.full_name == f"{file.package}.ListServiceResponse"


def test_a_file_comes_by_its_name() -> None:
    assert files(file_by_filename="google/api/httpbody.proto")[0].package == "google.api"


def test_extensions_come_by_their_number() -> None:
    http, options = 72295728, "google.protobuf.MethodOptions"
    asked = ExtensionRequest(containing_type=options, extension_number=http)
    assert files(file_containing_extension=asked)[0].name == "google/api/annotations.proto"
    answer = REFLECTION.answer(ServerReflectionRequest(all_extension_numbers_of_type=options))
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
def test_what_is_unknown_is_told_in_the_answer(question: dict[str, Any], code: int) -> None:
    asked = ServerReflectionRequest(**question)
    answer = REFLECTION.answer(asked)
    assert answer.error_response.error_code == code
    assert answer.original_request == asked


def test_pools_that_come_later_are_asked_first() -> None:
    pool = DescriptorPool()
    file = FileDescriptorProto(name="shop.proto", package="shop")
    file.service.add(name="Shop")
    pool.Add(file)
    pools: list[DescriptorPool] = []
    reflection = Reflection(lambda: SERVICES, lambda: pools)
    asked = ServerReflectionRequest(file_containing_symbol="shop.Shop")
    assert reflection.answer(asked).HasField("error_response")
    pools.append(pool)
    assert reflection.answer(asked).HasField("file_descriptor_response")
