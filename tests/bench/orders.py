"""Requests of the bench by number, each with what its answer must have in it."""

import json
import struct
from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import uuid4

from gateway.v1.gateway_pb2 import ExecuteActionRequest, ListActionsRequest
from tests.bench.backend import FIRST
from tests.bench.client import Order

EXECUTE = "/gateway.v1.GatewayService/ExecuteAction"
LIST = "/gateway.v1.GatewayService/ListActions"
ECHO = "/bench.Echo/Call"

NEVER = 2**40
"""More calls than there are."""

Orders: TypeAlias = Callable[[int], Order]
"""By the number of the call."""


def echo(size: int) -> Orders:
    """Other bytes each time, 200 of them, that come back as often as makes the size."""

    def order(number: int) -> Order:
        request = b"%04d%0196d" % (size // 200, number)
        return request, request

    return order


def json_text(version: str, size: int, most: int = NEVER, body: Any = None, **more: Any) -> Orders:
    """ExecuteAction with JSON in and out: another item each time, the same after `most`."""
    name = _name(version, body)
    put = {} if body is None else {"body": body}

    def order(number: int) -> Order:
        item = FIRST + number % most
        given = json.dumps({"size": size, "number": item, **put}, separators=(",", ":"))
        request = ExecuteActionRequest(name=name, parameters_json=given, **more)
        return request.SerializeToString(), b'"id":%d,' % item

    return order


def text_for_value(size: int) -> Orders:
    """JSON in and a Value out, as the usual stack has it."""
    request = json_text("plain", size)
    return lambda number: (request(number)[0], double(FIRST + number))


def once(size: int) -> Orders:
    """The same with a `request_id` that was never there before."""
    run = uuid4().hex
    name = "connectors/bench/versions/plain/actions/getItem"

    def order(number: int) -> Order:
        item = FIRST + number
        given = json.dumps({"size": size, "number": item})
        request = ExecuteActionRequest(
            name=name, parameters_json=given, request_id=f"{run}-{number}"
        )
        return request.SerializeToString(), b'"id":%d,' % item

    return order


def values(version: str, size: int, body: Any = None) -> Orders:
    """ExecuteAction with a Struct in and a Value out."""
    name = _name(version, body)

    def order(number: int) -> Order:
        request = ExecuteActionRequest(name=name)
        if body is not None:
            request.parameters["body"] = body
        request.parameters["size"] = size
        request.parameters["number"] = FIRST + number
        return request.SerializeToString(), double(FIRST + number)

    return order


def _name(version: str, body: Any) -> str:
    action = "getItem" if body is None else "putItem"
    return f"connectors/bench/versions/{version}/actions/{action}"


def listing() -> Orders:
    """ListActions: the first page of a version with many."""
    request = ListActionsRequest(parent="connectors/bench/versions/wide").SerializeToString()
    return lambda _: (request, b"getThing")


def item(size: int, form: Callable[[int], bytes]) -> Orders:
    """The request of `peers/items.proto`; `form` says how a number stands in the answer."""

    def order(number: int) -> Order:
        request = b"\x08" + varint(size) + b"\x10" + varint(FIRST + number)
        return request, form(FIRST + number)

    return order


def text(number: int) -> bytes:
    """An item's number in JSON."""
    return b'"id":%d,' % number


def double(number: int) -> bytes:
    """It as the number of a Value."""
    return b"\x11" + struct.pack("<d", number)


def varint(number: int) -> bytes:
    """It as protobuf writes integers."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)
