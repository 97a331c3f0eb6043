"""Words: what starts a flow, and what a step of it does, in a few of them."""

from facade.model.definition import (
    BackendWebhook,
    CallAction,
    Choose,
    ForEach,
    Map,
    Notify,
    OnEvent,
    Poll,
    RunFlow,
    Save,
    Schedule,
    Trigger,
    Validate,
    Wait,
    Webhook,
    Work,
)


def of_trigger(trigger: Trigger) -> tuple[str, str]:
    """What kind of trigger it is, and what it says."""
    match trigger:
        case Schedule(cron=cron, time_zone=zone):
            return f"schedule, {zone}", cron
        case Webhook():
            return "webhook", "for each signed message"
        case BackendWebhook(register=call):
            return "backend webhook", _action(call.action)
        case Poll(call=call, every=every):
            return f"poll every {every:g} s", _action(call.action)
        case OnEvent(types=types):
            return "event", ", ".join(types)
        case _:
            return "manual", "when somebody says so"


def of_work(work: Work) -> str:
    """What a step does."""
    match work:
        case CallAction(call=call):
            return f"call {_action(call.action)}"
        case Map():
            return "map"
        case Validate(rules=rules):
            return f"validate, {len(rules)} {'rule' if len(rules) == 1 else 'rules'}"
        case Choose():
            return "choose"
        case ForEach(work=each, concurrency=concurrency):
            return f"for each: {of_work(each)}, {concurrency} at a time"
        case _:
            return _of_rest(work)


def _of_rest(work: Work) -> str:
    match work:
        case Wait(seconds=seconds, until=until):
            return f"wait {seconds:g} s" if until is None else f"wait until {until.text}"
        case Notify(channel=channel, to=to):
            return f"{channel.value} to {to}"
        case Save(key=key):
            return f"save {key}"
        case RunFlow(flow=flow):
            return f"run {flow.removeprefix('flows/')}"
        case _:
            return ""


def _action(name: str) -> str:
    """`petstore/listPets` of a full name."""
    parts = name.split("/", 5)
    return f"{parts[1]}/{parts[5]}" if len(parts) == 6 else name
