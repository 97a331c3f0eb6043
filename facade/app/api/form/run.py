"""Runs of flows, their steps and what they save, by field: they are only ever told."""

from typing import Any

import msgspec

from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import MOMENT, NAME, TEXT, WHOLE, choice
from facade.app.api.form.verbatim import ANY
from facade.errors.kinds import advice
from facade.model.flow import FlowVersionName
from facade.model.run import (
    FlowRecord,
    Run,
    RunError,
    RunName,
    RunState,
    StepRun,
    StepState,
    TriggerKind,
)


def _json(text: str) -> Any:
    """JSON as it is; None for none, and a text for what was cut and is none any more."""
    if not text:
        return None
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return msgspec.Raw(text.encode())


def _version(run: Run) -> str:
    return str(FlowVersionName(run.name.flow, run.version)) if run.version else ""


def _run_of(record: FlowRecord) -> str:
    return str(RunName(record.flow.flow, record.run))


def _cause(error: RunError) -> str:
    return advice(error.reason)[0]


def _remedy(error: RunError) -> str:
    return advice(error.reason)[1]


RUN_ERROR = Form(
    "RunError",
    "Why a step or a run failed.",
    (
        Field("reason", TEXT, "The reason, as docs/errors.md has it: `BACKEND_TIMEOUT`."),
        Field(
            "message",
            TEXT,
            "What happened; the message that the definition gives for it where it has one.",
        ),
        Field("code", WHOLE, "Of google.rpc.Code."),
        Field("status", WHOLE, "The HTTP status that the backend answered; 0: none."),
        Field("outcome", TEXT, "NOT_EXECUTED, UNKNOWN or EXECUTED."),
        Field("cause", TEXT, "When such an error happens, in general.", get=_cause),
        Field("remedy", TEXT, "What can be done about it.", get=_remedy),
    ),
)


def _output(step: StepRun) -> Any:
    return _json(step.output)


STEP_RUN = Form(
    "StepRun",
    "One step of one run.",
    (
        Field("id", TEXT, "Its id in the definition."),
        Field("state", choice("STATE", StepState), "Where it stands."),
        Field("attempts", WHOLE, "How often it was tried."),
        Field("start_time", MOMENT, "When it began."),
        Field("end_time", MOMENT, "When it ended."),
        Field("status", WHOLE, "The HTTP status that the backend answered; 0: none."),
        Field("output", ANY, "What it came to; cut after 64 KiB, a text of it.", get=_output),
        Field("error", RUN_ERROR, "Why it failed, where it did."),
        Field("reason", TEXT, "Why it was skipped, where it was."),
        Field("skipped_fields", Listed(TEXT), "The fields that lacked their value."),
        Field("items", WHOLE, "Of a fan-out: how many items there were."),
        Field("failed_items", WHOLE, "How many of them failed."),
        Field("child", TEXT, "The run that the step started."),
        Field("trace_id", TEXT, "By which its calls are found: traces/{trace}."),
    ),
)

RUN = Form(
    "Run",
    "One time that a flow runs.",
    (
        Field("name", NAME, "Format: flows/{flow}/runs/{run}"),
        Field(
            "version",
            TEXT,
            "The version that runs; empty where a definition is tested.",
            get=_version,
        ),
        Field("state", choice("STATE", RunState), "Where it stands."),
        Field("trigger", choice("TRIGGER", TriggerKind), "What started it."),
        Field("trigger_id", TEXT, "What makes the start happen once."),
        Field("started_by", TEXT, "Who started it, where somebody did."),
        Field("input", ANY, "What it began with.", get=lambda run: _json(run.input)),
        Field("output", ANY, "What it came to.", get=lambda run: _json(run.output)),
        Field("error", RUN_ERROR, "Why it failed, where it did."),
        Field("parent", TEXT, "The run that it is a step of."),
        Field("depth", WHOLE, "How many runs are above it."),
        Field("replay_of", TEXT, "The run that it repeats."),
        Field("trace_id", TEXT, "By which its calls are found: traces/{trace}."),
        Field("create_time", MOMENT, "When it was asked for."),
        Field("start_time", MOMENT, "When its first step began."),
        Field("end_time", MOMENT, "When it ended."),
        Field("steps", Listed(STEP_RUN), "Its steps, in the order in which they began."),
    ),
)

FLOW_RECORD = Form(
    "FlowRecord",
    "What a run has saved under a key; a later value of the key takes its place.",
    (
        Field("key", TEXT, "The key."),
        Field("value", ANY, "The value.", get=lambda record: _json(record.value)),
        Field("run", TEXT, "The run that saved it.", get=_run_of),
        Field("update_time", MOMENT, "When it was saved."),
    ),
)

LIST_RUNS_RESPONSE = Form(
    "ListRunsResponse",
    "Response message for FlowService.ListRuns.",
    (
        Field("runs", Listed(RUN), "The runs, newest first, without their steps."),
        NEXT_PAGE_TOKEN,
    ),
)

LIST_FLOW_RECORDS_RESPONSE = Form(
    "ListFlowRecordsResponse",
    "Response message for FlowService.ListFlowRecords.",
    (
        Field("records", Listed(FLOW_RECORD), "The records, ordered by key."),
        NEXT_PAGE_TOKEN,
    ),
)
