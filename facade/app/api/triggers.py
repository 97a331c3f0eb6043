"""The methods of TriggerService: where triggers stand, new secrets, and a tick at once."""

from typing import Final

from starlette.responses import Response

from facade.app.api.form.form import Field, Form, Listed, Way
from facade.app.api.form.scalar import MOMENT, TEXT, WHOLE, choice
from facade.app.api.requests import NOTHING, SHORT
from facade.app.api.route import Asked, Desk, Route
from facade.app.api.template import Template
from facade.app.api.told import data
from facade.model.flow import FlowName
from facade.model.flow_names import parse_trigger
from facade.model.trigger import TriggerState, TriggerStatus

SERVICE: Final = "TriggerService"


def _name_of(status: TriggerStatus) -> str:
    return f"{status.flow}/trigger"


def _secrets(status: TriggerStatus) -> int:
    return len(status.secret_end_times)


TRIGGER: Final = Form(
    "Trigger",
    "What starts a flow, and how far it has come.",
    (
        Field("name", TEXT, "Format: flows/{flow}/trigger", get=_name_of, way=Way.OUT),
        Field(
            "kind",
            TEXT,
            "`manual`, `schedule`, `webhook`, `backend_webhook`, `poll` or `event`: of the "
            "published version, or of the newest where none is published.",
            way=Way.OUT,
        ),
        Field("state", choice("STATE", TriggerState), "Where it stands.", way=Way.OUT),
        Field("state_description", TEXT, "Why it is in ERROR.", way=Way.OUT),
        Field(
            "url",
            TEXT,
            "Of webhooks: where messages are sent to. Without a host where `public_url` is not "
            "set.",
            way=Way.OUT,
        ),
        Field(
            "secret_count",
            WHOLE,
            "Of webhooks: how many secrets are believed now; 0: no message is.",
            get=_secrets,
            way=Way.OUT,
        ),
        Field(
            "old_secrets_expire_time",
            MOMENT,
            "When the last of the old secrets ends; unset where there is one secret at most.",
            way=Way.OUT,
        ),
        Field(
            "cursor",
            TEXT,
            "The last tick of a schedule; the state of a poll, as JSON.",
            way=Way.OUT,
        ),
        Field(
            "next_time",
            MOMENT,
            "When it is due next: the next tick, the next poll, the next try.",
            way=Way.OUT,
        ),
        Field(
            "last_time",
            MOMENT,
            "The tick, the message, the poll or the event that started a run last.",
            way=Way.OUT,
        ),
        Field(
            "last_run",
            TEXT,
            "The run that it started last. Format: flows/{flow}/runs/{run}",
            way=Way.OUT,
        ),
        Field("last_error", TEXT, "What went wrong last: `BACKEND_TIMEOUT: …`.", way=Way.OUT),
        Field(
            "location",
            TEXT,
            "Of a backend webhook: where the backend keeps the registration.",
            way=Way.OUT,
        ),
        Field(
            "lost_registrations",
            Listed(TEXT),
            "Registrations that may have been left at a backend, in words: the last 20.",
            own="lost",
            way=Way.OUT,
        ),
    ),
)

ROTATE: Final = Form(
    "RotateWebhookSecretRequest",
    "A new secret.",
    (
        Field(
            "overlap",
            SHORT,
            "For how long the secret of before is believed; 24 hours if unset, 30 days at most, "
            "0 s: it ends now.",
        ),
    ),
)

ROTATED: Final = Form(
    "RotateWebhookSecretResponse",
    "A new secret.",
    (
        Field(
            "secret",
            TEXT,
            "The secret, as Standard Webhooks writes it: `whsec_…`. It is told once.",
        ),
    ),
)

FIRED: Final = Form(
    "FireTriggerResponse",
    "What was started.",
    (
        Field(
            "run",
            TEXT,
            "The run that was started; empty for a poll, which starts runs for what it finds. "
            "Format: flows/{flow}/runs/{run}",
        ),
    ),
)


async def get_trigger(desk: Desk, asked: Asked) -> Response:
    """Gets the trigger of a flow."""
    return data(TRIGGER.write(await desk.triggers.get(_name(asked))))


async def rotate_webhook_secret(desk: Desk, asked: Asked) -> Response:
    """Makes a new secret, and tells it this once."""
    overlap = asked.fields.get("overlap")
    return data({"secret": await desk.triggers.rotate(_name(asked), overlap, asked.identity)})


async def fire_trigger(desk: Desk, asked: Asked) -> Response:
    """Has a trigger tick now."""
    run = await desk.triggers.fire(_name(asked), asked.identity)
    return data({"run": run} if run else {})


def _name(asked: Asked) -> FlowName:
    return parse_trigger(asked.name, tenant=asked.identity.tenant)


ROUTES: Final = (
    Route(
        rpc="GetTrigger",
        service=SERVICE,
        about="Gets the trigger of a flow: its address, its next tick, what it started last.",
        verb="GET",
        path=Template.of("/v1/{name=flows/*/trigger}"),
        request=NOTHING,
        answer=TRIGGER,
        handler=get_trigger,
    ),
    Route(
        rpc="RotateWebhookSecret",
        service=SERVICE,
        about="Makes a new secret of a webhook. The answer alone has it.",
        verb="POST",
        path=Template.of("/v1/{name=flows/*/trigger}:rotate"),
        request=ROTATE,
        body="*",
        answer=ROTATED,
        handler=rotate_webhook_secret,
    ),
    Route(
        rpc="FireTrigger",
        service=SERVICE,
        about="Has a schedule tick now, or a poll ask within a second.",
        verb="POST",
        path=Template.of("/v1/{name=flows/*/trigger}:fire"),
        request=NOTHING,
        body="*",
        answer=FIRED,
        handler=fire_trigger,
    ),
)
