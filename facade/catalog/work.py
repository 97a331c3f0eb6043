"""Work: one request to change the catalog, before it is tried on a state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from facade.catalog.changes import Document, Folded
from facade.catalog.numbering import Reckoning
from facade.catalog.request import invalid, refuse
from facade.catalog.request_ids import check_request_id
from facade.catalog.snapshot import Snapshot
from facade.catalog.sourcing import Sourced
from facade.catalog.verdicts import Verdicts
from facade.errors.caller import ConnectionIncomplete, EtagMismatch
from facade.errors.fault import Violation
from facade.model.access import Identity
from facade.model.change import Draft
from facade.model.connection import Connection
from facade.model.names import ConnectionName, ConnectorName
from facade.model.typed import Numbers
from facade.spec.spec import Spec
from facade.stores.base import Answer, Audit, Commit, SpecText
from facade.stores.kept_numbers import Unnumbered
from facade.transcode.server import locate

Fold: TypeAlias = Callable[[Snapshot, datetime], Folded]
"""Makes the new state of a snapshot, or raises the fault that refuses it; pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which request it is, so that a repeat is known."""

    method: str
    target: ConnectorName
    by: Identity
    request_id: str = ""
    """In lower case; empty: a repeat is another request."""
    fingerprint: str = ""
    """Of everything that was asked for."""
    validate_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document that was read for a Create."""

    document: Document
    text: SpecText
    spec: Spec
    service: bytes
    """The typed service that it becomes, pickled."""
    numbers: Numbers = field(default_factory=dict)
    """Those that came with the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done, on whichever state it meets."""

    request: Request
    fold: Fold
    prepared: tuple[Prepared, ...] = ()
    verdicts: Verdicts = field(default_factory=Verdicts)
    """What is known of how versions differ, as the fold knows it."""
    reckoning: Reckoning = field(default_factory=Reckoning)
    lines: tuple[str, ...] = ()
    """The changes, for the audit."""
    removes: bool = False
    """Whether the connector goes."""

    def commit(self, snapshot: Snapshot, folded: Folded, now: datetime) -> Commit:
        """The transaction that makes it so; raises Unnumbered where numbers are to be reckoned."""
        request = self.request
        if self.prepared and self.reckoning.change is None:
            raise Unnumbered
        before = snapshot.connectors.get(request.target)
        answer = Answer(
            request_id=request.request_id,
            fingerprint=request.fingerprint,
            connector=replace(folded.connector, versions={})
            if folded.versions
            else folded.connector,
            versions=folded.versions,
        )
        audit = Audit(
            time=now,
            tenant=request.target.tenant,
            caller=request.by.name,
            method=request.method,
            target=str(request.target),
            changes=self.lines,
            request_id=request.request_id,
            before=before.etag if before is not None else "",
            after="" if self.removes else folded.connector.etag,
        )
        return Commit(
            expected=snapshot.sequence,
            connectors=() if self.removes else (folded.connector,),
            removed=(request.target,) if self.removes else (),
            specs=tuple(each.text for each in self.prepared),
            numbers=self.reckoning.change,
            answer=answer if request.request_id else None,
            audit=audit,
        )

    def shown(self, snapshot: Snapshot, sequence: int, folded: Folded) -> Snapshot:
        """The snapshot after it was done."""
        connectors = dict(snapshot.connectors)
        connectors.pop(self.request.target, None)
        if not self.removes:
            connectors[self.request.target] = folded.connector
        return Snapshot.of(sequence, connectors, self._connections(snapshot))

    def _connections(self, snapshot: Snapshot) -> Mapping[ConnectionName, Connection]:
        """Those of a connector go with it."""
        target, there = self.request.target, snapshot.connections
        if not self.removes:
            return there
        gone = (target.connector, target.tenant)
        return {name: each for name, each in there.items() if (each.connector, name.tenant) != gone}


def request_of(
    method: str,
    target: ConnectorName,
    content: Any,
    request_id: str,
    by: Identity,
    *,
    validate_only: bool,
) -> Request:
    """Names a request, its caller too; raises InvalidRequest where the id is no UUID (AIP-155)."""
    if by.tenant != target.tenant:
        raise ValueError("who changes is of another tenant than what is changed")
    if not request_id or validate_only:
        return Request(method=method, target=target, by=by, validate_only=validate_only)
    refuse(check_request_id(request_id))
    known = str(UUID(request_id))
    print_ = msgspec.json.encode([method, str(target), content, by.name], order="sorted")
    return Request(
        method=method,
        target=target,
        by=by,
        request_id=known,
        fingerprint=sha256(print_).hexdigest(),
    )


def busy(work: Work) -> EtagMismatch:
    """The fault of a work that others were faster than, each time it was tried."""
    return EtagMismatch(
        f"`{work.request.target}` was changed by others at the same time; repeat the request"
    )


def prepare(sourced: Sourced, draft: Draft) -> Prepared:
    """Makes what a Create needs of a document. Takes its time: for a thread.

    Raises InvalidRequest where neither the draft nor the document says where its facade is.
    """
    read, packed = sourced.read, sourced.packed
    if draft.destination.indirect and not draft.destination.uri:
        _check_facade(read.spec, draft)
    document = Document(
        digest=packed.digest,
        source_digest=sourced.digest if sourced.digest != packed.digest else "",
        actions=read.spec.ids,
        problems=tuple(read.problems),
    )
    return Prepared(
        document=document,
        text=packed,
        spec=read.spec,
        service=sourced.service,
        numbers=draft.numbers,
    )


def _check_facade(spec: Spec, draft: Draft) -> None:
    servers = next((spec.action(each).servers for each in spec.ids), ())
    try:
        if servers:
            locate(servers[0], draft.spec_uri, {})
            return
    except ConnectionIncomplete:
        pass
    wanted = "is required: the document does not say where its server is"
    raise invalid(Violation(field="version.indirect.facade_uri", description=wanted))
