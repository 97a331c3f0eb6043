"""What is wrong with flows and what is asked of them; nothing has run then."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code


class FlowNotFound(CallerFault):
    """No flow has that name."""

    code = Code.NOT_FOUND
    reason = "FLOW_NOT_FOUND"
    cause = "No flow has that name."
    remedy = "See `portico flow list`; ResourceInfo may name what was meant."


class FlowExists(CallerFault):
    """A flow has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "FLOW_EXISTS"
    cause = "A flow has that name already."
    remedy = "Choose another id, or update the one that is there."


class FlowVersionNotFound(CallerFault):
    """The flow has no such version."""

    code = Code.NOT_FOUND
    reason = "FLOW_VERSION_NOT_FOUND"
    cause = "The flow never had that version, or it was the oldest of more than 100."
    remedy = "See `portico flow versions FLOW`."


class FlowUnfit(CallerFault):
    """The flow does not fit the actions that it calls, as they are now."""

    code = Code.FAILED_PRECONDITION
    reason = "FLOW_UNFIT"
    cause = (
        "The definition calls actions that are not there, gives them arguments that they do not "
        "take, or reads fields that nothing gives it."
    )
    remedy = (
        "Mend the places that BadRequest names by line and column; `portico flow check FILE` shows "
        "all of them before anything is published."
    )


class FlowSuspended(CallerFault):
    """The flow is suspended: nothing starts it."""

    code = Code.FAILED_PRECONDITION
    reason = "FLOW_SUSPENDED"
    cause = "Somebody suspended the flow: what would start it is refused until it is resumed."
    remedy = "Resume it with `portico flow resume FLOW`, if it is to run."


class FlowUnpublished(CallerFault):
    """The flow has no published version."""

    code = Code.FAILED_PRECONDITION
    reason = "FLOW_UNPUBLISHED"
    cause = "No version of the flow was published, and the request names none itself."
    remedy = "Publish one with `portico flow publish FLOW`, or name a version to run."
