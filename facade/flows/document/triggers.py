"""What starts a flow, as its file writes it."""

from collections.abc import Mapping
from typing import Any, Final

from facade.expressions.finding import meant
from facade.flows.document.calls import CALL
from facade.flows.document.collections import Listed
from facade.flows.document.form import Form, Member, required
from facade.flows.document.kinds import Choice, Code, Duration, Text, Truth
from facade.flows.document.names import CronText, ZoneText
from facade.flows.document.node import Node
from facade.model.definition import (
    BackendWebhook,
    CatchUp,
    Manual,
    OnEvent,
    Poll,
    Schedule,
    Trigger,
    Webhook,
)
from facade.model.event import OURS

JMESPATH: Final = Code("JMESPath")
CEL: Final = Code("CEL")

EVENT_TYPE: Final = r"[a-z][a-z0-9_]{0,62}(?:\.[a-z0-9_]{1,63}){0,7}"
"""The type of an event, as `facade.events.matching` has it."""

EVENT_LONGEST: Final = 128
"""Characters of one."""

EVENT_FORM: Final = "must be words of small letters, digits and `_` with dots between: `run.failed`"

DAY: Final = 86400.0


class Awaited(Text):
    """Types of events, of which the gateway's own are known."""

    def read(self, node: Node) -> str:
        """The text; refused where the gateway has no such event."""
        text = super().read(node)
        head, _, tail = text.partition(".")
        if head in OURS and tail not in (*OURS[head], "*"):
            known = [f"{head}.{each}" for each in OURS[head]]
            hint = meant(text, known)
            said = hint or (f"; there are {', '.join(f'`{each}`' for each in known)}" * bool(known))
            raise node.refuse(f"is no event of this gateway{said}")
        return text


def _plain(kind: type[Trigger]) -> Any:
    """Makes a trigger whose fields are called as those of its form."""
    return lambda _node, values: kind(**values)


def _fields(form: Mapping[str, Member]) -> Any:
    """Takes the fields of such a trigger."""
    return lambda trigger: {key: getattr(trigger, key) for key in form}


def _schedule(node: Node, values: dict[str, Any]) -> Schedule:
    return Schedule(**values, place=node.place)


SCHEDULE: Final = {
    "cron": required(
        CronText(), "Minute, hour, day, month and day of the week; six fields have seconds first."
    ),
    "time_zone": Member(ZoneText(), "Of the IANA database: `Europe/Berlin`.", "UTC"),
    "catch_up": Member(Choice(CatchUp), "What is done about ticks that were missed.", CatchUp.LAST),
}
WEBHOOK: Final = {
    "filter": Member(CEL, "Over `body` and `headers`; false: the message is dropped."),
}
BACKEND: Final = {
    "register": required(CALL, "The call that registers `callback.url` at the backend."),
    "unregister": Member(
        CALL, "The call that removes it; absent: DELETE of the Location that it answered."
    ),
    **WEBHOOK,
}
POLL: Final = {
    "call": required(CALL, "The call that asks; slots have `state`."),
    "every": required(Duration(least=1, most=31 * DAY), "How often: `5m`."),
    "items": required(JMESPATH, "Over `{status, headers, body}`: the list of what was found."),
    "key": Member(JMESPATH, "Over an item: what makes it the same; absent: the whole of it."),
    "state": Member(JMESPATH, "Over `{status, headers, body}`: what the next poll begins with."),
    "each": Member(Truth(), "Whether each new item has a run of its own.", True),  # noqa: FBT003 - the default of the field
}
EVENT: Final = {
    "types": required(
        Listed(
            kind=Awaited(
                least=1,
                most=EVENT_LONGEST,
                pattern=rf"{EVENT_TYPE}(?:\.\*)?|\*",
                form=EVENT_FORM + ", or `run.*`",
            ),
            least=1,
            most=50,
        ),
        "Types of events: `run.failed`; `run.*` fits all that begin so.",
    ),
    "filter": Member(CEL, "Over `event`; false: dropped."),
}

KINDS: Final[Mapping[str, tuple[type[Trigger], Form]]] = {
    "manual": (
        Manual,
        Form(
            name="Manual",
            about="Runs when somebody says so.",
            make=_plain(Manual),
            take=_fields({}),
        ),
    ),
    "schedule": (
        Schedule,
        Form(
            name="Schedule",
            about="Runs by the clock.",
            members=SCHEDULE,
            make=_schedule,
            take=_fields(SCHEDULE),
        ),
    ),
    "webhook": (
        Webhook,
        Form(
            name="Webhook",
            about="Runs for each signed message to an address of its own.",
            members=WEBHOOK,
            make=_plain(Webhook),
            take=_fields(WEBHOOK),
        ),
    ),
    "backend_webhook": (
        BackendWebhook,
        Form(
            name="BackendWebhook",
            about="Has a backend send to the flow's address.",
            members=BACKEND,
            make=_plain(BackendWebhook),
            take=_fields(BACKEND),
        ),
    ),
    "poll": (
        Poll,
        Form(
            name="Poll",
            about="Asks a backend again and again, and runs for what is new.",
            members=POLL,
            make=_plain(Poll),
            take=_fields(POLL),
        ),
    ),
    "event": (
        OnEvent,
        Form(
            name="OnEvent",
            about="Runs for events of this gateway.",
            members=EVENT,
            make=_plain(OnEvent),
            take=_fields(EVENT),
        ),
    ),
}


def _made(_node: Node, values: dict[str, Any]) -> Trigger:
    [trigger] = values.values()
    return trigger  # type: ignore[no-any-return]  # each form of KINDS makes one


def _taken(trigger: Trigger) -> dict[str, Any]:
    return {next(key for key, (kind, _) in KINDS.items() if isinstance(trigger, kind)): trigger}


TRIGGER: Final = Form(
    name="Trigger",
    about="What starts the flow: one of these.",
    variants={key: {key: required(form, form.about)} for key, (_, form) in KINDS.items()},
    make=_made,
    take=_taken,
)
