"""Who calls a version, and versions as documents, by field."""

from facade.app.api.form.form import Field, Form, Listed, Mapped
from facade.app.api.form.scalar import FLAG, ID, LONG, MOMENT, TEXT

USE = Form(
    "VersionUse",
    "How one caller has called a version.",
    (
        Field("caller", TEXT, "The name of the caller's identity; empty: nobody that is known."),
        Field("calls", LONG, "How many calls it has made."),
        Field("last_call_time", MOMENT, "Its last call, to half a minute.", own="last"),
        Field("days", Mapped(LONG), "Its calls by day (`2026-01-31`, UTC)."),
    ),
)

LIST_VERSION_USES_RESPONSE = Form(
    "ListVersionUsesResponse",
    "Response message for CatalogService.ListVersionUses.",
    (
        Field(
            "uses",
            Listed(USE),
            "Who has called it in the last 90 days; at most 1,000 callers.",
        ),
    ),
)

EXPORT_VERSION_RESPONSE = Form(
    "ExportVersionResponse",
    "Response message for CatalogService.ExportVersion.",
    (
        Field(
            "document",
            TEXT,
            "A connector file as JSON, with the OpenAPI document inside. The same version always "
            "gives the same text. Secrets are references.",
        ),
    ),
)

IMPORT = Form(
    "ImportConnectorRequest",
    "Request message for CatalogService.ImportConnector.",
    (
        Field(
            "document",
            TEXT,
            "A connector file of one version, as YAML or JSON, with the OpenAPI document inside.",
            required=True,
        ),
        Field("connector_id", ID, "The connector's id, in place of the one in the document."),
        Field("version_id", ID, "The version's id, in place of the one in the document."),
        Field(
            "as_new_version",
            FLAG,
            "If set, it becomes one more version of a connector that is there, and serves nothing "
            "until it is promoted; else the connector must be new.",
        ),
        Field(
            "validate_only",
            FLAG,
            "If set, checks the request and answers what it would lead to.",
        ),
        Field(
            "request_id",
            TEXT,
            "Makes the call idempotent: a repeat answers what the first one answered.",
        ),
    ),
)
