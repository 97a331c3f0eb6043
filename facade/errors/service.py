"""What we could not do now, and what is a bug of ours."""

from facade.errors.fault import Code, Effect, Fault


class ServiceFault(Fault):
    """We could not do it now."""

    retryable = True


class DeadlineExceeded(ServiceFault):
    """The caller's deadline had passed before anything was sent."""

    code = Code.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"
    cause = (
        "The caller's deadline passed before the backend was called, or the caller stopped sending "
        "an upload or reading a stream."
    )
    remedy = "Give the call more time; send and read streams without long pauses."


class Overloaded(ServiceFault):
    """Too many calls are under way."""

    code = Code.UNAVAILABLE
    reason = "OVERLOADED"
    cause = "As many calls are under way as the limit allows."
    remedy = "Retry after the time that RetryInfo gives."


class StoreUnavailable(ServiceFault):
    """The ledger could not be written or read."""

    code = Code.UNAVAILABLE
    reason = "STORE_UNAVAILABLE"
    effect = Effect.UNKNOWN
    cause = "The database of connectors and versions does not answer."
    remedy = "Repeat the change with the same request_id. Calls go on meanwhile."


class Internal(ServiceFault):
    """A bug of ours."""

    code = Code.INTERNAL
    reason = "INTERNAL_ERROR"
    effect = Effect.UNKNOWN
    cause = "A bug of ours. The error id stands in the server's log beside the stack."
    remedy = "Report the error id."
    retryable = False
