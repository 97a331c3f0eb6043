"""What steps do, as a flow file writes it: each work by the field that tells it."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from facade.flows.document.calls import CALLING, call_of, taken_of
from facade.flows.document.collections import Mapped
from facade.flows.document.form import Form, Member, Members, required
from facade.flows.document.kinds import Code, Duration, Json, Kind, Text, Truth, places_of
from facade.flows.document.names import FlowText, Messages, StatusList
from facade.flows.document.node import Node
from facade.flows.document.triggers import DAY, EVENT_FORM, EVENT_LONGEST, EVENT_TYPE, JMESPATH
from facade.model.definition import (
    CallAction,
    Channel,
    Expression,
    Map,
    Notify,
    Place,
    RunFlow,
    Save,
    Statuses,
    Wait,
)
from facade.model.event import OURS
from facade.model.names import ID

FIELDS: Final = Mapped(
    kind=JMESPATH,
    keys=r"[^\x00-\x1f]{1,200}",
    form="a field's name must have 1 to 200 characters",
    least=1,
    most=500,
)
PAUSE: Final = Duration(least=0.001, most=366 * DAY)
_MAIL: Final = re.compile(r"[^\s@,<>]+@[^\s@,<>]+\.[^\s@,<>]+")
_URL: Final = r"https?://[!\"$-.0->A-~]+(?:[/?][!\"$-~]*)?"
_SECRET: Final = rf"secret:{ID.pattern}"
OWN_TYPE: Final = rf"(?!(?:{'|'.join(sorted(OURS))})(?:\.|$)){EVENT_TYPE}"
OWN_FORM: Final = f"{EVENT_FORM.partition(':')[0]}, none of the gateway's own such as `run.failed`"


class Making:
    """A JMESPath for the whole value, or one for each field of an object."""

    def read(self, node: Node) -> Expression | dict[str, Expression]:
        """The expression, or the expressions by field."""
        if isinstance(node.value, dict):
            return FIELDS.read(node)
        return JMESPATH.read(node)

    def write(self, value: Expression | Mapping[str, Expression]) -> Any:
        """A text, or texts by field."""
        kind: Kind = JMESPATH if isinstance(value, Expression) else FIELDS
        return kind.write(value)

    def schema(self) -> dict[str, Any]:
        """A string or an object of strings."""
        return {"anyOf": [JMESPATH.schema(), FIELDS.schema()]}


class Pause:
    """A time to wait, or the time until which."""

    def read(self, node: Node) -> Wait:
        """The wait."""
        if isinstance(node.value, dict):
            made: Wait = UNTIL.read(node)
            return made
        return Wait(seconds=PAUSE.read(node))

    def write(self, value: Wait) -> Any:
        """A duration, or an object."""
        return UNTIL.write(value) if value.until else PAUSE.write(value.seconds)

    def schema(self) -> dict[str, Any]:
        """A string or an object."""
        return {"anyOf": [PAUSE.schema(), UNTIL.schema()]}


UNTIL: Final = Form(
    name="Until",
    about="Waits until a time.",
    members={"until": required(JMESPATH, "A time of RFC 3339.")},
    make=lambda _node, values: Wait(until=values["until"]),
    take=lambda wait: {"until": wait.until},
)


class Addresses:
    """Addresses of mail, with commas between."""

    def read(self, node: Node) -> str:
        """The addresses, each with one blank after its comma."""
        text = Text(least=3, most=1000, literal=True).read(node)
        found = [each.strip() for each in text.split(",")]
        wrong = [each for each in found if not _MAIL.fullmatch(each)]
        if wrong:
            raise node.refuse(f"`{wrong[0][:50]}` is no address of mail")
        return ", ".join(found)

    def write(self, value: str) -> str:
        """The addresses."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string with an `@`."""
        one = r"\s*[^\s@,<>{]+@[^\s@,<>{]+\.[^\s@,<>{]+\s*"
        return {"type": "string", "maxLength": 1000, "pattern": f"^{one}(?:,{one})*$"}


class Address:
    """The URL that a notification goes to."""

    def read(self, node: Node) -> str:
        """The URL, written out: what varies goes into the content."""
        form = "must be a URL that begins with https:// or http://, without user or fragment"
        text = Text(least=1, most=2000, literal=True, pattern=_URL, form=form).read(node)
        try:
            urlsplit(text).port  # noqa: B018 - it raises where the port is none
        except ValueError:
            raise node.refuse(form) from None
        return text

    def write(self, value: str) -> str:
        """The URL."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string that is an http(s) URL."""
        slot = {"pattern": r"\{[{%]"}
        return {"type": "string", "maxLength": 2000, "pattern": f"^{_URL}$", "not": slot}


def _notify(node: Node, values: dict[str, Any]) -> Notify:
    channel = next(each for each in Channel if each.value in values)
    content = node.child("content")
    if channel is Channel.MAIL and not isinstance(values["content"], str):
        raise content.refuse("the content of a mail must be a text")
    return Notify(
        channel=channel,
        to=values[channel.value],
        secret=values.get("secret", ""),
        subject=values.get("subject", ""),
        subject_place=node.child("subject").place if "subject" in values else Place(),
        content=values.get("content"),
        places=places_of(content) if content.value is not None else {},
    )


def _told(notify: Notify) -> dict[str, Any]:
    found = {"webhook": {"secret": notify.secret}, "mail": {"subject": notify.subject}}
    own = found.get(notify.channel.value, {})
    return {notify.channel.value: notify.to, **own, "content": notify.content}


_CONTENT: Final = Member(Json(), "What is told; texts may hold slots.")
NOTIFY: Final = Form(
    name="Notify",
    about="Who is told what: one of these.",
    variants={
        "webhook": {
            "webhook": required(Address(), "The URL that it is sent to, signed."),
            "secret": Member(
                Text(
                    least=1,
                    pattern=_SECRET,
                    form="must name a secret that the gateway keeps: `secret:NAME`",
                ),
                "The secret that signs it: `secret:NAME`.",
                "",
            ),
            "content": _CONTENT,
        },
        "mail": {
            "mail": required(Addresses(), "Addresses, with commas between."),
            "subject": required(Text(least=1, most=500), "The subject; slots."),
            "content": required(Text(most=100_000), "The text; slots."),
        },
        "event": {
            "event": required(
                Text(least=1, most=EVENT_LONGEST, pattern=OWN_TYPE, form=OWN_FORM),
                "The event's type.",
            ),
            "content": _CONTENT,
        },
    },
    make=_notify,
    take=_told,
)


def _call_action(node: Node, values: dict[str, Any]) -> CallAction:
    messages = dict(values.get("messages", {}))
    default = messages.pop("default", "")
    by_status = {int(key): each for key, each in messages.items()}
    statuses = Statuses(success=values.get("success"), messages=by_status, default=default)
    return CallAction(
        call=call_of(node, values),
        statuses=statuses,
        ignore_empty=values.get("ignore_empty", False),
    )


def _called(work: CallAction) -> dict[str, Any]:
    told = {str(key): each for key, each in work.statuses.messages.items()}
    default = {"default": work.statuses.default} if work.statuses.default else {}
    return {
        **taken_of(work.call),
        "success": work.statuses.success,
        "messages": told | default,
        "ignore_empty": work.ignore_empty,
    }


def _map(_node: Node, values: dict[str, Any]) -> Map:
    told = values["map"]
    if isinstance(told, Expression):
        return Map(source=values.get("from"), expression=told)
    return Map(source=values.get("from"), fields=told)


def _run_flow(node: Node, values: dict[str, Any]) -> RunFlow:
    given = node.child("input")
    return RunFlow(
        flow=values["flow"],
        input=values.get("input"),
        places=places_of(given) if given.value is not None else {},
        place=node.child("flow").place,
    )


def _save(node: Node, values: dict[str, Any]) -> Save:
    return Save(key=values["save"], value=values["value"], place=node.child("save").place)


SOURCE: Final = Member(Code("JMESPath"), "What the expressions begin at; absent: all there is.")

WORKS: Final[Mapping[str, Members]] = {
    "action": {
        **CALLING,
        "success": Member(
            StatusList(), "Statuses that are success; absent: as the engine judges; `[]`: all."
        ),
        "messages": Member(Messages(), "What is said of other statuses, and of the `default`.", {}),
        "ignore_empty": Member(
            Truth(), "Whether arguments that are null or an empty text stay away.", default=False
        ),
    },
    "map": {"map": required(Making(), "JMESPath: of the value, or by field."), "from": SOURCE},
    "flow": {
        "flow": required(FlowText(), "The flow that runs, and is waited for."),
        "input": Member(Json(), "What it begins with; texts may hold slots."),
    },
    "notify": {"notify": required(NOTIFY, NOTIFY.about)},
}
"""Works that may be done for each item of a list, too: their fields."""

MAKERS: Final[Mapping[str, Any]] = {
    "action": _call_action,
    "map": _map,
    "flow": _run_flow,
    "notify": lambda _node, values: values["notify"],
    "wait": lambda _node, values: values["wait"],
    "save": _save,
}
"""What makes a work of its fields."""

TAKERS: Final[Mapping[type, Any]] = {
    CallAction: _called,
    Map: lambda work: {"map": work.expression or work.fields, "from": work.source},
    RunFlow: lambda work: {"flow": work.flow, "input": work.input},
    Notify: lambda work: {"notify": work},
    Wait: lambda work: {"wait": work},
    Save: lambda work: {"save": work.key, "value": work.value},
}
"""What takes the fields of a work."""

WORK: Final = Form(
    name="Work",
    about="What is done for each item: one of these.",
    variants=WORKS,
    make=lambda node, values: MAKERS[next(each for each in WORKS if each in values)](node, values),
    take=lambda work: TAKERS[type(work)](work),
)

WAIT: Final[Members] = {"wait": required(Pause(), "A time such as `30s`, or `{until: JMESPath}`.")}
SAVE: Final[Members] = {
    "save": required(Text(least=1, most=1000), "The key of the record; slots."),
    "value": required(JMESPATH, "What is kept."),
}
