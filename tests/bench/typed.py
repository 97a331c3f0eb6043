"""The typed service of the bench: what the gateway serves, and Envoy by the same descriptors."""

import json
from typing import Any, Final

from google.protobuf import descriptor_pb2, message_factory
from msgspec import structs

from facade.model.names import VersionName
from facade.model.typed import TypedService
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.spec.typed.naming import package_of, service_of
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from gateway.typed.descriptors import file_proto, imported, pool_of
from tests.bench.backend import FIRST
from tests.bench.client import Order
from tests.bench.contents import TYPED, typed_document
from tests.bench.orders import NEVER, Orders, varint

PACKAGE: Final = package_of(VersionName("bench", TYPED))
"""Of the version without policies; Envoy's is called the same."""


def service() -> TypedService:
    """What the document becomes, by the numbers that every gateway gives it."""
    found, _ = numbered(typed(Spec(load(json.dumps(typed_document()).encode())[0])), {})
    return structs.replace(found, name=service_of("bench"))


def method(name: str, version: str = TYPED) -> str:
    """The path of a method of a version's."""
    return f"/{package_of(VersionName('bench', version))}.{service_of('bench')}/{name}"


def descriptors() -> list[descriptor_pb2.FileDescriptorProto]:
    """The file of the service, behind those that it imports."""
    file = file_proto(service(), PACKAGE)
    return [*imported(file), file]


def get_items(size: int, most: int = NEVER) -> Orders:
    """A small request: another item each time, the same after `most`."""
    return _orders("GetItemRequest", size, most)


def put_items(size: int, given: int) -> Orders:
    """The same with a body of about `given` bytes of JSON."""
    return _orders("PutItemRequest", size, NEVER, body=items(given))


def items(size: int) -> dict[str, Any]:
    """Items of about so many bytes of JSON, as the backend has them."""
    one = {"id": FIRST, "name": "Rex", "status": "available", "tags": ["a", "b"]}
    return {"items": [one] * max(1, size // len(json.dumps(one, separators=(",", ":"))))}


def _orders(message: str, size: int, most: int, **more: Any) -> Orders:
    kind: Any = message_factory.GetMessageClass(
        pool_of(service(), PACKAGE).FindMessageTypeByName(f"{PACKAGE}.{message}")
    )

    def order(number: int) -> Order:
        item = FIRST + number % most
        return kind(size=size, number=item, **more).SerializeToString(), varint(item)

    return order
