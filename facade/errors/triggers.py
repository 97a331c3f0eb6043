"""What keeps a message or a tick from starting a flow."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code
from facade.errors.service import ServiceFault


class WebhookRefused(CallerFault):
    """The message is not signed by a secret of its address, or not now."""

    code = Code.UNAUTHENTICATED
    reason = "WEBHOOK_REFUSED"
    cause = (
        "The message's signature (Standard Webhooks: `webhook-id`, `webhook-timestamp`, "
        "`webhook-signature`) is missing, is not that of a secret of the address over the bytes "
        "that came, or its time is more than 5 minutes away."
    )
    remedy = (
        "Sign the body as it is sent, with the secret that `portico trigger rotate FLOW` tells, "
        "and keep the sender's clock right."
    )


class WebhookNotFound(CallerFault):
    """There is no such address."""

    code = Code.NOT_FOUND
    reason = "WEBHOOK_NOT_FOUND"
    cause = "No flow that takes messages has that address: it never had, or its flow is gone."
    remedy = "See `portico trigger get FLOW` for the address of a flow."


class MessageLate(CallerFault):
    """The body of a message took too long to come."""

    code = Code.DEADLINE_EXCEEDED
    reason = "MESSAGE_LATE"
    cause = "The body of the message did not come within 10 seconds."
    remedy = "Send it without pauses; the same message may be sent again."


class TriggerSuspended(ServiceFault):
    """The flow of the address is suspended."""

    code = Code.UNAVAILABLE
    reason = "TRIGGER_SUSPENDED"
    retryable = False
    cause = "Somebody suspended the flow: messages to it are refused until it is resumed."
    remedy = "Resume it with `portico flow resume`, then send the message again."


class TriggerMismatch(CallerFault):
    """The flow's trigger has no such thing."""

    code = Code.FAILED_PRECONDITION
    reason = "TRIGGER_MISMATCH"
    cause = (
        "The flow's trigger is of another kind: webhooks alone have a secret that is told, "
        "schedules and polls alone can be fired."
    )
    remedy = (
        "See `portico trigger get FLOW`. A flow of any trigger is started by `portico flow run`; a "
        "backend's webhook gets a new secret when its flow is suspended and resumed."
    )
