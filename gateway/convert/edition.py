"""Who calls a version, as messages."""

from facade.stores.uses import Use
from gateway.convert.version import timestamp
from gateway.v1 import catalog_pb2 as pb


def use_to(use: Use) -> pb.VersionUse:
    """How one caller has called a version."""
    return pb.VersionUse(
        caller=use.caller, calls=use.calls, last_call_time=timestamp(use.last), days=use.days
    )
