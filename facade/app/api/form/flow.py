"""Flows and their versions, by field."""

from typing import Any

from facade.app.api.form.form import LABELS, Field, Form, Listed, Way
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.resource import CREATE_TIME, REVISION, UPDATE_TIME
from facade.app.api.form.scalar import FLAG, MOMENT, NAME, TEXT, WHOLE, choice
from facade.expressions.finding import Finding
from facade.model.flow import Flow, FlowState, FlowVersion


def _newest(flow: Flow) -> FlowVersion:
    return flow.versions[-1]


def _said(given: dict[str, Any], _place: FieldPlace) -> dict[str, Any]:
    """What is the caller's to set; the name is what the path says."""
    return {"labels": given.get("labels", {}), "source": given.get("source", "")}


def _line(finding: Finding) -> int:
    return finding.place.line


def _column(finding: Finding) -> int:
    return finding.place.column


FLOW = Form(
    "Flow",
    "What runs by itself.",
    (
        Field("name", NAME, "Format: flows/{flow}"),
        Field("uid", TEXT, "A UUID that no other flow ever has.", way=Way.OUT),
        Field(
            "title",
            TEXT,
            "A line for people: of the published version, else of the newest.",
            way=Way.OUT,
        ),
        Field("description", TEXT, "What it is for: of the same version.", way=Way.OUT),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field(
            "source",
            TEXT,
            "The definition, as YAML or JSON; told is that of the newest version. At most 262,144 "
            "bytes.",
            get=lambda flow: _newest(flow).source,
        ),
        Field(
            "newest_version",
            TEXT,
            "The id of its newest version: `v7`.",
            get=lambda flow: _newest(flow).name.version,
            way=Way.OUT,
        ),
        Field(
            "published_version",
            TEXT,
            "The id of the version that its trigger runs; empty: none is published.",
            own="published",
            way=Way.OUT,
        ),
        Field(
            "published_by",
            TEXT,
            "Who published it: whose grants its calls were checked against.",
            way=Way.OUT,
        ),
        Field("state", choice("STATE", FlowState), "Where it stands.", way=Way.OUT),
        Field(
            "state_description",
            TEXT,
            "Why it stands there, where that is ERROR or SUSPENDED.",
            way=Way.OUT,
        ),
        REVISION,
        Field("etag", TEXT, "Changes with every change of the flow."),
        CREATE_TIME,
        UPDATE_TIME,
    ),
    _said,
)

FLOW_VERSION = Form(
    "FlowVersion",
    "A version of a flow: it never changes.",
    (
        Field("name", NAME, "Format: flows/{flow}/versions/{version}"),
        Field("title", TEXT, "A line for people.", get=lambda version: version.definition.title),
        Field("source", TEXT, "The definition as it was given."),
        Field(
            "published",
            FLAG,
            "Whether it is the one that its flow's trigger runs.",
            get=lambda _version: False,
        ),
        Field("created_by", TEXT, "Who made it."),
        Field("create_time", MOMENT, "When it was made."),
    ),
)

FLOW_FINDING = Form(
    "FlowFinding",
    "One thing that is wrong with a definition.",
    (
        Field("line", WHOLE, "The line, from 1; 0: the definition has no text.", get=_line),
        Field("column", WHOLE, "The column, from 1.", get=_column),
        Field("description", TEXT, "What is wrong, and what would be right.", own="message"),
    ),
)

CHECKED = Form(
    "CheckFlowResponse",
    "What is wrong with a definition.",
    (
        Field(
            "findings",
            Listed(FLOW_FINDING),
            "All that is wrong, by line and column; none: it could be published.",
        ),
    ),
)

LIST_FLOWS_RESPONSE = Form(
    "ListFlowsResponse",
    "Response message for FlowService.ListFlows.",
    (
        Field("flows", Listed(FLOW), "The flows, ordered by name, without their definitions."),
        NEXT_PAGE_TOKEN,
    ),
)

LIST_FLOW_VERSIONS_RESPONSE = Form(
    "ListFlowVersionsResponse",
    "Response message for FlowService.ListFlowVersions.",
    (
        Field(
            "versions",
            Listed(FLOW_VERSION),
            "The versions, newest first, without their definitions.",
        ),
        NEXT_PAGE_TOKEN,
    ),
)
