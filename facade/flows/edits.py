"""Changes of flows: who makes one, under which conditions, and what it leads to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from facade.catalog.changes import stale
from facade.flows.definitions import is_definition, read
from facade.flows.missing import FLOW
from facade.model.access import ANYONE, Identity
from facade.model.flow import Flow, FlowVersionName
from facade.model.flow_names import version_id
from facade.stores.base import Audit
from facade.stores.flow_rows import KeptFlow, KeptVersion, with_etag


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a flow: who makes it, and under which conditions."""

    method: str
    """For the audit: `publish_flow`."""
    by: Identity = ANYONE
    etag: str = ""
    """What its etag must be; empty: whatever it is."""
    lines: tuple[str, ...] = ()
    """For the audit: what changes."""
    request_id: str = ""
    validate_only: bool = False

    def check(self, before: Flow, field: str) -> None:
        """Raises EtagMismatch where the flow is not the one that is meant."""
        if self.etag and self.etag != before.etag:
            raise stale(FLOW, str(before.name), field)

    def audit(self, now: datetime, before: Flow | None, after: Flow | None) -> Audit:
        """The change as the audit has it."""
        flow = after or before
        if flow is None:
            raise ValueError("a change is of something")
        return Audit(
            time=now,
            tenant=flow.name.tenant,
            caller=self.by.name,
            method=self.method,
            target=str(flow.name),
            changes=self.lines,
            request_id=self.request_id,
            before=before.etag if before else "",
            after=after.etag if after else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a change leads to."""

    after: KeptFlow
    added: KeptVersion | None = None
    dropped: tuple[int, ...] = ()
    lines: tuple[str, ...] = ()
    """For the audit, beside those of the edit."""


Change: TypeAlias = Callable[[KeptFlow], Awaitable[Turn | None]]
"""Makes of a flow what it becomes; None: it stays as it is."""


def turned(before: KeptFlow, *versions: KeptVersion, newest: int = 0, **fields: Any) -> KeptFlow:
    """A flow with other fields, and with those versions beside the ones that it has.

    It has the title of its published version, else of its newest.
    """
    known = {each.number: each for each in (*before.versions, *versions)}
    flow = replace(before.flow, **fields)
    kept = KeptFlow(
        flow=flow,
        newest=newest or before.newest,
        versions=tuple(known[number] for number in sorted(known)),
    )
    return titled(kept)


def titled(kept: KeptFlow) -> KeptFlow:
    """The flow with the title and description of the version that stands for it."""
    shown = kept.flow.published or version_id(kept.newest)
    source = next((each.source for each in kept.versions if each.name.version == shown), "")
    if not source or not is_definition(source):
        return kept
    said = read(source)
    return replace(kept, flow=replace(kept.flow, title=said.title, description=said.description))


def counted(kept: KeptFlow, now: datetime) -> KeptFlow:
    """The flow after one more change."""
    flow = replace(kept.flow, revision=kept.flow.revision + 1, update_time=now)
    return with_etag(replace(kept, flow=flow))


def new_version(flow: Flow, number: int, source: str, by: Identity, now: datetime) -> KeptVersion:
    """The next version of a flow."""
    name = FlowVersionName(flow.name.flow, version_id(number), flow.name.tenant)
    return KeptVersion(name=name, source=source, created_by=by.name, create_time=now)
