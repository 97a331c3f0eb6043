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


class QuotaExceeded(ServiceFault):
    """The caller has used up what a limit gives."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"
    cause = "A limit that the version's policy or the operator sets was reached; none was charged."
    remedy = "Retry after the time that RetryInfo gives, or let the call wait with `max_wait`."


class BreakerOpen(ServiceFault):
    """The backend, or the facade before it, fails and is left alone for a while."""

    code = Code.UNAVAILABLE
    reason = "BREAKER_OPEN"
    cause = (
        "The last calls to the backend, or to the facade before it, failed: it is left alone until "
        "a probe succeeds."
    )
    remedy = "Retry after the time that RetryInfo gives; look at why it fails."


class BackendPaused(ServiceFault):
    """The backend has asked to be left alone for a while."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "BACKEND_PAUSED"
    cause = "The backend's Retry-After or RateLimit headers ask for a pause beyond the deadline."
    remedy = "Retry after the time that RetryInfo gives."


class TokenUnavailable(ServiceFault):
    """The authorization server does not answer now."""

    code = Code.UNAVAILABLE
    reason = "TOKEN_UNAVAILABLE"
    cause = "The version's credential needs a token, and the authorization server does not answer."
    remedy = "Retry later; look at the address of the token endpoint, and at who answers there."


class CallInProgress(ServiceFault):
    """A call with the same request_id is still under way."""

    code = Code.ABORTED
    reason = "CALL_IN_PROGRESS"
    cause = "Another call with this request_id had not ended when the deadline of this one came."
    remedy = "Repeat the call with the same request_id: it answers what the first one answered."


class CallUncertain(ServiceFault):
    """It is not known what became of an earlier call with the same request_id."""

    code = Code.ABORTED
    reason = "CALL_UNCERTAIN"
    effect = Effect.UNKNOWN
    cause = (
        "An earlier call with this request_id ended without a word: its process was stopped, or "
        "its caller went away."
    )
    remedy = "See at the backend whether it acted; then use another request_id."
    retryable = False


class StoreUnavailable(ServiceFault):
    """The ledger could not be written or read."""

    code = Code.UNAVAILABLE
    reason = "STORE_UNAVAILABLE"
    effect = Effect.UNKNOWN
    cause = "The database does not answer: no change can be made, and no call with a request_id."
    remedy = "Repeat it with the same request_id. Calls without one go on meanwhile."


class StoreFull(ServiceFault):
    """There is no room left in the ledger."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "STORE_FULL"
    cause = "The volume or the database of the ledger has no room: nothing was changed."
    remedy = "Make room; calls go on meanwhile from what every process has in memory."


class ConnectionSuspended(ServiceFault):
    """The connection is suspended."""

    code = Code.UNAVAILABLE
    reason = "CONNECTION_SUSPENDED"
    retryable = False
    cause = "Somebody suspended the connection: its calls are refused until it is resumed."
    remedy = "Resume it with `portico connection resume`, or wait for whoever suspended it."


class RemovalFailed(ServiceFault):
    """What belongs to a subject could not be removed; it stays."""

    code = Code.UNKNOWN
    reason = "REMOVAL_FAILED"
    cause = "The backend did not remove what belongs to the subject, which therefore stays."
    remedy = "Repeat the removal once the backend answers."


class FormatUnavailable(ServiceFault):
    """What is asked for cannot be made by this process."""

    code = Code.UNIMPLEMENTED
    reason = "FORMAT_UNAVAILABLE"
    cause = "A facade makes no descriptors, and Python stubs need grpcio-tools and a folder to use."
    remedy = "Ask a gateway that has grpcio-tools, or take the format PROTO and run protoc on it."
    retryable = False


class Internal(ServiceFault):
    """A bug of ours."""

    code = Code.INTERNAL
    reason = "INTERNAL_ERROR"
    effect = Effect.UNKNOWN
    cause = "A bug of ours. The error id stands in the server's log beside the stack."
    remedy = "Report the error id."
    retryable = False
