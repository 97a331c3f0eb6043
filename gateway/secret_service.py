"""SecretService: secrets that are kept sealed, by name; values go in and never out."""

from collections.abc import AsyncIterator, Mapping

from google.protobuf.empty_pb2 import Empty

from facade.catalog.catalog import Catalog
from facade.errors.caller import HasChildren
from facade.errors.fault import Details, Resource
from facade.model.secret import Secret, SecretName, parse_secret, references_of
from facade.secrets.safe import TYPE, Safe
from gateway.convert.secret import change_from, new_name, rotation_to, secret_to
from gateway.filter import Field, Predicate, parse_filter
from gateway.interceptors.base import Rpc
from gateway.pages import Tokens, page_size, take
from gateway.v1 import secret_pb2 as pb

FIELDS: Mapping[str, Field[Secret]] = {
    "id": Field(str, lambda secret: secret.name.secret),
    "notes": Field(str, lambda secret: secret.notes),
    "labels": Field(dict, lambda secret: secret.labels),
    "key_label": Field(str, lambda secret: secret.key_label),
}

READ = 200
"""Secrets that are read at once while a page is filled."""


class SecretService:
    """The methods of gateway.v1.SecretService."""

    def __init__(self, safe: Safe, catalog: Catalog, tokens: Tokens) -> None:
        """Takes where the secrets are, who names them, and the tokens between pages."""
        self._safe = safe
        self._catalog = catalog
        self._tokens = tokens

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
        size, after = page_size(request.page_size), self._tokens.open(request)
        page = await take(self._entries(after, parse_filter(request.filter, FIELDS)), size)
        return pb.ListSecretsResponse(
            secrets=page.items, next_page_token=self._tokens.seal(request, page.last)
        )

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
        users = () if request.force else self._users(name)
        if users:
            raise HasChildren(
                f"`{name}` is named by `{users[0]}`"
                + (f" and {len(users) - 1} more" if len(users) > 1 else "")
                + ", which serves `live` calls; set `force` to delete it all the same",
                details=Details(resource=Resource(type=TYPE, name=str(name))),
            )
        await self._safe.delete(name, request.etag)
        return Empty()

    async def rotate_secrets(
        self, _request: pb.RotateSecretsRequest, _rpc: Rpc
    ) -> pb.RotateSecretsResponse:
        """Seals secrets by the first key of the ring."""
        return rotation_to(await self._safe.rotate())

    async def _entries(
        self, after: str, matches: Predicate[Secret]
    ) -> AsyncIterator[tuple[str, pb.Secret | None]]:
        while True:
            secrets = await self._safe.page(after, READ)
            for each in secrets:
                after = each.name.secret
                yield after, secret_to(each) if matches(each) else None
            if len(secrets) < READ:
                return

    def _users(self, name: SecretName) -> tuple[str, ...]:
        """The versions that serve `live` calls and need a secret for them."""
        return tuple(
            str(version.name)
            for connector in self._catalog.connectors()
            for version in connector.live
            if name.reference in references_of(version)
        )
