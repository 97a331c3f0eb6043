"""The border of the RPCs: a Fault becomes a status, and anything else a bug of ours."""

import logging
import secrets

from grpc_status import rpc_status

from facade.errors.fault import Details, Fault
from facade.errors.service import Internal
from gateway.interceptors.base import Proceed, Rpc
from gateway.status import to_status


class Faults:
    """Ends an RPC with its answer or with the status of its fault.

    Outermost, so that no other ring's mistake can tell a caller anything: of what is no Fault
    he gets an error id, beside which the stack stands in the log `portico.faults`.
    """

    def __init__(self) -> None:
        self._log = logging.getLogger("portico.faults")

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Runs the rest; a cancellation passes through."""
        try:
            response = await proceed(request, rpc)
        except Fault as found:
            fault = found
        except Exception:  # noqa: BLE001 - the border; see the class
            fault = self._bug(rpc)
        else:
            await rpc.announce()
            return response
        rpc.metadata |= fault.details.headers
        rpc.metadata["x-http-status"] = fault.details.facts.get("httpStatus", "")
        await rpc.announce()
        # Trailing metadata that is set apart from the status would be lost.
        status = rpc_status.to_status(to_status(fault, rpc.trace_id))
        return await rpc.context.abort_with_status(status)

    def _bug(self, rpc: Rpc) -> Fault:
        error_id = secrets.token_hex(8)
        self._log.exception(
            "error %s in %s trace=%s",
            error_id,
            rpc.method,
            rpc.trace_id,
            extra={"error_id": error_id},
        )
        return Internal(
            f"A bug of ours. Error id: {error_id}",
            details=Details(facts={"errorId": error_id}),
        )
