"""The services of the protos, as the generated modules declare them: no list could forget one."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor

from gateway import v1

FILES: tuple[FileDescriptor, ...] = tuple(
    import_module(f"{v1.__name__}.{each.name}").DESCRIPTOR
    for each in iter_modules(v1.__path__)
    if each.name.endswith("_pb2")
)

SERVICES: Mapping[str, ServiceDescriptor] = {
    each.full_name: each for file in FILES for each in file.services_by_name.values()
}
"""By full name: `gateway.v1.GatewayService`."""
