"""Callers whom a connection proves: by a certificate, or by the user at a socket's other end."""

import os
from pathlib import Path
from typing import Any

import grpc
import httpx
import trustme

from facade.app.app import build_app
from facade.app.listening import Binding
from facade.app.server import Server
from facade.bootstrap import open_parts
from facade.config import Settings
from gateway.server import build_server
from gateway.v1.access_pb2 import WhoAmIRequest
from gateway.v1.access_pb2_grpc import AccessServiceStub

ACCESS = """\
access:
  - members: ["dns:billing.example"]
    tenant: acme
    role: viewer
  - members: ["unix:%d"]
    role: invoker
"""


async def test_a18_a_certificate_makes_its_holder_known_and_a_token_does_not_stand_in_for_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS % os.getuid())
    authority = trustme.CA()
    files = {name: tmp_path / f"{name}.pem" for name in ("cert", "key", "ca")}
    server_cert = authority.issue_cert("localhost", "127.0.0.1")
    server_cert.cert_chain_pems[0].write_to_path(files["cert"])
    server_cert.private_key_pem.write_to_path(files["key"])
    authority.cert_pem.write_to_path(files["ca"])
    settings = Settings(
        grpc="127.0.0.1:0",
        data=tmp_path / "data",
        callers="known",
        access=tmp_path / "access.yaml",
        tls_cert=files["cert"],
        tls_key=files["key"],
        tls_client_ca=files["ca"],
    )
    async with open_parts(settings, {}) as parts:
        server = build_server(parts, settings)
        address = await server.start()
        told = {}
        try:
            for name in ("billing.example", "other.example", ""):
                own = authority.issue_cert(name) if name else None
                credentials = grpc.ssl_channel_credentials(
                    files["ca"].read_bytes(),
                    own.private_key_pem.bytes() if own else None,
                    own.cert_chain_pems[0].bytes() if own else None,
                )
                async with grpc.aio.secure_channel(address, credentials) as channel:
                    stub: Any = AccessServiceStub(channel)
                    try:
                        who = await stub.WhoAmI(WhoAmIRequest(), timeout=5)
                        told[name] = f"{who.tenant} {who.caller} {len(who.grants)}"
                    except grpc.aio.AioRpcError as error:
                        told[name] = error.code().name
        finally:
            await server.stop()
    assert told == {
        "billing.example": "acme dns:billing.example 1",
        "other.example": " dns:other.example 0",
        "": "UNAVAILABLE",
    }


async def test_the_user_at_the_other_end_of_a_socket_is_known(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS % os.getuid())
    path = tmp_path / "s"
    settings = Settings(
        http=f"unix:{path}",
        data=tmp_path / "data",
        callers="known",
        access=tmp_path / "access.yaml",
    )
    async with open_parts(settings, {}) as parts:
        app = build_app(parts, settings, lambda: True)
        server = Server(app, Binding(address=settings.http), app.drain, settings)
        await server.start()
        try:
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport, base_url="http://portico") as client:
                answer = await client.get("/v1/whoami")
        finally:
            await server.stop()
    assert answer.json()["data"]["caller"] == f"unix:{os.getuid()}"
    assert answer.json()["data"]["grants"] == [{"role": "ROLE_INVOKER"}]
