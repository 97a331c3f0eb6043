"""The protocol of the ledger: what must not be lost, and what a commit to it is made of."""

import hashlib
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from facade.errors.service import StoreUnavailable
from facade.model.names import ConnectorName
from facade.model.version import Connector, Version


class Conflict(Exception):
    """Another writer was faster: the ledger is no longer at the expected sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecText:
    """A document's text as it is kept: compressed, under the SHA-256 of the text."""

    digest: str
    packed: bytes

    @classmethod
    def pack(cls, text: str) -> Self:
        """Compresses a text; costs about 30 ms for each MB."""
        data = text.encode()
        return cls(digest=hashlib.sha256(data).hexdigest(), packed=zlib.compress(data))

    def unpack(self) -> str:
        """The text; raises StoreUnavailable where it is not the one that was stored."""
        try:
            data = zlib.decompress(self.packed)
        except zlib.error:
            data = b""
        if hashlib.sha256(data).hexdigest() != self.digest:
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
    method: str
    """The catalog's method: `manage`, `create_connector`, …"""
    target: str
    """The connector's name."""
    changes: tuple[str, ...] = ()
    """One line each: `promote connectors/pets/versions/v2 10%`."""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One transaction: all of it, or nothing."""

    expected: int
    """The sequence that the changes were made on."""
    connectors: tuple[Connector, ...] = ()
    """Added or changed ones, whole."""
    removed: tuple[ConnectorName, ...] = ()
    specs: tuple[SpecText, ...] = ()
    """Documents that the connectors name; those that are there already are left alone."""
    answer: Answer | None = None
    audit: Audit


class Ledger(Protocol):
    """The store of connectors and versions. Every method raises StoreUnavailable."""

    async def open(self) -> None:
        """Connects, and brings the store to this release's format."""

    async def close(self) -> None:
        """Lets go of the store."""

    async def sequence(self) -> int:
        """The number of the last commit; cheap enough to be asked four times a second."""

    async def page_key(self) -> bytes:
        """What seals the tokens of pages, for as long as the ledger lives."""

    async def read(self) -> tuple[int, Mapping[str, Connector]]:
        """The last commit's number and every connector by id, versions in order of creation."""

    async def specs(self, digests: Collection[str]) -> Mapping[str, SpecText]:
        """The documents with these digests, as far as they are there."""

    async def commit(self, commit: Commit) -> int:
        """Writes a commit and answers its sequence; raises Conflict where that was taken."""

    async def answer(self, request_id: str, now: datetime) -> Answer | None:
        """What a request was answered in the last 24 hours."""
