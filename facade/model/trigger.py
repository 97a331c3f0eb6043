"""What is known of a flow's trigger: where it stands, how far it has come, what it has left."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from facade.model.flow import FlowName


class TriggerState(StrEnum):
    """Where a trigger stands."""

    ACTIVE = "ACTIVE"
    RESTING = "RESTING"
    """Its flow is suspended, or no version of it is published."""
    ERROR = "ERROR"
    """It fails, and is tried again: the description says why."""


class RegistrationState(StrEnum):
    """Where a registration at a backend stands (P-4)."""

    PENDING = "PENDING"
    """It is noted before it is asked for: the backend may have it or not."""
    REGISTERED = "REGISTERED"
    REFUSED = "REFUSED"
    """The backend answered something else than 201 with a Location: it is not asked again."""


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """The call that removes a registration, kept with it: the flow may be gone by then."""

    action: str
    """connectors/{connector}/versions/{version}/actions/{action}."""
    connection: str = ""
    subject: str = ""
    arguments: dict[str, Any] | None = None
    """None: DELETE of the location, signed as the action signs."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A flow's address at a backend."""

    state: RegistrationState
    version: str
    """The id of the flow's version that asked for it."""
    id: str
    """The request_id of the call: a repeat answers what the first one answered."""
    time: datetime
    location: str = ""
    """Absolute, as the backend gave it."""
    undo: Undo | None = None


class TriggerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one trigger between two looks at it."""

    tenant: str = ""
    flow_uid: str
    flow: str
    """The id: the one of that name may be another flow meanwhile, which its uid tells."""
    revision: int = 0
    """Of the row; 0: it is not written yet."""
    kind: str
    version: str = ""
    """The id of the flow's version that it was last looked at for."""
    state: TriggerState = TriggerState.ACTIVE
    description: str = ""
    cursor: str = ""
    """The last tick (RFC 3339), a poll's state as JSON, or the token behind the last event."""
    tag: str = ""
    """ETag of a poll's last answer."""
    next_time: datetime | None = None
    """None: nothing is due by the clock."""
    last_time: datetime | None = None
    last_run: str = ""
    """The name of the run that was started last."""
    last_error: str = ""
    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    registration: Registration | None = None
    lost: tuple[str, ...] = ()
    """What may have been left at a backend, in words; the last 20."""

    @property
    def name(self) -> FlowName:
        """The flow that it starts."""
        return FlowName(self.flow, self.tenant)


class WebhookSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that signs what comes in."""

    key: bytes
    until: datetime | None = None
    """When it ends; None: it is the one that is in use."""

    def __repr__(self) -> str:
        """Without the key."""
        return f"WebhookSecret(until={self.until!r})"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a flow, and the secrets by which messages to it are believed."""

    id: str
    """At least 128 random bits, in base64url."""
    tenant: str = ""
    flow_uid: str
    flow: str
    secrets: tuple[WebhookSecret, ...] = ()
    """The newest first; none: nothing is believed."""

    @property
    def name(self) -> FlowName:
        """The flow that it starts."""
        return FlowName(self.flow, self.tenant)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerStatus:
    """A flow's trigger as it is told."""

    flow: FlowName
    kind: str
    """`manual`, `schedule`, `webhook`, `backend_webhook`, `poll` or `event`."""
    state: TriggerState
    state_description: str = ""
    url: str = ""
    """Where messages are sent to; of webhooks."""
    secret_end_times: tuple[datetime | None, ...] = ()
    """Of each secret that is believed, the newest first; None: it has no end."""
    cursor: str = ""
    next_time: datetime | None = None
    last_time: datetime | None = None
    last_run: str = ""
    last_error: str = ""
    location: str = ""
    """Of the registration at the backend."""
    lost: tuple[str, ...] = ()
    """Registrations that may have been left at a backend."""

    @property
    def old_secrets_expire_time(self) -> datetime | None:
        """When the last of the old secrets ends; None where there are none."""
        return max(filter(None, self.secret_end_times), default=None)
