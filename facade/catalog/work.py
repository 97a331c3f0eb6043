"""Work: one request to change the catalog, before it is tried on a state."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from facade.catalog.changes import Document, Folded
from facade.catalog.request import invalid
from facade.catalog.snapshot import Snapshot
from facade.catalog.sourcing import Sourced
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Violation
from facade.model.change import Draft
from facade.model.names import ConnectorName
from facade.spec.spec import Spec
from facade.stores.base import Answer, Audit, Commit, SpecText
from facade.transcode.server import locate

Fold: TypeAlias = Callable[[Snapshot, datetime], Folded]
"""Makes the new state of a snapshot, or raises the fault that refuses it; pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which request it is, so that a repeat is known."""

    method: str
    target: ConnectorName
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done, on whichever state it meets."""

    request: Request
    fold: Fold
    prepared: tuple[Prepared, ...] = ()
    lines: tuple[str, ...] = ()
    """The changes, for the audit."""
    removes: bool = False
    """Whether the connector goes."""

    def commit(self, expected: int, folded: Folded, now: datetime) -> Commit:
        """The transaction that makes it so."""
        request = self.request
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
            method=request.method,
            target=str(request.target),
            changes=self.lines,
            request_id=request.request_id,
        )
        return Commit(
            expected=expected,
            connectors=() if self.removes else (folded.connector,),
            removed=(request.target,) if self.removes else (),
            specs=tuple(each.text for each in self.prepared),
            answer=answer if request.request_id else None,
            audit=audit,
        )

    def shown(self, snapshot: Snapshot, sequence: int, folded: Folded) -> Snapshot:
        """The snapshot after it was done."""
        connectors = dict(snapshot.connectors)
        connectors.pop(self.request.target.connector, None)
        if not self.removes:
            connectors[self.request.target.connector] = folded.connector
        return Snapshot.of(sequence, connectors)


def request_of(
    method: str, target: ConnectorName, content: Any, request_id: str, *, validate_only: bool
) -> Request:
    """Names a request; raises InvalidRequest where the id is no UUID (AIP-155)."""
    if not request_id or validate_only:
        return Request(method=method, target=target, validate_only=validate_only)
    try:
        known = str(UUID(request_id))
    except ValueError:
        raise invalid(
            Violation(field="request_id", description="must be a UUID, new for each request")
        ) from None
    print_ = msgspec.json.encode([method, str(target), content], order="sorted")
    return Request(
        method=method,
        target=target,
        request_id=known,
        fingerprint=sha256(print_).hexdigest(),
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
    return Prepared(document=document, text=packed, spec=read.spec)


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
