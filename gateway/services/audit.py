"""AuditService: who did what, and whether what is written of it is intact."""

from facade.listing.audit import Audits
from gateway.convert.audit import entry_to, verified_to
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import audit_pb2 as pb


class AuditService:
    """The methods of gateway.v1.AuditService."""

    def __init__(self, audits: Audits) -> None:
        """Takes what lists and verifies them."""
        self._audits = audits

    async def list_audit_entries(
        self, request: pb.ListAuditEntriesRequest, rpc: Rpc
    ) -> pb.ListAuditEntriesResponse:
        """Lists the entries of the caller's tenant, page by page, the latest first."""
        tenant = rpc.identity.tenant
        found, token = await self._audits.page(tenant, asked_in(request, tenant), entry_to, weight)
        return pb.ListAuditEntriesResponse(audit_entries=found, next_page_token=token)

    async def verify_audit(
        self, request: pb.VerifyAuditRequest, _rpc: Rpc
    ) -> pb.VerifyAuditResponse:
        """Says whether the whole of the audit is as it was written."""
        return verified_to(await self._audits.verify(request.known_number, request.known_digest))
