"""The methods of TrialService: actions are tried before anything of it is saved."""

from typing import Any, Final

from starlette.responses import Response

from facade.access.hints import narrow
from facade.app.api.answers import ERROR
from facade.app.api.calls import remaining_of
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.scalar import (
    CONNECTION_NAME,
    FLAG,
    LONG,
    MOMENT,
    SECONDS,
    SUBJECT_NAME,
    TEXT,
    WHOLE,
)
from facade.app.api.route import Asked, Desk, Route
from facade.app.api.template import Template
from facade.app.api.told import data, error
from facade.model.face import deadline_of
from facade.model.names import parse_action
from facade.model.trial import Trying

SERVICE: Final = "TrialService"

CONNECTION: Final = Field("connection", CONNECTION_NAME, "Through which connection it is tried.")
ARGUMENTS: Final = "The arguments, a JSON object. Its texts may have slots: `{{ input.id }}`."

GET: Final = Form(
    "GetTrialRequest",
    "Of what the prompts are wanted.",
    (
        CONNECTION,
        Field(
            "parameters_json",
            TEXT,
            "Arguments whose slots are asked about; those of the last time if unset.",
        ),
    ),
)
TEST: Final = Form(
    "TestActionRequest",
    "What is to be tried.",
    (
        CONNECTION,
        Field("subject", SUBJECT_NAME, "For which of the connection's end users."),
        Field("parameters_json", TEXT, ARGUMENTS),
        Field("values_json", TEXT, "What the slots stand for this time, a JSON object."),
        Field("use_last", FLAG, "If set, what is not given is as it was the last time."),
        Field("leave_empty", FLAG, "If set, slots without a value are empty."),
        Field("learn", FLAG, "If set, a schema is learnt of the answer."),
    ),
)
PROMPT: Final = Form(
    "Prompt",
    "A value that somebody must give before an action can be tried.",
    (
        Field("name", TEXT, "The slot's name: `input.id`."),
        Field("arguments", Listed(TEXT), "The arguments in which it stands."),
        Field("type", TEXT, "The JSON type that it is to have, where that is known."),
        Field("description", TEXT, "What it is."),
        Field("last_json", TEXT, "What was given the last time, as JSON.", own="last"),
    ),
)
TRIAL: Final = Form(
    "Trial",
    "What somebody tried an action with the last time, and what is to be given.",
    (
        Field("parameters_json", TEXT, "The arguments of the last time.", own="arguments"),
        Field("values_json", TEXT, "What their slots stood for.", own="values"),
        Field("time", MOMENT, "When that was; unset: never."),
        Field("prompts", Listed(PROMPT), "What is to be given, in the order of the arguments."),
    ),
)
HEADER: Final = Form(
    "TrialHeader",
    "One header field of an answer.",
    (
        Field("name", TEXT, "Its name, in lower case."),
        Field("value", TEXT, "Its value."),
    ),
)
NODE: Final = Form(
    "BodyNode",
    "One value of an answer.",
    (
        Field("path", TEXT, "The JMESPath expression that leads to it: `data.items[0].id`."),
        Field("name", TEXT, "Its key or position; empty: the root."),
        Field("depth", WHOLE, "How many values it is within."),
        Field("type", TEXT, "Its JSON type; `integer` where a number is one."),
        Field("text", TEXT, "The value as JSON, cut after 200 characters."),
        Field("size", WHOLE, "How many members an object or an array has."),
    ),
)
TRIED: Final = Form(
    "TestActionResponse",
    "What a trial came to.",
    (
        Field("prompts", Listed(PROMPT), "What is to be given first: nothing was sent."),
        Field("request_time", MOMENT, "When the request began.", own="time"),
        Field("elapsed", SECONDS, "How long it took.", own="seconds"),
        Field("method", TEXT, "The HTTP method."),
        Field("uri", TEXT, "The URL, with secrets blanked."),
        Field("http_status", WHOLE, "The HTTP status; 0: nothing was answered.", own="status"),
        Field("headers", Listed(HEADER), "The header fields of the answer."),
        Field("nodes", Listed(NODE), "The body as a tree, in the order of the text."),
        Field("cut", FLAG, "Whether the body has more nodes than are shown."),
        Field("body_text", TEXT, "The beginning of a body that is no JSON.", own="text"),
        Field("body_size", LONG, "Bytes of the body.", own="size"),
        Field("content_type", TEXT, "Its media type."),
        Field("error", ERROR, "What went wrong; unset where nothing did."),
        Field(
            "cause",
            TEXT,
            "When such an error happens.",
            get=lambda tried: tried.fault.cause if tried.fault else "",
        ),
        Field(
            "remedy",
            TEXT,
            "What can be done about it.",
            get=lambda tried: tried.fault.remedy if tried.fault else "",
        ),
        Field("warnings", Listed(TEXT), "What the document does not say of the answer."),
        Field("learnt_schema_json", TEXT, "The schema that was learnt.", own="learnt"),
        Field("sent_parameters_json", TEXT, "The arguments as they were sent.", own="arguments"),
        Field("trace_id", TEXT, "The trace that shows every hop."),
    ),
)


async def get_trial(desk: Desk, asked: Asked) -> Response:
    """Says what is asked for before an action can be tried."""
    given = asked.fields.get("parameters_json", "")
    trying = Trying(
        name=parse_action(asked.name, "name", asked.identity.tenant),
        connection=asked.fields.get("connection", ""),
        arguments=given,
        use_last=not given,
    )
    return data(TRIAL.write(await desk.trials.last(trying, asked.identity)))


async def test_action(desk: Desk, asked: Asked) -> Response:
    """Calls an action once, and shows the answer."""
    fields = asked.fields
    trying = Trying(
        name=parse_action(asked.name, "name", asked.identity.tenant),
        connection=fields.get("connection", ""),
        subject=fields.get("subject", ""),
        arguments=fields.get("parameters_json", ""),
        values=fields.get("values_json", ""),
        use_last=fields.get("use_last", False),
        leave_empty=fields.get("leave_empty", False),
        learn=fields.get("learn", False),
    )
    deadline = deadline_of(remaining_of(asked))
    tried = await desk.trials.run(trying, asked.identity, deadline, asked.headers)
    failed: dict[str, Any] = {"error": None}
    if tried.fault is not None:
        narrow(tried.fault, asked.identity)
        failed["error"] = error(tried.fault, tried.trace_id)
    return data(TRIED.write(tried, failed))


AN_ACTION: Final = "/v1/{name=connectors/*/versions/*/actions/*}"

ROUTES: Final = (
    Route(
        rpc="GetTrial",
        service=SERVICE,
        about="Says what is asked for before an action can be tried.",
        verb="GET",
        path=Template.of(f"{AN_ACTION}:getTrial"),
        request=GET,
        answer=TRIAL,
        handler=get_trial,
    ),
    Route(
        rpc="TestAction",
        service=SERVICE,
        about="Calls an action once, past the cache, and shows the answer piece by piece.",
        verb="POST",
        path=Template.of(f"{AN_ACTION}:test"),
        request=TEST,
        body="*",
        answer=TRIED,
        handler=test_action,
    ),
)
