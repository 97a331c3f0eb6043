"""TriggerService: where triggers stand, new secrets of webhooks, and a tick at once."""

from facade.model.flow_names import parse_trigger
from facade.triggers.management import Management
from gateway.convert.mirror import seconds_of
from gateway.convert.trigger import trigger_to
from gateway.interceptors.base import Rpc
from gateway.v1 import trigger_pb2 as pb


class TriggerService:
    """The methods of gateway.v1.TriggerService."""

    def __init__(self, management: Management) -> None:
        """Takes what knows the triggers."""
        self._management = management

    async def get_trigger(self, request: pb.GetTriggerRequest, rpc: Rpc) -> pb.Trigger:
        """Gets the trigger of a flow."""
        name = parse_trigger(request.name, tenant=rpc.identity.tenant)
        return trigger_to(await self._management.get(name))

    async def rotate_webhook_secret(
        self, request: pb.RotateWebhookSecretRequest, rpc: Rpc
    ) -> pb.RotateWebhookSecretResponse:
        """Makes a new secret, and tells it this once."""
        name = parse_trigger(request.name, tenant=rpc.identity.tenant)
        overlap = seconds_of(request.overlap) if request.HasField("overlap") else None
        secret = await self._management.rotate(name, overlap, rpc.identity)
        return pb.RotateWebhookSecretResponse(secret=secret)

    async def fire_trigger(
        self, request: pb.FireTriggerRequest, rpc: Rpc
    ) -> pb.FireTriggerResponse:
        """Has a trigger tick now."""
        name = parse_trigger(request.name, tenant=rpc.identity.tenant)
        return pb.FireTriggerResponse(run=await self._management.fire(name, rpc.identity))
