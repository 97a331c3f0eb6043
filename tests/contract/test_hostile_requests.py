"""Whatever is asked of flows, triggers, events, history and trials is answered, and is no bug."""

import random
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tests.tenants import METHODS, Tenant, two_tenants

SERVICES: Final = frozenset(
    {"FlowService", "TriggerService", "EventService", "HistoryService", "TrialService"}
)
BUGS: Final = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
TURNS: Final = 12
"""Requests of each method."""

TEXTS: Final = (
    *("", "x", "\0", "*", "'", "%s%n", "\u202e", "é" * 300, "a" * 100_000, "\U0010ffff"),
    *("flows/pet", "flows/-", "flows/", "flows/__class__", "flows/pet/versions/v1"),
    *("flows/pet/runs/01900000-0000-7000-8000-000000000000", "subscriptions/x", "alerts/x"),
    *("[", "{}", "NaN", "1e999", '"\\ud800"', "[" * 50_000, "9" * 5_000, '{"a":' * 500),
    *("state = ", "NOT (a = b)", "a:b", "(" * 3_000, 'time > "x"', "a = 1 AND " * 500 + "a = 1"),
    *("http://x/\r\nA: b", "https://[::1", "https://a:99999/", "secret:x"),
    *("steps: []", "steps: [{id: __class__, map: a}]", "id: &a [*a]", "!!python/object:os.x y"),
)


def value_of(field: FieldDescriptor, chance: random.Random) -> Any:
    """Something of the field's type that nobody would send."""
    kinds = {
        FieldDescriptor.CPPTYPE_STRING: TEXTS,
        FieldDescriptor.CPPTYPE_INT32: (0, 1, -1, 2**31 - 1, -(2**31)),
        FieldDescriptor.CPPTYPE_INT64: (0, 1, -1, 2**63 - 1, -(2**63)),
        FieldDescriptor.CPPTYPE_UINT32: (0, 1, 2**32 - 1),
        FieldDescriptor.CPPTYPE_UINT64: (0, 1, 2**64 - 1),
        FieldDescriptor.CPPTYPE_BOOL: (False, True),
        FieldDescriptor.CPPTYPE_ENUM: (0, 1, 99, -1),
        FieldDescriptor.CPPTYPE_DOUBLE: (0.0, -0.0, 1e308, float("nan"), float("inf")),
        FieldDescriptor.CPPTYPE_FLOAT: (0.0, -0.0, float("nan"), float("inf")),
    }
    found: Any = chance.choice(kinds[field.cpp_type])
    return found.encode() if field.type == FieldDescriptor.TYPE_BYTES else found


def filled(message: Any, chance: random.Random, depth: int = 0) -> Any:
    """The message with some of its fields set."""
    for field in message.DESCRIPTOR.fields:
        kind = field.message_type
        if chance.random() < 0.3 or (kind is not None and depth > 3):
            continue
        if kind is not None and kind.GetOptions().map_entry:
            if kind.fields_by_name["value"].message_type is None:
                key, value = kind.fields_by_name["key"], kind.fields_by_name["value"]
                getattr(message, field.name)[value_of(key, chance)] = value_of(value, chance)
        elif kind is not None and field.is_repeated:
            filled(getattr(message, field.name).add(), chance, depth + 1)
        elif kind is not None:
            filled(getattr(message, field.name), chance, depth + 1).SetInParent()
        elif field.is_repeated:
            values = [value_of(field, chance) for _ in range(chance.choice((1, 200)))]
            getattr(message, field.name).extend(values)
        else:
            setattr(message, field.name, value_of(field, chance))
    return message


async def asked(shop: Tenant, rpc: str, request: Any) -> grpc.StatusCode:
    """What an RPC says; of a stream its first message is enough."""
    method = METHODS[rpc]
    shape = "unary_stream" if method.server_streaming else "unary_unary"
    answer = GetMessageClass(method.output_type).FromString
    path = f"/{method.containing_service.full_name}/{rpc}"
    ask: Any = getattr(shop.faces.door.channel, shape)(
        path, type(request).SerializeToString, answer
    )
    begun = ask(request, metadata=shop.shown, timeout=0.5 if method.server_streaming else 10)
    try:
        if method.server_streaming:
            await begun.read()
            begun.cancel()
        else:
            await begun
    except grpc.aio.AioRpcError as told:
        return told.code()
    return grpc.StatusCode.OK


async def test_no_request_comes_upon_a_bug(tmp_path: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - no secret
    async with two_tenants(tmp_path) as (shop, _):
        await shop.asks(
            "CreateFlow", {"flowId": "pet", "flow": {"source": "steps: [{id: a, map: input}]"}}
        )
        await shop.asks("PublishFlow", {"name": "flows/pet"})
        for rpc, method in METHODS.items():
            if method.containing_service.name not in SERVICES:
                continue
            empty = GetMessageClass(method.input_type)
            for turn in range(TURNS):
                request = filled(empty(), chance) if turn else empty()
                code = await asked(shop, rpc, request)
                assert code not in BUGS, (rpc, str(request)[:2_000])


async def test_what_a_run_begins_with_comes_upon_no_bug(tmp_path: Path) -> None:
    """O10: also where a schema says what it is, and a condition reads it."""
    source = (
        "input: {properties: {a: {$ref: '#'}}}\n"
        "steps: [{id: a, from: input, validate: [{that: 'input == 1'}], on_failure: continue}]\n"
    )
    deep, wide = '{"a":' * 500 + "1" + "}" * 500, '{"n": 1' + "0" * 400 + "}"
    codes: set[grpc.StatusCode] = set()
    reasons: set[str] = set()
    async with two_tenants(tmp_path) as (shop, _):
        for text in ("NaN", "1e999", '"\\ud800"', "[" * 90_000, deep, wide, "9" * 5_000, "-0"):
            try:
                run = await shop.asks("TestFlow", {"source": source, "input": text})
            except grpc.aio.AioRpcError as told:
                codes.add(told.code())
            else:
                reasons.update(each.error.reason for each in (run, *run.steps))
    assert codes == {grpc.StatusCode.INVALID_ARGUMENT}
    assert reasons <= {"", "VALIDATION_FAILED", "EXPRESSION_FAILED", "EXPRESSION_EXHAUSTED"}
