"""A call of a typed method as grpcurl is told it, made of a call of its action."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from facade.model.names import LIVE, VersionName
from facade.model.typed import Role, Scalar, Streaming, TypedService
from facade.spec.spec import Spec
from facade.spec.typed.naming import package_of, service_of
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed


@dataclass(frozen=True, slots=True)
class TypedExample:
    """A typed service, and one call of it."""

    service: str
    """Its full name."""
    method: str = ""
    """Empty: no call fits in a line."""
    request: str = ""
    """As JSON."""


def typed_example(
    spec: Spec, connector: str, tries: Iterable[tuple[str, Mapping[str, Any]]]
) -> TypedExample:
    """The service of a new connector's live version, and the first of the calls that fits it.

    A call fits where all its arguments are scalars, which are the same in both.
    """
    name = service_of(connector)
    full = f"{package_of(VersionName(connector, LIVE))}.{name}"
    service, _ = numbered(structs.replace(typed(spec), name=name), {})
    methods = {each.action: each for each in service.methods if each.streaming is Streaming.NONE}
    for action, values in tries:
        method = methods.get(spec.action(action).id)
        names = _scalars(service, method.request) if method else {}
        if method and values.keys() <= names.keys():
            request = {names[key]: value for key, value in values.items()}
            return TypedExample(full, method.name, json.dumps(request, ensure_ascii=False))
    return TypedExample(full)


def _scalars(service: TypedService, request: str) -> Mapping[str, str]:
    """The fields that take what the arguments of their names take, by these names."""
    return {
        each.json: each.name
        for each in service.messages[request].fields
        if each.role is Role.MEMBER
        and isinstance(each.type, Scalar)
        and each.type is not Scalar.BYTES
        and not (each.repeated or each.keyed)
    }
