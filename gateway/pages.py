"""Pages of the List methods: what their requests ask for."""

from typing import Any

from google.protobuf.message import Message

from facade.listing.pages import Asked
from facade.model.access import ANYONE, Identity


def asked_in(request: Any, tenant: str = "", identity: Identity = ANYONE) -> Asked:
    """The page that a request of a tenant's for a List method asks for.

    `identity`: who is to be told of what he may see alone.
    """
    return Asked(
        parent=getattr(request, "parent", ""),
        filter=getattr(request, "filter", ""),
        size=request.page_size,
        token=request.page_token,
        tenant=tenant,
        identity=identity,
        bound=_bound(request),
    )


def weight(message: Message) -> int:
    """Bytes of an entry."""
    return message.ByteSize()


def _bound(request: Message) -> bytes:
    """The request without what may differ from page to page (AIP-158), under its own name."""
    kept = type(request)()
    kept.CopyFrom(request)
    kept.ClearField("page_token")
    kept.ClearField("page_size")
    name = kept.DESCRIPTOR.full_name.encode()
    return name + b"\0" + kept.SerializeToString(deterministic=True)
