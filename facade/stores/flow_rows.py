"""Flows as rows of the ledger, and back; what their versions say is read elsewhere."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Row, RowMapping

from facade.errors.service import StoreUnavailable
from facade.model.flow import Flow, FlowName, FlowState, FlowVersionName
from facade.model.flow_names import number_of, version_id
from facade.stores.packed import pack, unpack


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """A version of a flow as it is kept: its text, which nobody has read yet."""

    name: FlowVersionName
    source: str
    created_by: str
    create_time: datetime

    @property
    def number(self) -> int:
        """7 of v7."""
        return number_of(self.name.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFlow:
    """A flow as it is kept, and those of its versions that were asked for."""

    flow: Flow
    """Without versions."""
    newest: int
    """The number of the last version that it ever had."""
    versions: tuple[KeptVersion, ...] = ()
    """By number."""


class FlowContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row holds of a flow as JSON."""

    title: str = ""
    description: str = ""
    labels: dict[str, str] = {}
    published_by: str = ""
    state: FlowState = FlowState.DRAFT
    state_description: str = ""
    revision: int = 1


def with_etag(kept: KeptFlow) -> KeptFlow:
    """The flow with the etag of what it now says; a state that comes back has another."""
    flow = kept.flow
    said = msgspec.json.encode(
        [flow.etag, flow.uid, kept.newest, flow.published, _content(flow)], order="sorted"
    )
    return replace(kept, flow=replace(flow, etag=sha256(said).hexdigest()[:32]))


def values_of(kept: KeptFlow) -> dict[str, object]:
    """The row of a flow."""
    flow = kept.flow
    return {
        "tenant": flow.name.tenant,
        "id": flow.name.flow,
        "uid": flow.uid,
        "content": msgspec.json.encode(_content(flow)).decode(),
        "newest": kept.newest,
        "published": number_of(flow.published),
        "etag": flow.etag,
        "create_time": flow.create_time,
        "update_time": flow.update_time,
    }


def version_values(version: KeptVersion) -> dict[str, object]:
    """The row of a version."""
    digest, packed = pack(version.source.encode())
    return {
        "tenant": version.name.tenant,
        "flow": version.name.flow,
        "number": version.number,
        "digest": digest,
        "packed": packed,
        "created_by": version.created_by,
        "create_time": version.create_time,
    }


def flow_in(row: RowMapping) -> KeptFlow:
    """The flow of a row; raises StoreUnavailable where it is damaged."""
    try:
        record = msgspec.json.decode(row["content"], type=FlowContent)
    except msgspec.DecodeError:
        raise StoreUnavailable("a stored flow is damaged; restore the database") from None
    flow = Flow(
        name=FlowName(row["id"], row["tenant"]),
        uid=row["uid"],
        title=record.title,
        description=record.description,
        labels=record.labels,
        published=version_id(row["published"]) if row["published"] else "",
        published_by=record.published_by,
        state=record.state,
        state_description=record.state_description,
        revision=record.revision,
        etag=row["etag"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )
    return KeptFlow(flow=flow, newest=row["newest"])


def version_in(row: Row[Any]) -> KeptVersion:
    """The version of a row; raises StoreUnavailable where its text is not what was stored."""
    text = unpack(row.digest, row.packed)
    if text is None:
        raise StoreUnavailable("a stored flow is damaged; restore the database")
    return KeptVersion(
        name=FlowVersionName(row.flow, version_id(row.number), row.tenant),
        source=text.decode(),
        created_by=row.created_by,
        create_time=row.create_time,
    )


def _content(flow: Flow) -> FlowContent:
    return FlowContent(
        title=flow.title,
        description=flow.description,
        labels=dict(flow.labels),
        published_by=flow.published_by,
        state=flow.state,
        state_description=flow.state_description,
        revision=flow.revision,
    )
