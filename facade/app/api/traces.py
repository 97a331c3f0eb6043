"""The methods of traces: what the last calls did, hop by hop."""

from datetime import UTC, datetime, timedelta

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form.form import TEXTS, Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.scalar import MOMENT, SECONDS, TEXT, choice
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, packed, weight
from facade.telemetry.ring import Step, Told
from facade.telemetry.spans import Kind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NANOSECONDS = 1_000_000_000


def _moment(began: Step | Told) -> datetime:
    return EPOCH + timedelta(microseconds=began.start // 1000)


def _seconds(lasted: Step | Told) -> float:
    return lasted.duration / NANOSECONDS


SPAN = Form(
    "Span",
    "One step of a call.",
    (
        Field("span_id", TEXT, "16 hexadecimal digits."),
        Field(
            "parent_span_id",
            TEXT,
            "That of the step that it is part of; empty for the first one.",
            own="parent_id",
        ),
        Field("name", TEXT, "What it is."),
        Field("kind", choice("KIND", Kind), "Which side of a hop it is."),
        Field("service", TEXT, "The service that took it: `portico-gateway`, `portico-facade`."),
        Field("start_time", MOMENT, "When it began.", get=_moment),
        Field("duration", SECONDS, "How long it took.", get=_seconds),
        Field("attributes", TEXTS, "What is said of it, by the names of OpenTelemetry."),
        Field("error_reason", TEXT, "The reason of its failure; empty where it succeeded."),
    ),
)

TRACE = Form(
    "Trace",
    "What one call did, hop by hop.",
    (
        Field("name", TEXT, "Format: traces/{trace}", get=lambda told: f"traces/{told.trace_id}"),
        Field("start_time", MOMENT, "When its first span began.", get=_moment),
        Field("duration", SECONDS, "From there to the end of its last span.", get=_seconds),
        Field("title", TEXT, "The name of its first span."),
        Field("error_reason", TEXT, "Why it failed; empty where it did not."),
        Field("action", TEXT, "The full name of the action that it called."),
        Field("spans", Listed(SPAN), "Its steps, by their beginning.", own="steps"),
        Field("missing", Listed(TEXT), "Facades that could not be asked for theirs, and why."),
    ),
)

LIST_TRACES_RESPONSE = Form(
    "ListTracesResponse",
    "A page of traces.",
    (
        Field("traces", Listed(TRACE), "The traces, latest first, without their spans."),
        NEXT_PAGE_TOKEN,
    ),
)


async def get_trace(desk: Desk, asked: Asked) -> Response:
    """Gets one trace; to a gateway that collects its parts, what is known here."""
    tenant = asked.identity.tenant
    return data(TRACE.write(await desk.traces.get(asked.name, tenant, alone=asked.is_signed)))


async def list_traces(desk: Desk, asked: Asked) -> Response:
    """Lists the last traces, page by page."""
    return listed("traces", *await desk.traces.page(page_of(asked), _entry, weight))


def _entry(told: Told) -> msgspec.Raw:
    return packed(TRACE.write(told, {"spans": ()}))
