"""Numbering: the numbers and names of typed services, reckoned where calls do not wait for it."""

import asyncio
import pickle
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from facade.catalog.documents import lost
from facade.catalog.reading import Reader, Run, compiled
from facade.model.names import ConnectorName
from facade.model.typed import METHODS, TYPES, Enum, Kept, Message, Numbers, TypedService
from facade.spec.typed.naming import service_of
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from facade.stores.base import Ledger
from facade.stores.kept_numbers import KeptNumbers, NumbersChange


@dataclass(slots=True)
class Reckoning:
    """What is known of the numbers that a change set leads to."""

    change: NumbersChange | None = None


class Numbering:
    """Numbers the documents of versions as the ledger has kept it of their connector."""

    def __init__(self, ledger: Ledger, read: Reader, run: Run) -> None:
        """Takes where the documents and the numbers are, who reads documents, and where."""
        self._ledger = ledger
        self._read = read
        self._run = run

    async def learn(
        self,
        name: ConnectorName,
        services: Sequence[tuple[bytes, Numbers]],
        reckoning: Reckoning,
    ) -> None:
        """Finds out what new services add, each pickled, with the numbers that came with it."""
        known = await self._ledger.numbers(name)
        size = sum(len(service) for service, _ in services)
        after = await self._run(size, grown, known, name.connector, services)
        reckoning.change = NumbersChange(connector=name, before=known.digest, after=after)

    async def service(
        self, digest: str, known: KeptNumbers, connector: str
    ) -> tuple[TypedService, KeptNumbers]:
        """The service of a document that is kept, and the numbers with those that it adds."""
        found = (await self._ledger.specs((digest,))).get(digest)
        if found is None:
            raise lost(digest)
        text = await asyncio.to_thread(found.unpack)
        return await self._run(len(text), served, self._read, known, connector, text)


def grown(
    known: KeptNumbers, connector: str, services: Sequence[tuple[bytes, Numbers]]
) -> KeptNumbers:
    """The numbers of a connector after some more services. Takes its time."""
    numbers = known.unpack()
    for pickled, carried in services:
        unnamed: TypedService = pickle.loads(pickled)  # noqa: S301 - of a process of our own
        service = structs.replace(unnamed, name=service_of(connector))
        _, numbers = numbered(service, joined(numbers, needed(carried, service)))
    return KeptNumbers.pack(numbers)


def served(
    read: Reader, known: KeptNumbers, connector: str, text: str
) -> tuple[TypedService, KeptNumbers]:
    """The service of a document, and the numbers of its connector after it. Takes its time."""
    named = structs.replace(typed(compiled(read, text)), name=service_of(connector))
    service, numbers = numbered(named, known.unpack())
    return service, KeptNumbers.pack(numbers)


def needed(carried: Numbers, service: TypedService) -> Numbers:
    """Of the numbers that came with a version those of its own service: they are kept for ever."""
    wanted = used(service)
    return {
        scope: {key: each for key, each in kept.items() if key in wanted[scope]}
        for scope, kept in carried.items()
        if scope in wanted
    }


def joined(own: Numbers, carried: Numbers) -> Numbers:
    """A connector's own numbers, with those that came with a version where these are free."""
    found = {scope: dict(kept) for scope, kept in own.items()}
    for scope, kept in carried.items():
        held = found.setdefault(scope, {})
        taken = {each.number for each in held.values() if each.number}
        for key, each in kept.items():
            if key not in held and each.number not in taken:
                held[key] = each
    return found if carried else own


def used(service: TypedService) -> Numbers:
    """The numbers and names that a service has, as the ledger keeps them."""
    types: tuple[Message | Enum, ...] = (*service.messages.values(), *service.enums.values())
    scopes: dict[str, dict[str, Kept]] = {
        TYPES: {each.key: Kept(0, each.name) for each in types},
        METHODS: {each.key: Kept(0, each.name) for each in service.methods},
    }
    for message in service.messages.values():
        scopes[message.key] = {each.key: Kept(each.number, each.name) for each in message.fields}
    for enum in service.enums.values():
        scopes[enum.key] = {each.key: Kept(each.number, each.name) for each in enum.values}
    return {scope: kept for scope, kept in scopes.items() if kept}
