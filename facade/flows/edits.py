"""Changes of flows: what each leads to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from facade.catalog.changes import stale
from facade.flows.definitions import is_definition, read
from facade.flows.missing import FLOW
from facade.model.access import Identity
from facade.model.flow import Flow, FlowVersionName
from facade.model.flow_names import version_id
from facade.stores.edit import Edit
from facade.stores.flow_rows import KeptFlow, KeptVersion, with_etag


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


def check_etag(before: Flow, edit: Edit, field: str) -> None:
    """Raises EtagMismatch where the flow is not the one that is meant."""
    if edit.etag and edit.etag != before.etag:
        raise stale(FLOW, str(before.name), field)


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
