"""Answers that hold resources, by field."""

from facade.app.api.form.action import ACTION
from facade.app.api.form.form import Field, Form, Listed
from facade.app.api.form.page import NEXT_PAGE_TOKEN
from facade.app.api.form.secret import SECRET
from facade.app.api.form.version import CONNECTOR, VERSION

LIST_CONNECTORS_RESPONSE = Form(
    "ListConnectorsResponse",
    "Response message for CatalogService.ListConnectors.",
    (
        Field("connectors", Listed(CONNECTOR), "The connectors, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

LIST_VERSIONS_RESPONSE = Form(
    "ListVersionsResponse",
    "Response message for CatalogService.ListVersions.",
    (
        Field("versions", Listed(VERSION), "The versions, newest first."),
        NEXT_PAGE_TOKEN,
    ),
)

LIST_ACTIONS_RESPONSE = Form(
    "ListActionsResponse",
    "Response message for GatewayService.ListActions.",
    (
        Field("actions", Listed(ACTION), "The actions, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

LIST_SECRETS_RESPONSE = Form(
    "ListSecretsResponse",
    "Response message for SecretService.ListSecrets.",
    (
        Field("secrets", Listed(SECRET), "The secrets, ordered by name."),
        NEXT_PAGE_TOKEN,
    ),
)

MANAGE_VERSIONS_RESPONSE = Form(
    "ManageVersionsResponse",
    "Response message for GatewayService.ManageVersions.",
    (
        Field(
            "versions",
            Listed(VERSION),
            "The version that each change led to, in the order of the changes.",
        ),
    ),
)
