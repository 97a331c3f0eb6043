"""HTTP servers on loopback whose routes do what a test wants, and certificates for them."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trustme
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from facade.app.listening import Binding, TlsFiles
from facade.app.routing import App
from facade.app.server import Server
from facade.config import Settings


@asynccontextmanager
async def a_listener(
    routes: Sequence[BaseRoute],
    tls: TlsFiles | None = None,
    address: str = "127.0.0.1:0",
    **settings: Any,
) -> AsyncIterator[tuple[Server, str]]:
    """A server that serves, and its URL."""
    chosen = Settings(**{"drain_delay": 0.0, "drain_grace": 1.0, **settings})
    app = App(routes)
    server = Server(app, Binding(address=address, tls=tls), app.drain, chosen)
    try:
        yield server, await server.start()
    finally:
        await server.stop()


def asking(app: App, **options: Any) -> httpx.AsyncClient:
    """A client of an application, without a socket."""
    transport = httpx.ASGITransport(app=answering(app))
    return httpx.AsyncClient(transport=transport, base_url="http://facade.test", **options)


def answering(app: App) -> Any:
    """The application, with the state that a server gives to each request."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"peer_names": ()}}, receive, send)

    return answered


class Certificates:
    """An authority, and a server's certificate by it, on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.files = TlsFiles(
            certificate=folder / "tls.crt", key=folder / "tls.key", authority=folder / "ca.crt"
        )
        self.write()

    def write(self) -> None:
        """Writes a new certificate, by the authority of the moment."""
        issued = self.authority.issue_cert("localhost", "127.0.0.1")
        issued.private_key_pem.write_to_path(self.files.key)
        issued.cert_chain_pems[0].write_to_path(self.files.certificate)
        self.authority.cert_pem.write_to_path(self.folder / "ca.crt")

    def caller(self, *names: str) -> httpx.AsyncClient:
        """A client with a certificate for names."""
        return self._client(self.authority.issue_cert(*names))

    def anonymous(self) -> httpx.AsyncClient:
        """A client without one."""
        return self._client(None)

    def _client(self, issued: trustme.LeafCert | None) -> httpx.AsyncClient:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        if issued is not None:
            issued.configure_cert(context)
        return httpx.AsyncClient(verify=context, trust_env=False)
