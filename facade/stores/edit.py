"""Edit: one change of a resource that is kept, and what the audit says of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from facade.model.access import ANYONE, Identity
from facade.stores.base import Audit


class Name(Protocol):
    """Names a resource; its text is the whole name."""

    @property
    def tenant(self) -> str:
        """Whose it is."""


class Kept(Protocol):
    """A resource with an etag of what is kept of it."""

    @property
    def name(self) -> Name:
        """What it is called."""

    @property
    def etag(self) -> str:
        """Another after every change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a resource: who makes it, and under which conditions."""

    method: str
    """For the audit: `update_connection`."""
    by: Identity = ANYONE
    etag: str = ""
    """What its etag must be; empty: whatever it is."""
    lines: tuple[str, ...] = ()
    """For the audit: what changes."""
    request_id: str = ""
    validate_only: bool = False

    def audit(self, now: datetime, before: Kept | None, after: Kept | None) -> Audit:
        """The change as the audit has it; one of the two is there."""
        there = after or before
        if there is None:
            raise ValueError("a change is of something")
        return Audit(
            time=now,
            tenant=there.name.tenant,
            caller=self.by.name,
            method=self.method,
            target=str(there.name),
            changes=self.lines,
            request_id=self.request_id,
            before=before.etag if before else "",
            after=after.etag if after else "",
        )
