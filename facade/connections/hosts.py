"""Which hosts a connection allows requests of one's own to go to; pure."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from facade.model.ports import DEFAULT_PORTS


def allows(patterns: Iterable[str], origin: str) -> bool:
    """Whether an origin (`https://host:port`) fits HOST, HOST:PORT or *.SUFFIX.

    A pattern without a port is for the one that the URL's scheme has by itself.
    """
    parts = urlsplit(origin)
    usual = DEFAULT_PORTS[parts.scheme]
    host = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
    port = parts.port or usual
    return any(_fits(each, host, port, usual) for each in patterns)


def _fits(pattern: str, host: str, port: int, usual: int) -> bool:
    before, colon, digits = pattern.rpartition(":")
    name, wanted = (before, int(digits)) if colon and digits.isdigit() else (pattern, usual)
    if wanted != port:
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
