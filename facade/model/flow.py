"""Flow: what runs by itself: its name, its versions, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from facade.model.definition import Definition


class FlowName(msgspec.Struct, frozen=True, gc=False):
    """flows/{flow}, of a tenant."""

    flow: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"flows/{self.flow}"


class FlowVersionName(msgspec.Struct, frozen=True, gc=False):
    """flows/{flow}/versions/{version}."""

    flow: str
    version: str
    tenant: str = ""

    @property
    def parent(self) -> FlowName:
        """The flow that it is of."""
        return FlowName(self.flow, self.tenant)

    def __str__(self) -> str:
        return f"flows/{self.flow}/versions/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowVersion:
    """A version of a flow: never changes."""

    name: FlowVersionName
    source: str
    """As it was given: YAML or JSON."""
    definition: Definition
    created_by: str = ""
    create_time: datetime


class FlowState(StrEnum):
    """Where a flow stands."""

    DRAFT = "DRAFT"
    """No version was published: nothing starts it but RunFlow of a version."""
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    """Its triggers rest; what arrives meanwhile is refused, ticks are missed."""
    ERROR = "ERROR"
    """The published version no longer fits its actions, or its webhook could not be registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow, as it is told: with its published version and its newest, which may be one."""

    name: FlowName
    uid: str = ""
    title: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[FlowVersion, ...] = ()
    """Those two, the older one first; `Flows.versions` gives the others."""
    published: str = ""
    """The id of the version that triggers run; empty: none."""
    published_by: str = ""
    """Whose grants its calls were checked against (decision 0072)."""
    state: FlowState = FlowState.DRAFT
    state_description: str = ""
    revision: int = 1
    etag: str = ""
    create_time: datetime
    update_time: datetime

    def version(self, id_: str) -> FlowVersion | None:
        """A version by its id; None where there is none."""
        return next((each for each in self.versions if each.name.version == id_), None)
