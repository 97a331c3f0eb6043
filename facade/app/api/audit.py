"""The methods of the audit."""

from typing import Final

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import FLAG, LONG, LONG_COUNT, MOMENT, TEXT
from facade.app.api.requests import LIST
from facade.app.api.route import Asked, Desk, Route
from facade.app.api.template import Template
from facade.app.api.told import data, packed, weight
from facade.stores.trail import Entry

ENTRY = Form(
    "AuditEntry",
    "One thing that somebody did, or was refused.",
    (
        Field(
            "name",
            TEXT,
            "Format: auditEntries/{audit_entry}",
            get=lambda entry: f"auditEntries/{entry.number}",
        ),
        Field("time", MOMENT, "When it happened."),
        Field("caller", TEXT, "Who it was: `key:ci`, `spiffe://prod/billing`, `anyone`."),
        Field("method", TEXT, "What was called: `manage`; of a refusal the RPC."),
        Field("target", TEXT, "The name of what it was about."),
        Field("changes", Listed(TEXT), "What changed, a line each."),
        Field("request_id", TEXT, "The request's requestId, if it had one."),
        Field("outcome", TEXT, "`OK`, or the reason of the refusal: `CALLER_FORBIDDEN`."),
        Field("before", TEXT, "Digest of what was there before; empty: nothing."),
        Field("after", TEXT, "The same of what was there then."),
        Field(
            "sequence",
            LONG,
            "The number of the commit that it is part of; 0 of a refusal.",
            get=lambda entry: entry.sequence or 0,
        ),
        Field("digest", TEXT, "SHA-256 in hex of the entry and of the digest before it."),
    ),
)

LIST_AUDIT_ENTRIES_RESPONSE = Form(
    "ListAuditEntriesResponse",
    "A page of the audit.",
    (
        Field("audit_entries", Listed(ENTRY), "The entries, latest first."),
        NEXT_PAGE_TOKEN,
    ),
)

VERIFY = Form(
    "VerifyAuditRequest",
    "What is known of the audit from before.",
    (
        Field("known_number", LONG_COUNT, "The number of an entry that was noted down before."),
        Field("known_digest", TEXT, "The digest of that entry."),
    ),
)

VERIFIED = Form(
    "VerifyAuditResponse",
    "Whether the audit is as it was written.",
    (
        Field("intact", FLAG, "Whether every entry is where it was, as it was.", own="is_intact"),
        Field("number", LONG, "The number of the last entry: how many there are."),
        Field("digest", TEXT, "The digest of the last entry."),
        Field("broken_numbers", Listed(LONG), "The first ten entries that are not.", own="broken"),
        Field("broken_count", LONG, "How many there are in all.", own="problems"),
    ),
)


async def list_entries(desk: Desk, asked: Asked) -> Response:
    """Lists the entries of the caller's tenant, page by page, the latest first."""
    tenant = asked.identity.tenant
    found, token = await desk.audits.page(tenant, page_of(asked), _entry, weight)
    return listed("auditEntries", found, token)


async def verify(desk: Desk, asked: Asked) -> Response:
    """Says whether the whole of the audit is as it was written."""
    fields = asked.fields
    number, digest = fields.get("known_number", 0), fields.get("known_digest", "")
    return data(VERIFIED.write(await desk.audits.verify(number, digest)))


def _entry(entry: Entry) -> msgspec.Raw:
    return packed(ENTRY.write(entry))


ROUTES: Final = (
    Route(
        rpc="ListAuditEntries",
        service="AuditService",
        about="Lists the entries of the caller's tenant, latest first.",
        verb="GET",
        path=Template.of("/v1/auditEntries"),
        request=LIST,
        answer=LIST_AUDIT_ENTRIES_RESPONSE,
        handler=list_entries,
    ),
    Route(
        rpc="VerifyAudit",
        service="AuditService",
        about="Says whether an entry was changed, removed or moved since it was written.",
        verb="POST",
        path=Template.of("/v1/auditEntries:verify"),
        request=VERIFY,
        body="*",
        answer=VERIFIED,
        handler=verify,
    ),
)
