"""Descriptions: connectors as the types that instances and clients are made of."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from facade.app.connctd.endpoint import Asked, Desk, answer
from facade.app.identity import NOBODY
from facade.errors.caller import ConnectorNotFound
from facade.model.access import Permission, Target
from facade.model.version import Connector, Variable, VariableType, Version

TYPE_ID: Final = "connctd-type-id"
"""The label that says by which type id a connector goes; without it, its own id."""
LOGO: Final = "connctd-logo"
"""The label with the address of its picture."""

NUMBERS: Final = 2**31 - 1
"""The largest number of a description: what every client's integers hold."""

SAMPLES: Mapping[VariableType, Any] = {
    VariableType.STRING: "abc",
    VariableType.INTEGER: 1,
    VariableType.NUMBER: 1.5,
    VariableType.BOOLEAN: True,
}
"""What stands for a value of which nothing is known but its type."""


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A body with which an instance or a client of a type can be created."""

    connector_type_id: str
    configuration: dict[str, Any] = {}


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a type to whoever asks."""

    id: int
    type_id: str
    name: str
    description: str
    logo: str
    sample_instance_configuration: Sample
    sample_client_configuration: Sample


async def show_all(desk: Desk, asked: Asked) -> Response:
    """200 with every type of which an instance can be made."""
    found = _known(desk, asked).items()
    return answer([described(each, number) for number, each in found if serving(each)])


async def show(desk: Desk, asked: Asked) -> Response:
    """200 with one type: where the links of instances and clients lead."""
    known = _known(desk, asked)
    found = known.get(int(asked.id)) if asked.id.isdecimal() and len(asked.id) < 20 else None
    if found is None:
        raise ConnectorNotFound(f"there is no description `{asked.id[:63]}`")
    return answer(described(found, int(asked.id)))


def type_of(connector: Connector) -> str:
    """By which type id a connector goes."""
    return connector.labels.get(TYPE_ID) or connector.name.connector


def of_type(connectors: Iterable[Connector], type_id: str) -> Connector | None:
    """The connector of a type; of several that say so, the first by id."""
    found = (each for each in connectors if type_of(each) == type_id)
    return min(found, key=lambda each: each.name.connector, default=None)


def numbered(connectors: Iterable[Connector]) -> Mapping[int, Connector]:
    """The connectors of one tenant by number: made of the id, so that it stays wherever it is.

    Of two for which it is the same, the one that was created later has the next one that is free.
    """
    found: dict[int, Connector] = {}
    for each in sorted(connectors, key=lambda one: (one.create_time, one.name.connector)):
        digest = hashlib.blake2b(each.name.connector.encode(), digest_size=8).digest()
        number = int.from_bytes(digest) % NUMBERS + 1
        while number in found:
            number = number % NUMBERS + 1
        found[number] = each
    return found


def number_of(connectors: Iterable[Connector], connector: str) -> int:
    """The number of one of them, by its id."""
    found = numbered(connectors).items()
    return next(number for number, each in found if each.name.connector == connector)


def serving(connector: Connector) -> Version | None:
    """The version that serves most of its live calls."""
    return max(connector.live, key=lambda each: each.traffic_percent, default=None)


def described(connector: Connector, number: int) -> Description:
    """What is told of a connector."""
    type_id, version = type_of(connector), serving(connector)
    variables = version.variables if version is not None else ()
    own = {each.name: _sample(each) for each in variables}
    theirs = {each.name: _sample(each) for each in variables if each.overridable}
    return Description(
        id=number,
        type_id=type_id,
        name=connector.title or connector.name.connector,
        description=connector.description,
        logo=connector.labels.get(LOGO, ""),
        sample_instance_configuration=Sample(connector_type_id=type_id, configuration=own),
        sample_client_configuration=Sample(connector_type_id=type_id, configuration=theirs),
    )


def _known(desk: Desk, asked: Asked) -> Mapping[int, Connector]:
    """The types by number: all for whoever shows nothing (seed 004), else what one may see."""
    found = numbered(desk.catalog.connectors(asked.tenant))
    if asked.identity is NOBODY:
        return found
    return {
        number: each
        for number, each in found.items()
        if asked.identity.allows(Permission.VIEW, Target(connector=each.name.connector))
    }


def _sample(variable: Variable) -> Any:
    """A value to begin with: the version's own where it is in the open, else one that may be."""
    text = variable.value if variable.value is not None else next(iter(variable.choices), None)
    if text is None:
        return SAMPLES[variable.type]
    return text
