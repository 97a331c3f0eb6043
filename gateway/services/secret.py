"""SecretService: secrets that are kept sealed, by name; values go in and never out."""

from google.protobuf.empty_pb2 import Empty

from facade.catalog.catalog import Catalog
from facade.catalog.secret_request import new_name
from facade.listing.secrets import Secrets
from facade.model.secret import parse_secret
from facade.secrets.safe import Safe
from facade.secrets.use import check_unused
from gateway.convert.secret import change_from, rotation_to, secret_to
from gateway.interceptors.base import Rpc
from gateway.services.listing import list_secrets
from gateway.v1 import secret_pb2 as pb


class SecretService:
    """The methods of gateway.v1.SecretService."""

    def __init__(self, safe: Safe, catalog: Catalog, listing: Secrets) -> None:
        """Takes where the secrets are, who names them, and what lists them."""
        self._safe = safe
        self._catalog = catalog
        self._listing = listing

    async def create_secret(self, request: pb.CreateSecretRequest, rpc: Rpc) -> pb.Secret:
        """Puts a new secret in."""
        name = new_name(request.secret_id, rpc.identity.tenant)
        change = change_from(request.secret)
        return secret_to(await self._safe.create(name, change, by=rpc.identity))

    async def get_secret(self, request: pb.GetSecretRequest, rpc: Rpc) -> pb.Secret:
        """Gets what is told of a secret."""
        name = parse_secret(request.name, tenant=rpc.identity.tenant)
        return secret_to(await self._safe.get(name))

    async def list_secrets(
        self, request: pb.ListSecretsRequest, rpc: Rpc
    ) -> pb.ListSecretsResponse:
        """Lists the secrets, page by page."""
        return await list_secrets(self._listing, request, rpc.identity.tenant)

    async def update_secret(self, request: pb.UpdateSecretRequest, rpc: Rpc) -> pb.Secret:
        """Changes a secret."""
        secret = await self._safe.update(
            parse_secret(request.secret.name, "secret.name", rpc.identity.tenant),
            change_from(request.secret, tuple(request.update_mask.paths)),
            request.secret.etag,
            by=rpc.identity,
            allow_missing=request.allow_missing,
        )
        return secret_to(secret)

    async def delete_secret(self, request: pb.DeleteSecretRequest, rpc: Rpc) -> Empty:
        """Deletes a secret that no live version names, or any by force."""
        name = parse_secret(request.name, tenant=rpc.identity.tenant)
        if not request.force:
            check_unused(name, self._catalog.connectors(name.tenant))
        await self._safe.delete(name, request.etag, by=rpc.identity)
        return Empty()

    async def rotate_secrets(
        self, _request: pb.RotateSecretsRequest, rpc: Rpc
    ) -> pb.RotateSecretsResponse:
        """Seals secrets by the first key of the ring."""
        return rotation_to(await self._safe.rotate(by=rpc.identity))
