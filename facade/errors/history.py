"""What can be wrong with what is asked of history and alerts; and mails that do not go out."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code, Effect
from facade.errors.service import ServiceFault


class ExecutionNotFound(CallerFault):
    """History has no such execution."""

    code = Code.NOT_FOUND
    reason = "EXECUTION_NOT_FOUND"
    cause = "History has no execution of that name: it is too old, was not sampled, or never was."
    remedy = "See `portico history list`; `history_days` and `history_sample` say what is kept."


class AlertNotFound(CallerFault):
    """No alert has that name."""

    code = Code.NOT_FOUND
    reason = "ALERT_NOT_FOUND"
    cause = "No alert has that name."
    remedy = "See `portico alert list`."


class AlertExists(CallerFault):
    """An alert has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "ALERT_EXISTS"
    cause = "An alert has that name already."
    remedy = "Choose another id, or change the alert that is there."


class MailUnavailable(ServiceFault):
    """A mail was not taken by the server for mails, or there is none."""

    code = Code.UNAVAILABLE
    reason = "MAIL_UNAVAILABLE"
    effect = Effect.UNKNOWN
    cause = "No server for mails is set, it does not answer, or it refuses the mail."
    remedy = "See `smtp` and `mail_from` among the settings, and the log of the mail server."
    retryable = True
