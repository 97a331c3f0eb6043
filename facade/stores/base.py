"""The protocol of the ledger: what must not be lost, and what a commit to it is made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self

from facade.errors.service import StoreUnavailable
from facade.model.connection import Connection
from facade.model.names import ConnectionName, ConnectorName
from facade.model.version import Connector, Version
from facade.stores.kept_numbers import KeptNumbers, NumbersChange
from facade.stores.packed import pack, unpack


class Conflict(Exception):
    """Another writer was faster: the ledger is no longer at the expected sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecText:
    """A document's text as it is kept: compressed, under the SHA-256 of the text."""

    digest: str
    packed: bytes

    @classmethod
    def pack(cls, text: str) -> Self:
        """Compresses a text."""
        digest, packed = pack(text.encode())
        return cls(digest=digest, packed=packed)

    def unpack(self) -> str:
        """The text; raises StoreUnavailable where it is not the one that was stored."""
        data = unpack(self.digest, self.packed)
        if data is None:
            raise StoreUnavailable(
                f"the stored document {self.digest[:12]} is damaged; publish it again, "
                "or restore the database"
            )
        return data.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request with a request_id was answered; kept for 24 hours."""

    request_id: str
    fingerprint: str
    """Of the request's content: the same id with other content is another request."""
    connector: Connector
    """Without its versions, where the answer is some of those."""
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Who did what, when; written in the transaction of what was done."""

    time: datetime
    tenant: str = ""
    caller: str = ""
    """The name of whose identity it was."""
    method: str
    """The catalog's method: `manage`, `create_connector`, …"""
    target: str
    """The connector's name."""
    changes: tuple[str, ...] = ()
    """One line each: `promote connectors/pets/versions/v2 10%`."""
    request_id: str = ""
    outcome: str = "OK"
    """Or the reason of a refusal."""
    before: str = ""
    """Digest of what was, for example an etag; empty: nothing was there."""
    after: str = ""
    """The same of what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One transaction: all of it, or nothing."""

    expected: int
    """The sequence that the changes were made on."""
    connectors: tuple[Connector, ...] = ()
    """Added or changed ones, whole; of the tenant of the audit, as all else."""
    removed: tuple[ConnectorName, ...] = ()
    specs: tuple[SpecText, ...] = ()
    """Documents that the connectors name; those that are there already are left alone."""
    numbers: NumbersChange | None = None
    """Of the typed services of versions that are created."""
    answer: Answer | None = None
    audit: Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the ledger holds after one commit, of every tenant."""

    sequence: int
    """The number of that commit."""
    connectors: Mapping[ConnectorName, Connector]
    """In order of tenants and ids, versions in order of creation."""
    connections: Mapping[ConnectionName, Connection] = field(default_factory=dict)


class Ledger(Protocol):
    """The store of connectors and versions. Every method raises StoreUnavailable."""

    async def open(self) -> None:
        """Connects, and brings the store to this release's format."""

    async def close(self) -> None:
        """Lets go of the store."""

    async def sequence(self) -> int:
        """The number of the last commit; cheap enough to be asked four times a second."""

    async def moved(self, seconds: float) -> None:
        """Waits for a commit that is announced, and no longer than that: for one who follows."""

    async def page_key(self) -> bytes:
        """What seals the tokens of pages, for as long as the ledger lives."""

    async def read(self) -> Stored:
        """The state after the last commit, in one consistent read."""

    async def specs(self, digests: Collection[str]) -> Mapping[str, SpecText]:
        """The documents with these digests, as far as they are there."""

    async def commit(self, commit: Commit) -> int:
        """Writes a commit and answers its sequence; raises Conflict where that was taken.

        Raises Unnumbered where numbers are not those that it was reckoned with.
        """

    async def numbers(self, name: ConnectorName) -> KeptNumbers:
        """What the typed services of a connector are numbered by."""

    async def answer(self, request_id: str, now: datetime, tenant: str = "") -> Answer | None:
        """What a request of a tenant was answered in the last 24 hours."""
