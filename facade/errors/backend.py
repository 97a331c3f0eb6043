"""What the backend did."""

from facade.errors.fault import Code, Domain, Effect, Fault


class BackendFault(Fault):
    """What the backend did."""

    domain = Domain.BACKEND
    effect = Effect.EXECUTED


class BackendUnreachable(BackendFault):
    """No connection could be made."""

    code = Code.UNAVAILABLE
    reason = "BACKEND_UNREACHABLE"
    effect = Effect.NOT_EXECUTED
    cause = "No connection to the backend could be made: refused, no route, or an unknown name."
    remedy = "Check that the backend runs and that the server address is right; then retry."
    retryable = True


class BackendTls(BackendFault):
    """The TLS handshake with the backend failed."""

    code = Code.UNAVAILABLE
    reason = "BACKEND_TLS"
    effect = Effect.NOT_EXECUTED
    cause = "The backend's certificate is not valid for its address, or the handshake failed."
    remedy = "Mend the certificate; it is never ignored."


class BackendUnavailable(BackendFault):
    """The backend says that it cannot serve now, or broke off."""

    code = Code.UNAVAILABLE
    reason = "BACKEND_UNAVAILABLE"
    cause = "The backend answered 425, 502 or 503, or cut its answer off."
    remedy = "Retry later; `outcome` says whether the call may have been executed."
    retryable = True


class BackendTimeout(BackendFault):
    """The backend gave no whole answer in time."""

    code = Code.DEADLINE_EXCEEDED
    reason = "BACKEND_TIMEOUT"
    effect = Effect.UNKNOWN
    cause = "No whole answer came before the deadline, or the backend answered 408 or 504."
    remedy = "Give the call a longer deadline, or raise the version's timeout."
    retryable = True


class BackendBadResponse(BackendFault):
    """The answer is one that HTTP, its own content type or an enforced schema does not allow."""

    code = Code.UNKNOWN
    reason = "BACKEND_BAD_RESPONSE"
    cause = (
        "The answer breaks HTTP or its content type (HTML for JSON, broken JSON, two lengths), "
        "or a schema that the version enforces."
    )
    remedy = "Look at the backend, or at what answers in its place; `view` FULL shows the exchange."


class ResponseTooLarge(BackendFault):
    """The answer is larger than the limit."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "RESPONSE_TOO_LARGE"
    cause = (
        "The answer's headers or body, or an item of a stream, are larger than the limit, or "
        "unpack beyond it."
    )
    remedy = "Ask for less, page by page, or read the answer as a stream."


class BackendRejected(BackendFault):
    """The backend refused the request."""

    code = Code.INVALID_ARGUMENT
    reason = "BACKEND_REJECTED"
    cause = "The backend refused the request as it stands."
    remedy = "Read the backend's words in the message and correct the arguments."


class BackendAuthFailed(BackendFault):
    """The backend does not accept the credential."""

    code = Code.UNAUTHENTICATED
    reason = "BACKEND_AUTH_FAILED"
    cause = "The backend answered 401: the credential is missing or not accepted."
    remedy = "Configure or renew the credential of the version, connection or subject."


class BackendForbidden(BackendFault):
    """The backend knows the credential, and it may not."""

    code = Code.PERMISSION_DENIED
    reason = "BACKEND_FORBIDDEN"
    cause = "The backend answered 403 or 451."
    remedy = "Use a credential that has the right."


class BackendNotFound(BackendFault):
    """The backend has no such thing."""

    code = Code.NOT_FOUND
    reason = "BACKEND_NOT_FOUND"
    cause = "The backend answered 404 or 410."
    remedy = "Check the ids among the arguments."


class BackendMethod(BackendFault):
    """The backend does not offer the operation."""

    code = Code.UNIMPLEMENTED
    reason = "BACKEND_METHOD"
    cause = "The backend answered 405 or 501: it does not offer what its document says."
    remedy = "Check the server address and the document's version."


class BackendConflict(BackendFault):
    """The request conflicts with the backend's state."""

    code = Code.ABORTED
    reason = "BACKEND_CONFLICT"
    cause = "The backend answered 409."
    remedy = "Read the current state, and repeat the change on top of it."


class BackendRateLimited(BackendFault):
    """The backend limits its callers."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "BACKEND_RATE_LIMITED"
    cause = "The backend answered 429, 507 or 509."
    remedy = "Wait for the time that RetryInfo gives."
    retryable = True


class BackendCancelled(BackendFault):
    """The backend says that the caller went away."""

    code = Code.CANCELLED
    reason = "BACKEND_CANCELLED"
    cause = "The backend answered 499."
    remedy = "Repeat the call."


class BackendRedirect(BackendFault):
    """The backend points elsewhere; redirects are not followed."""

    code = Code.FAILED_PRECONDITION
    reason = "BACKEND_REDIRECT"
    cause = "The backend answered 3xx; redirects are never followed by default."
    remedy = "Use the address that it points to as the version's server."


class BackendError(BackendFault):
    """The backend failed."""

    code = Code.UNKNOWN
    reason = "BACKEND_ERROR"
    cause = "The backend answered 500, another 5xx, or a status outside 200 to 599."
    remedy = "Look at the backend; whether a retry is safe is the action's matter."
