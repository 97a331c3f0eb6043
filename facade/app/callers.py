"""Whether callers must be known: not where only this machine can reach the faces."""

from facade.app.addresses import is_local
from facade.config import Misconfigured, Settings

FACES = ("grpc", "http")
"""Settings that say where calls come in."""

ANYONE = "callers: anyone on this machine"
"""What is said where nobody is asked who calls."""


def may_be_anyone(settings: Settings) -> bool:
    """Whether whoever shows no credential may do everything.

    Raises Misconfigured where that is asked for, and others could reach a face.
    """
    if settings.callers == "known":
        return False
    beyond = [
        f"{name}: {address}"
        for name in FACES
        if (address := getattr(settings, name)) and not is_local(address)
    ]
    if beyond and settings.callers == "anyone":
        raise Misconfigured(
            f"callers: `anyone` is for faces that this machine alone can reach, and {beyond[0]} is "
            "beyond it: leave `callers` out, and make keys with `portico keys create --data FOLDER`"
        )
    return not beyond
