"""The List methods: their requests to lists, and what is listed to messages."""

from functools import partial

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.listing import listing
from facade.listing.secrets import Secrets
from facade.model.access import Identity
from gateway.convert.action import action_to
from gateway.convert.connector import connector_to
from gateway.convert.secret import secret_to
from gateway.convert.version import version_to
from gateway.pages import asked_in, weight
from gateway.v1 import action_pb2, catalog_pb2, gateway_pb2, secret_pb2


class Listing:
    """Lists the catalog, message by message."""

    def __init__(self, lists: listing.Listing) -> None:
        """Takes what lists it."""
        self._lists = lists

    async def actions(
        self, request: gateway_pb2.ListActionsRequest, identity: Identity
    ) -> gateway_pb2.ListActionsResponse:
        """Actions by name."""
        if request.view not in action_pb2.ActionView.values():
            raise invalid(
                Violation(field="view", description=f"{request.view} is none of its values")
            )
        form = partial(action_to, full=request.view == action_pb2.ACTION_VIEW_FULL)
        found, token = await self._lists.actions(
            asked_in(request, identity.tenant, identity), form, weight
        )
        return gateway_pb2.ListActionsResponse(actions=found, next_page_token=token)

    async def connectors(
        self, request: catalog_pb2.ListConnectorsRequest, identity: Identity
    ) -> catalog_pb2.ListConnectorsResponse:
        """Connectors by name."""
        asked = asked_in(request, identity.tenant, identity)
        found, token = await self._lists.connectors(asked, connector_to, weight)
        return catalog_pb2.ListConnectorsResponse(connectors=found, next_page_token=token)

    async def versions(
        self, request: catalog_pb2.ListVersionsRequest, identity: Identity
    ) -> catalog_pb2.ListVersionsResponse:
        """Versions, newest first."""
        asked = asked_in(request, identity.tenant, identity)
        found, token = await self._lists.versions(asked, version_to, weight)
        return catalog_pb2.ListVersionsResponse(versions=found, next_page_token=token)


async def list_secrets(
    secrets: Secrets, request: secret_pb2.ListSecretsRequest, tenant: str
) -> secret_pb2.ListSecretsResponse:
    """Secrets by name."""
    found, token = await secrets.page(asked_in(request, tenant), secret_to, weight)
    return secret_pb2.ListSecretsResponse(secrets=found, next_page_token=token)
