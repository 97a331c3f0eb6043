"""The audit's rows: written in the transaction of what they tell of, each chained to the last."""

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.stores.base import Audit
from facade.stores.chain import digest_of
from facade.stores.change_events import events_of
from facade.stores.event_rows import append
from facade.stores.schema import AUDIT, META


async def note_change(connection: AsyncConnection, audit: Audit) -> int:
    """Takes the next sequence number for what a transaction changes, and writes down who did it.

    Gives the number: whoever follows it learns of the change.
    """
    await connection.execute(update(META).values(sequence=META.c.sequence + 1))
    sequence = int((await connection.execute(select(META.c.sequence))).scalar_one())
    await note_audit(connection, audit, sequence)
    return sequence


async def note_audit(connection: AsyncConnection, audit: Audit, sequence: int | None) -> None:
    """Writes down who did what; what cannot be written down does not happen.

    `sequence` is that of the commit; a refusal has none.
    """
    await note_all(connection, ((audit, sequence),))


async def note_all(
    connection: AsyncConnection, audits: tuple[tuple[Audit, int | None], ...]
) -> None:
    """Writes down several things, in their order; those that were done are events, too."""
    head = select(META.c.audit_number, META.c.audit_digest).with_for_update()
    number, digest = (await connection.execute(head)).one()
    rows = list[dict[str, Any]]()
    for audit, sequence in audits:
        number += 1
        row = _row(audit, number, sequence)
        row["digest"] = digest = digest_of(digest, row)
        rows.append(row)
    await connection.execute(insert(AUDIT), rows)
    await connection.execute(update(META).values(audit_number=number, audit_digest=digest))
    for (audit, sequence), row in zip(audits, rows, strict=True):
        if sequence is not None:
            for event in events_of(audit, row["digest"]):
                await append(connection, event)


def _row(audit: Audit, number: int, sequence: int | None) -> dict[str, Any]:
    return {
        "number": number,
        "sequence": sequence,
        "time": audit.time,
        "tenant": audit.tenant,
        "caller": audit.caller,
        "method": audit.method,
        "target": audit.target,
        "changes": list(audit.changes),
        "request_id": audit.request_id,
        "outcome": audit.outcome,
        "before": audit.before,
        "after": audit.after,
    }
