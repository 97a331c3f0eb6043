import asyncio
import ssl
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme

from facade.app.addresses import is_local
from facade.config import Misconfigured, Settings
from gateway.server import credentials_for
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.gateways import a_gateway, failure
from tests.processes import until

REQUEST = ExecuteActionRequest(name="connectors/pets/versions/live/actions/a")


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:50051", True),
        ("127.9.9.9:1", True),
        ("[::1]:50051", True),
        ("localhost:50051", True),
        ("unix:/run/portico.sock", True),
        ("unix-abstract:portico", True),
        ("0.0.0.0:50051", False),
        ("[::]:50051", False),
        (":50051", False),
        ("*:50051", False),
        ("10.0.0.1:50051", False),
        ("[::ffff:127.0.0.1]:50051", False),
        ("localhost.example:50051", False),
        ("2130706433:50051", False),
    ],
)
def test_local_is_what_only_this_host_reaches(address: str, local: bool) -> None:  # noqa: FBT001 - a column
    assert is_local(address) is local


class Files:
    """A CA, a server's certificate and a client's, on disk."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        server = authority.issue_cert("localhost", "127.0.0.1")
        client = authority.issue_cert("caller.example")
        self.ca, self.cert, self.key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
        authority.cert_pem.write_to_path(self.ca)
        server.private_key_pem.write_to_path(self.key)
        self.cert.write_bytes(b"".join(each.bytes() for each in server.cert_chain_pems))
        self.client = grpc.ssl_channel_credentials(
            self.ca.read_bytes(),
            client.private_key_pem.bytes(),
            client.cert_chain_pems[0].bytes(),
        )
        self.anonymous = grpc.ssl_channel_credentials(self.ca.read_bytes())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.mark.parametrize("dev", [False, True])
@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "10.0.0.1:0"])
def test_beyond_this_host_nothing_is_in_the_clear(address: str, dev: bool) -> None:  # noqa: FBT001 - a column
    with pytest.raises(Misconfigured, match="certificates"):
        credentials_for(Settings(grpc=address, dev=dev))


def test_beyond_this_host_callers_show_certificates_but_in_the_development_profile(
    files: Files,
) -> None:
    anywhere = Settings(grpc="0.0.0.0:0", tls_cert=files.cert, tls_key=files.key)
    with pytest.raises(Misconfigured, match="tls_client_ca"):
        credentials_for(anywhere)
    options: dict[str, Any] = {"grpc": "0.0.0.0:0", "tls_cert": files.cert, "tls_key": files.key}
    assert credentials_for(Settings(**options, dev=True))
    assert credentials_for(Settings(**options, tls_client_ca=files.ca))


@pytest.mark.parametrize("missing", ["tls_cert", "tls_key"])
def test_a_certificate_and_its_key_go_together(files: Files, missing: str) -> None:
    options: dict[str, Any] = {
        "tls_cert": files.cert,
        "tls_key": files.key,
        "tls_client_ca": files.ca,
    }
    del options[missing]
    with pytest.raises(Misconfigured, match="go together"):
        credentials_for(Settings(**options))


@pytest.mark.parametrize("name", ["cert", "key", "ca"])
@pytest.mark.parametrize("text", [None, "nonsense"])
def test_a_file_that_is_missing_or_no_pem_is_named(
    files: Files, name: str, text: str | None
) -> None:
    file: Path = getattr(files, name)
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    with pytest.raises(Misconfigured, match=f"{name}.pem"):
        credentials_for(Settings(tls_cert=files.cert, tls_key=files.key, tls_client_ca=files.ca))


async def test_with_tls_the_server_proves_who_it_is(tmp_path: Path, files: Files) -> None:
    async with a_gateway(tmp_path, tls_cert=files.cert, tls_key=files.key) as served:
        async with grpc.aio.secure_channel(served.address, files.anonymous) as channel:
            await GatewayServiceStub(channel).ExecuteAction(REQUEST)
        async with grpc.aio.insecure_channel(served.address) as channel:
            error = await failure(GatewayServiceStub(channel).ExecuteAction(REQUEST))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert len(served.engine.calls) == 1


async def test_a26_with_a_client_ca_callers_prove_who_they_are(
    tmp_path: Path, files: Files
) -> None:
    options: dict[str, Any] = {
        "tls_cert": files.cert,
        "tls_key": files.key,
        "tls_client_ca": files.ca,
    }
    other = tmp_path / "other"
    other.mkdir()
    stranger = Files(other)
    pair = (stranger.key.read_bytes(), stranger.cert.read_bytes())
    foreign = grpc.ssl_channel_credentials(files.ca.read_bytes(), *pair)
    async with a_gateway(tmp_path, **options) as served:
        async with grpc.aio.secure_channel(served.address, files.client) as channel:
            await GatewayServiceStub(channel).ExecuteAction(REQUEST)
        for credentials in (files.anonymous, foreign):
            async with grpc.aio.secure_channel(served.address, credentials) as channel:
                error = await failure(GatewayServiceStub(channel).ExecuteAction(REQUEST))
                assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert len(served.engine.calls) == 1


async def test_a26_tls_below_1_2_is_refused(tmp_path: Path, files: Files) -> None:
    async with a_gateway(tmp_path, tls_cert=files.cert, tls_key=files.key) as served:
        host, _, port = served.address.rpartition(":")
        context = ssl.create_default_context(cafile=str(files.ca))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await handshake(host, int(port), context)


async def handshake(host: str, port: int, context: ssl.SSLContext) -> None:
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.close()


async def test_a_unix_socket_serves(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/gw.sock"
    async with a_gateway(tmp_path, grpc=address) as served:
        assert served.address == address
        async with grpc.aio.insecure_channel(address) as channel:
            await GatewayServiceStub(channel).ExecuteAction(REQUEST)
    async with a_gateway(tmp_path, grpc=address), grpc.aio.insecure_channel(address) as channel:
        await GatewayServiceStub(channel).ExecuteAction(REQUEST)


async def test_an_address_in_use_or_not_of_this_host_is_misconfigured(tmp_path: Path) -> None:
    async with a_gateway(tmp_path) as served:
        with pytest.raises(Misconfigured, match="cannot listen"):
            async with a_gateway(tmp_path, grpc=served.address):
                pass
    with pytest.raises(Misconfigured, match="cannot listen"):
        async with a_gateway(tmp_path, grpc=f"unix:{tmp_path}/none/gw.sock"):
            pass


async def test_c10_new_files_count_within_5_s_without_a_restart(
    tmp_path: Path, files: Files
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    options: dict[str, Any] = {
        "tls_cert": files.cert,
        "tls_key": files.key,
        "tls_client_ca": files.ca,
    }

    async def answered(credentials: grpc.ChannelCredentials) -> bool:
        own = (("grpc.use_local_subchannel_pool", 1),)
        async with grpc.aio.secure_channel(served.address, credentials, own) as channel:
            try:
                await GatewayServiceStub(channel).ExecuteAction(REQUEST, timeout=2)
            except grpc.aio.AioRpcError:
                return False
        return True

    async with a_gateway(tmp_path, **options) as served:
        assert await answered(files.client)
        rotated = Files(new)
        for name in ("ca.pem", "cert.pem", "key.pem"):
            (new / name).rename(tmp_path / name)
        await until(partial(answered, rotated.client), 5, "the new certificate is used")
        assert not await answered(files.client)
