"""Posting: the session by which the SDK's exporter reaches a collector."""

from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, get_netrc_auth


class Session(requests.Session):
    """Posts to a collector next door over one connection, and to any other as requests does.

    That takes half a millisecond of CPU for what such a collector does not need: a proxy,
    redirects, cookies, .netrc.
    """

    def __init__(self) -> None:
        """Opens nothing yet."""
        super().__init__()
        self._near: dict[str, Near | None] = {}

    def request(self, method: str, url: str | bytes, *args: Any, **how: Any) -> requests.Response:
        """Sends a request; raises what requests raises."""
        address = str(url)
        if address not in self._near:
            self._near[address] = near(address)
        found = self._near[address]
        if found is None:
            return super().request(method, url, *args, **how)
        return found.post(how["data"], how["headers"], how["timeout"])

    def close(self) -> None:
        """Closes all connections."""
        super().close()
        for each in filter(None, self._near.values()):
            each.close()


class Near:
    """A server that needs no TLS, no proxy and no login."""

    def __init__(self, host: str, port: int | None, target: str) -> None:
        """Takes where it is, and what it is asked for."""
        self._connection = HTTPConnection(host, port)
        self._target = target

    def post(self, body: bytes, headers: dict[str, str], timeout: float) -> requests.Response:
        """Posts a body; raises ConnectionError of requests, whatever went wrong."""
        connection = self._connection
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        try:
            connection.request("POST", self._target, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise requests.ConnectionError(error) from None
        told = requests.Response()
        told.status_code, told.reason = answer.status, answer.reason
        told.headers.update(answer.headers)
        return told

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


def near(url: str) -> Near | None:
    """The server of a URL, where it is such a one."""
    parts = urlsplit(url)
    special = parts.username or get_environ_proxies(url) or get_netrc_auth(url)
    if parts.scheme != "http" or parts.hostname is None or special:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return Near(parts.hostname, parts.port, f"{parts.path or '/'}{query}")
