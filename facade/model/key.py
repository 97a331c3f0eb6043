"""Key: what a caller shows to be known, without what is secret of it."""

from dataclasses import dataclass
from datetime import datetime

from facade.model.access import Grant
from facade.model.names import ID, malformed


@dataclass(frozen=True, slots=True)
class KeyName:
    """keys/{key}, of a tenant."""

    key: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"keys/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key by which a caller is known: all that is told of it once it was made."""

    name: KeyName
    grants: tuple[Grant, ...]
    notes: str = ""
    create_time: datetime
    expire_time: datetime | None = None
    """None: it does not expire."""
    revoke_time: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether who shows it is known by it."""
        return self.revoke_time is None and (self.expire_time is None or now < self.expire_time)


def parse_key(text: str, field: str = "name", tenant: str = "") -> KeyName:
    """Parses keys/{key}."""
    collection, _, key = text.partition("/")
    if collection != "keys" or not ID.fullmatch(key):
        raise malformed(field, text, "keys/{key}")
    return KeyName(key, tenant)
