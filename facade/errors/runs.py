"""Why runs of flows are not to be had, are not begun, or fail by what they are themselves."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code, Effect
from facade.errors.service import ServiceFault


class RunNotFound(CallerFault):
    """The flow has no such run."""

    code = Code.NOT_FOUND
    reason = "RUN_NOT_FOUND"
    cause = "The flow has no such run, or it ended longer ago than history is kept."
    remedy = "See `portico run list FLOW`; keep more with `--history-days`."


class RunStateWrong(CallerFault):
    """The run is not in a state in which that can be done."""

    code = Code.FAILED_PRECONDITION
    reason = "RUN_STATE_WRONG"
    cause = (
        "The run has ended, or is not paused, or the step from which it was to be repeated never "
        "began."
    )
    remedy = "Look at the run's state and steps; repeat an ended run with `portico run replay`."


class FlowTooDeep(CallerFault):
    """Flows start flows, and too many of them wait for each other or follow from each other."""

    code = Code.FAILED_PRECONDITION
    reason = "FLOW_TOO_DEEP"
    cause = (
        "Eight runs wait for each other already, each a step of the next, or each was started by "
        "an event of the one before it: a circle, as a rule."
    )
    remedy = "Have no flow of the chain run one that is above it, nor publish what starts it."


class ValidationFailed(CallerFault):
    """A rule of a validation step does not hold."""

    code = Code.FAILED_PRECONDITION
    reason = "VALIDATION_FAILED"
    cause = "A rule of a validation step does not hold; the message names the first one."
    remedy = "Correct what the rule looks at, or the rule; then replay the run from that step."
    effect = Effect.EXECUTED


class FlowsOff(ServiceFault):
    """Flows are not run by the process."""

    code = Code.FAILED_PRECONDITION
    reason = "FLOWS_OFF"
    cause = (
        "The process runs the flows of another gateway already, or has no place where to keep how "
        "far runs have come, or nothing to send by what a step sends; the message says which."
    )
    remedy = (
        "Start it with flows, or ask a process that has them. In PostgreSQL give the role CREATE "
        "on the database once, or make the schema `portico_flows` and give it to the role."
    )


class RunExhausted(CallerFault):
    """The run has used up what its flow's bounds allow."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "RUN_EXHAUSTED"
    cause = "The run has taken more time, done more steps or kept more bytes than `bounds` allows."
    remedy = "Raise what the message names in the flow's `bounds`, or have the flow do less."


class StatusRefused(CallerFault):
    """The backend answered with a status that the step does not count as success."""

    code = Code.FAILED_PRECONDITION
    reason = "STATUS_REFUSED"
    cause = "The backend answered, with a status that the step's `success` does not have."
    remedy = "Add the status to `success` where it is one, or see why the backend answers so."
    effect = Effect.EXECUTED
