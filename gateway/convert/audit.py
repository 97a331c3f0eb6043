"""The audit, as messages."""

from google.protobuf.timestamp_pb2 import Timestamp

from facade.stores.trail import Entry, Verified
from gateway.v1 import audit_pb2 as pb


def entry_to(entry: Entry) -> pb.AuditEntry:
    """An entry, without its tenant: whoever reads it is of that one."""
    time = Timestamp()
    time.FromDatetime(entry.time)
    return pb.AuditEntry(
        name=f"auditEntries/{entry.number}",
        time=time,
        caller=entry.caller,
        method=entry.method,
        target=entry.target,
        changes=entry.changes,
        request_id=entry.request_id,
        outcome=entry.outcome,
        before=entry.before,
        after=entry.after,
        sequence=entry.sequence or 0,
        digest=entry.digest,
    )


def verified_to(verified: Verified) -> pb.VerifyAuditResponse:
    """What the walk along the chain has found."""
    return pb.VerifyAuditResponse(
        intact=verified.is_intact,
        number=verified.number,
        digest=verified.digest,
        broken_numbers=verified.broken,
        broken_count=verified.problems,
    )
