"""The numbers of a connector's typed services, as the ledger keeps them: all of them in one."""

from dataclasses import dataclass
from typing import Self

import msgspec

from facade.errors.service import StoreUnavailable
from facade.model.names import ConnectorName
from facade.model.typed import Kept, Numbers
from facade.stores.packed import pack, unpack


class Unnumbered(Exception):
    """The numbers are not those that a change was reckoned with: read them, and try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNumbers:
    """All numbers of one connector: compressed, under the SHA-256 of what they say."""

    digest: str = ""
    """Empty: there are none."""
    packed: bytes = b""

    @classmethod
    def pack(cls, numbers: Numbers) -> Self:
        """Compresses numbers; equal ones have equal digests."""
        if not numbers:
            return cls()
        digest, packed = pack(msgspec.json.encode(numbers, order="sorted"))
        return cls(digest=digest, packed=packed)

    def unpack(self) -> Numbers:
        """The numbers; raises StoreUnavailable where they are not those that were stored."""
        if not self.digest:
            return {}
        data = unpack(self.digest, self.packed)
        if data is None:
            raise StoreUnavailable(
                "the stored numbers of a connector's fields are damaged; restore the database"
            )
        return msgspec.json.decode(data, type=dict[str, dict[str, Kept]])


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersChange:
    """What becomes of the numbers of a connector; nothing, where both are the same."""

    connector: ConnectorName
    before: str
    """The digest of those that it was reckoned with."""
    after: KeptNumbers
