"""What a row of the audit is as events: they are written in the transaction of the change; pure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid5

import msgspec

from facade.model.event import Event
from facade.stores.base import Audit

CHANGES: Final = UUID("0c0f1f0e-5f0e-4d0f-9a55-7d1b5a8d2c41")
"""Makes the ids of events out of the digests of audit rows."""

DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "create": "created",
        "update": "updated",
        "delete": "deleted",
        "publish": "published",
        "revoke": "revoked",
        "promote": "promoted",
        "deprecate": "deprecated",
        "rollback": "rolled_back",
    }
)
"""What an event is called after what was done."""

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "suspend_connection": "SUSPENDED",
        "resume_connection": "ACTIVE",
        "authorize_connection": "",
        "suspend_flow": "SUSPENDED",
        "resume_flow": "ACTIVE",
        "suspend_subscription": "SUSPENDED",
        "resume_subscription": "ACTIVE",
        "retry_subscription": "ACTIVE",
        "disable_subscription": "ERROR",
        "authorize_subject": "",
        "lapse_subject": "",
    }
)
"""The state that a change leads to, where that is what it is for; empty: Get tells it."""

VERSIONS: Final = "manage"
"""The method whose lines are one change of a version each."""


def events_of(audit: Audit, digest: str) -> Iterator[Event]:
    """The events of a change, by the digest of its row; who made it is the audit's to tell."""
    if audit.outcome != "OK":
        return
    if audit.method in (VERSIONS, "create_connector"):
        for number, line in enumerate(audit.changes):
            verb, _, rest = line.partition(" ")
            target, _, said = rest.partition(" ")
            if verb in DONE:
                changed = {"change": line} if said else {}
                yield _event(audit, f"version.{DONE[verb]}", target, changed, f"{digest}/{number}")
    if audit.method in STATES:
        noun, state = audit.method.partition("_")[2], STATES[audit.method]
        told = {**({"state": state} if state else {}), **_reason(audit)}
        yield _event(audit, f"{noun}.state_changed", audit.target, told, digest)
        return
    verb, _, noun = audit.method.partition("_")
    if verb in DONE and noun:
        told = {"changes": "; ".join(audit.changes)} if audit.changes else {}
        yield _event(audit, f"{noun}.{DONE[verb]}", audit.target, told, digest)


def _event(audit: Audit, type_: str, source: str, data: Mapping[str, object], unique: str) -> Event:
    return Event(
        tenant=audit.tenant,
        id=str(uuid5(CHANGES, unique)),
        type=type_,
        source=source,
        time=audit.time,
        data=msgspec.json.encode(data).decode(),
    )


def _reason(audit: Audit) -> dict[str, str]:
    return {"reason": "; ".join(audit.changes)} if audit.changes else {}
