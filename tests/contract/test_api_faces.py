"""The two faces tell and take the same: the API's routes against the descriptors of the protos."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from google.api.annotations_pb2 import http as http_rule
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from facade.app.api.document import document
from facade.app.api.table import ROUTES
from tests.protos import SERVICES

METHODS: dict[str, MethodDescriptor] = {
    method.name: method
    for service in SERVICES.values()
    for method in service.methods
    if method.GetOptions().HasExtension(http_rule)
}
BY_RPC = {route.rpc: route for route in ROUTES}
DOCUMENT = document(ROUTES, "")
COMPONENTS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]

GRPC_ALONE: dict[str, set[str]] = {
    "ExecuteActionRequest": {"parametersJson"},
    "ExecuteActionResponse": {"value"},
    "StreamActionRequest": {"parametersJson"},
    "StreamActionResponse": {"value"},
    "StreamEvent": {"value"},
    "Entity": {"value"},
    "CreateEntityRequest": {"value"},
    "UpdateEntityRequest": {"value"},
    "Flow": {"definition"},
    "FlowVersion": {"definition"},
    "CheckFlowRequest": {"definition"},
    "TestFlowRequest": {"definition"},
}
"""JSON has one form here: `parameters` and `json` are themselves, byte for byte; a definition is
a text, which may be JSON."""

PLAIN = {
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.Struct",
    "google.protobuf.Value",
    "google.rpc.Status",
    "gateway.v1.FlowDefinition",
}
"""Messages that JSON says by something else than an object of their fields."""


TOLD_ONLY = (
    "createTime",
    "updateTime",
    "state",
    "trafficPercent",
    "actionCount",
    "specDigest",
    "specSourceDigest",
    "difference.verdict",
    "difference.against",
    "difference.omittedFindings",
    "difference.step",
    "difference.suggestedVersion",
    "difference.suggestedVersionId",
    "deprecation.deprecateTime",
    "deprecation.sunsetTime",
    "deprecation.notes",
)
"""The plain fields of a version that no request says."""


def rule_of(method: MethodDescriptor) -> HttpRule:
    rule: HttpRule = method.GetOptions().Extensions[http_rule]
    return rule


def words(message: Descriptor) -> set[str]:
    if message.full_name == "google.api.HttpBody":
        return {"contentType", "data"}  # extensions are refused on both faces
    return {each.json_name for each in message.fields} - GRPC_ALONE.get(message.name, set())


def name_of(message: Descriptor) -> str:
    """The message's name below its package, as the document has it."""
    return message.full_name.removeprefix(f"{message.file.package}.")


def leaves(fields: list[FieldDescriptor], before: str = "") -> Iterator[str]:
    """What google.api.http has in a query: plain fields, lists of such, and those within."""
    for each in fields:
        kind = each.message_type
        word = f"{before}{each.json_name}"
        if kind is None or kind.full_name in PLAIN:
            yield word
        elif not each.is_repeated:
            yield from leaves(list(kind.fields), f"{word}.")


def operation(rpc: str) -> dict[str, Any]:
    route = BY_RPC[rpc]
    found: dict[str, Any] = DOCUMENT["paths"][route.path.shape][route.verb.lower()]
    return found


def test_every_rpc_with_a_path_has_a_route_and_no_route_is_without_an_rpc() -> None:
    assert set(BY_RPC) == set(METHODS)
    assert len(BY_RPC) == len(ROUTES)


@pytest.mark.parametrize("rpc", METHODS)
def test_a_route_is_where_its_annotation_says(rpc: str) -> None:
    rule, route = rule_of(METHODS[rpc]), BY_RPC[rpc]
    verb = str(rule.WhichOneof("pattern"))
    assert (route.verb, route.path.text) == (verb.upper(), getattr(rule, verb))
    assert route.body == rule.body
    assert not rule.additional_bindings
    assert route.service == METHODS[rpc].containing_service.name
    assert route.streams == METHODS[rpc].server_streaming


@pytest.mark.parametrize("rpc", METHODS)
def test_a_query_has_the_fields_that_are_left(rpc: str) -> None:
    method, route = METHODS[rpc], BY_RPC[rpc]
    bound = {route.path.field.partition(".")[0], route.body}
    left = [each for each in method.input_type.fields if each.name not in bound]
    wanted = set() if route.body == "*" else set(leaves(left))
    said = [each for each in operation(rpc)["parameters"] if each["in"] == "query"]
    told_only = {f"initialVersion.version.{each}" for each in TOLD_ONLY}
    assert {each["name"] for each in said} == wanted - told_only


@pytest.mark.parametrize("rpc", METHODS)
def test_a_body_has_the_fields_that_the_message_has(rpc: str) -> None:
    method, route = METHODS[rpc], BY_RPC[rpc]
    if not route.body:
        assert "requestBody" not in operation(rpc)
        return
    schema = operation(rpc)["requestBody"]["content"]["application/json"]["schema"]
    told = set(COMPONENTS[schema["$ref"].rpartition("/")[2]]["properties"])
    if route.body == "*":
        assert told == words(method.input_type) - {route.path.field}
    else:
        body = method.input_type.fields_by_name[route.body].message_type
        assert body is not None
        assert told == words(body)


@pytest.mark.parametrize("rpc", METHODS)
def test_an_answer_has_the_fields_that_the_message_has(rpc: str) -> None:
    message, answer = METHODS[rpc].output_type, BY_RPC[rpc].answer
    if message.full_name == "google.protobuf.Empty":
        assert answer is None
        assert "204" in operation(rpc)["responses"]
        return
    assert answer is not None
    assert answer.name == message.name
    assert {each.word for each in answer.fields} == words(message)


def messages() -> dict[str, Descriptor]:
    """Every message that a method takes or answers, or that stands in one."""
    waiting = [
        each for method in METHODS.values() for each in (method.input_type, method.output_type)
    ]
    found: dict[str, Descriptor] = {}
    while waiting:
        message = waiting.pop()
        if name_of(message) in found or message.full_name in PLAIN:
            continue
        found[name_of(message)] = message
        waiting.extend(each.message_type for each in message.fields if each.message_type)
    return found


MESSAGES = messages()


# No fault has the code DATA_LOSS, so no rule of a version may give it.
@pytest.mark.parametrize("name", sorted(set(MESSAGES) & set(COMPONENTS)))
def test_every_object_and_every_enum_within_it_is_as_the_protos_have_it(name: str) -> None:
    message = MESSAGES[name]
    schema = COMPONENTS[name]
    bound = BY_RPC[name.removesuffix("Request")].path.field if name.endswith("Request") else ""
    assert set(schema["properties"]) == words(message) - {bound}
    for each in message.fields:
        if each.enum_type is not None and each.json_name in schema["properties"]:
            told = schema["properties"][each.json_name]
            told = told.get("items", told)
            if "$ref" not in told:
                known = {value.name for value in each.enum_type.values[1:]}
                assert set(told["enum"]) == known - {"DATA_LOSS"}, each.full_name


def test_every_object_that_travels_is_told_of() -> None:
    around = {name for name in MESSAGES if name.endswith("Request")}
    entries = {name for name, each in MESSAGES.items() if each.GetOptions().map_entry}
    assert set(MESSAGES) - set(COMPONENTS) - around - entries == {"Any", "Empty"}
