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
from gateway.listing import list_secrets
from gateway.v1 import secret_pb2 as pb


class SecretService:
    """The methods of gateway.v1.SecretService."""

    def __init__(self, safe: Safe, catalog: Catalog, listing: Secrets) -> None:
        """Takes where the secrets are, who names them, and what lists them."""
        self._safe = safe
        self._catalog = catalog
        self._listing = listing

    async def create_secret(self, request: pb.CreateSecretRequest, _rpc: Rpc) -> pb.Secret:
        """Puts a new secret in."""
        name = new_name(request.secret_id)
        return secret_to(await self._safe.create(name, change_from(request.secret)))

    async def get_secret(self, request: pb.GetSecretRequest, _rpc: Rpc) -> pb.Secret:
        """Gets what is told of a secret."""
        return secret_to(await self._safe.get(parse_secret(request.name)))

    async def list_secrets(
        self, request: pb.ListSecretsRequest, _rpc: Rpc
    ) -> pb.ListSecretsResponse:
        """Lists the secrets, page by page."""
        return await list_secrets(self._listing, request)

    async def update_secret(self, request: pb.UpdateSecretRequest, _rpc: Rpc) -> pb.Secret:
        """Changes a secret."""
        secret = await self._safe.update(
            parse_secret(request.secret.name, "secret.name"),
            change_from(request.secret, tuple(request.update_mask.paths)),
            request.secret.etag,
            allow_missing=request.allow_missing,
        )
        return secret_to(secret)

    async def delete_secret(self, request: pb.DeleteSecretRequest, _rpc: Rpc) -> Empty:
        """Deletes a secret that no live version names, or any by force."""
        name = parse_secret(request.name)
        if not request.force:
            check_unused(name, self._catalog.connectors())
        await self._safe.delete(name, request.etag)
        return Empty()

    async def rotate_secrets(
        self, _request: pb.RotateSecretsRequest, _rpc: Rpc
    ) -> pb.RotateSecretsResponse:
        """Seals secrets by the first key of the ring."""
        return rotation_to(await self._safe.rotate())
