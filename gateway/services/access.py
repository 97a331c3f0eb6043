"""AccessService: API keys, and as whom the gateway knows its caller."""

from google.protobuf.empty_pb2 import Empty

from facade.access.keys import Keys
from facade.listing.keys import KeyList
from facade.model.key import KeyName, parse_key
from gateway.convert.access import expiry_from, grants_from, identity_to, key_to
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import access_pb2 as pb


class AccessService:
    """The methods of gateway.v1.AccessService."""

    def __init__(self, keys: Keys, listing: KeyList, sources: tuple[str, ...]) -> None:
        """Takes where the keys are, what lists them, and the addresses that calls leave from."""
        self._keys = keys
        self._listing = listing
        self._sources = sources

    async def create_key(self, request: pb.CreateKeyRequest, rpc: Rpc) -> pb.CreateKeyResponse:
        """Makes a key, and tells its text this once."""
        key, text = await self._keys.create(
            KeyName(request.key_id, rpc.identity.tenant),
            grants_from(request.key.grants),
            notes=request.key.notes,
            expire_time=expiry_from(request.key),
            by=rpc.identity,
        )
        return pb.CreateKeyResponse(key=key_to(key), text=text)

    async def get_key(self, request: pb.GetKeyRequest, rpc: Rpc) -> pb.Key:
        """Gets what is told of a key."""
        name = parse_key(request.name, tenant=rpc.identity.tenant)
        return key_to(self._keys.get(name, rpc.identity))

    async def list_keys(self, request: pb.ListKeysRequest, rpc: Rpc) -> pb.ListKeysResponse:
        """Lists the keys, page by page."""
        asked = asked_in(request, rpc.identity.tenant)
        found, token = await self._listing.page(rpc.identity, asked, key_to, weight)
        return pb.ListKeysResponse(keys=found, next_page_token=token)

    async def revoke_key(self, request: pb.RevokeKeyRequest, rpc: Rpc) -> pb.Key:
        """Has a key make nobody known any more."""
        name = parse_key(request.name, tenant=rpc.identity.tenant)
        return key_to(await self._keys.revoke(name, by=rpc.identity))

    async def delete_key(self, request: pb.DeleteKeyRequest, rpc: Rpc) -> Empty:
        """Deletes a key."""
        name = parse_key(request.name, tenant=rpc.identity.tenant)
        await self._keys.delete(name, by=rpc.identity)
        return Empty()

    async def who_am_i(self, _request: pb.WhoAmIRequest, rpc: Rpc) -> pb.WhoAmIResponse:
        """Says who calls."""
        return identity_to(rpc.identity, self._sources)
