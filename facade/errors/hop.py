"""What went wrong between a gateway and the facade before a backend."""

from facade.errors.fault import Code, Details, Domain, Effect, Fault


class HopFault(Fault):
    """What went wrong between a gateway and the facade before a backend."""

    retryable = True


class FacadeUnavailable(HopFault):
    """The facade cannot be reached, or something else answered in its place."""

    code = Code.UNAVAILABLE
    reason = "FACADE_UNAVAILABLE"
    cause = (
        "The facade of an indirect version cannot be reached, broke off, or an answer came without "
        "its mark: from a proxy, or from a facade that has no such route."
    )
    remedy = "Check that the facade runs and that the version's address leads to it; then retry."


class FacadeTimeout(HopFault):
    """The facade gave no whole answer in time."""

    code = Code.DEADLINE_EXCEEDED
    reason = "FACADE_TIMEOUT"
    effect = Effect.UNKNOWN
    cause = "The facade of an indirect version gave no whole answer before the deadline."
    remedy = "Give the call a longer deadline; look at whether the facade is stuck."


class HopUntrusted(HopFault):
    """The facade does not believe who signed the hop."""

    code = Code.FAILED_PRECONDITION
    reason = "HOP_UNTRUSTED"
    domain = Domain.FACADE
    retryable = False
    cause = (
        "A request to the facade says on whose behalf it is made, but its signature is missing a "
        "known key, older than five minutes, or of another request."
    )
    remedy = "Give gateway and facade the same `hop_key`; set their clocks right."


class Foreign(Fault):
    """What a facade tells under a reason that this release does not know."""

    code = Code.UNKNOWN
    cause = "The facade is of a newer release."
    remedy = "Read the message; bring the gateway to the facade's release."

    def __init__(self, reason: str, message: str, *, details: Details, code: Code) -> None:
        """Takes the reason as it was told."""
        super().__init__(message, details=details, code=code)
        self.reason = reason


class HopLoop(HopFault):
    """The call goes from facade to facade."""

    code = Code.FAILED_PRECONDITION
    reason = "HOP_LOOP"
    cause = "An indirect version leads to a facade whose own version is indirect, and so on."
    remedy = "Let the version's address lead to the facade that calls the backend itself."
    retryable = False
