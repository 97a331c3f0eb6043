import asyncio
import base64
import ssl
from collections.abc import Callable

import pytest
import trustme

from facade.egress import Egress
from facade.errors.backend import BackendTls, BackendUnreachable
from facade.errors.caller import ConnectionIncomplete, EgressDenied
from facade.errors.fault import Effect, Fault
from facade.model.call import TlsIdentity
from facade.model.version import Destination, Network, Version
from facade.network.exits import Exits
from facade.network.resolver import Resolver
from facade.network.tls import system_trust
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import OK, HttpBackend, RawBackend, Script, a_plan, a_version, ok, says, server_tls

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy(RawBackend):
    """A proxy that keeps what it is asked for, and opens a way to one port of this machine."""

    def __init__(self, port: int, authority: trustme.CA | None = None) -> None:
        super().__init__(self._lead, server_tls(authority) if authority else None)
        self._leads_to = port
        self.asked: list[bytes] = []

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._leads_to)
        try:
            if self.asked[-1].startswith(b"CONNECT "):
                writer.write(GRANTED)
            else:
                inner_writer.write(self.asked[-1])
            async with asyncio.TaskGroup() as group:
                group.create_task(pipe(reader, inner_writer))
                group.create_task(pipe(inner_reader, writer))
        finally:
            inner_writer.close()


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


def through(name: str = "corporate") -> Version:
    return a_version(destination=Destination(network=Network(proxy=name)))


def proxied(authority: trustme.CA, url: str, egress: Egress | None = None) -> Transport:
    trust = system_trust()
    authority.configure_trust(trust)
    allowed = egress or Egress((), loopback=True)
    return Transport(Wire(allowed, trust, Exits.parse((f"corporate={url}",), ())))


@pytest.mark.parametrize("secure", [False, True])
async def test_https_goes_through_connect_and_is_verified_at_the_target(
    authority: trustme.CA, *, secure: bool
) -> None:
    async with (
        HttpBackend(OK, tls=server_tls(authority)) as backend,
        Proxy(backend.port, authority if secure else None) as proxy,
    ):
        url = proxy.origin.replace("//", "//me:s%40cret@")
        transport = proxied(authority, url)
        for _ in range(3):
            await ok(transport, backend, version=through())
        authority_form = f"127.0.0.1:{backend.port}"
        pair = base64.b64encode(b"me:s@cret").decode()
        assert proxy.asked == [
            (
                f"CONNECT {authority_form} HTTP/1.1\r\nHost: {authority_form}\r\n"
                f"Proxy-Authorization: Basic {pair}\r\n\r\n"
            ).encode()
        ]
        assert b"proxy" not in backend.requests[0].lower()
        await transport.close()


@pytest.mark.parametrize("target", ["/a?b=%2F&c", "//x/../y?z", "/[a]|'"])
async def test_http_goes_to_the_proxy_with_the_whole_url(
    authority: trustme.CA, target: str
) -> None:
    async with HttpBackend(OK) as backend, Proxy(backend.port) as proxy:
        transport = proxied(authority, proxy.origin.replace("//", "//me@"))
        for _ in range(2):
            await ok(transport, backend, version=through(), target=target)
        assert len(proxy.asked) == 1
        assert proxy.asked[0].startswith(f"GET {backend.origin}{target} HTTP/1.1\r\n".encode())
        assert b"\r\nProxy-Authorization: Basic bWU6\r\n" in proxy.asked[0]
        await transport.close()


async def test_a_connector_that_names_no_proxy_uses_none(authority: trustme.CA) -> None:
    async with HttpBackend(OK) as backend, Proxy(backend.port) as proxy:
        transport = proxied(authority, proxy.origin)
        await ok(transport, backend)
        assert proxy.connections == 0
        await transport.close()


async def test_a_proxy_that_the_operator_does_not_know_is_named(authority: trustme.CA) -> None:
    transport = proxied(authority, "http://hidden:secret@127.0.0.1:1")
    with pytest.raises(ConnectionIncomplete, match="`other`") as refusal:
        await transport.send(a_plan("https://example.com", version=through("other")))
    assert refusal.value.details.violations[0].field == "network.proxy"
    assert "hidden" not in refusal.value.message


@pytest.mark.parametrize(
    "script",
    [
        says(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
        says(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno"),
        says(b"nonsense\r\n\r\n"),
        says(GRANTED + b"surplus"),
        says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000),
        says(b""),
    ],
)
async def test_a_proxy_that_gives_no_way_is_no_connection(
    authority: trustme.CA, script: Script
) -> None:
    async with RawBackend(script) as proxy:
        transport = proxied(authority, proxy.origin)
        with pytest.raises(BackendUnreachable) as failure:
            await transport.send(a_plan("https://127.0.0.1", version=through(), timeout=2.0))
        assert failure.value.effect is Effect.NOT_EXECUTED
        await transport.close()


async def test_l02_a_proxy_that_refuses_http_is_no_backend_that_could_repeat_our_password(
    authority: trustme.CA,
) -> None:
    async with RawBackend(says(b"HTTP/1.1 407 No\r\nContent-Length: 6\r\n\r\ns3cret")) as proxy:
        transport = proxied(authority, proxy.origin.replace("//", "//me:s3cret@"))
        with pytest.raises(BackendUnreachable) as failure:
            await transport.send(a_plan("http://127.0.0.1", version=through(), timeout=2.0))
        assert failure.value.effect is Effect.NOT_EXECUTED
        assert "s3cret" not in str(failure.value) + repr(failure.value.details)
        await transport.close()


@pytest.mark.parametrize("wrong", ["name", "authority", "plain", "reset"])
async def test_d44_what_answers_behind_a_proxy_must_prove_who_it_is(
    authority: trustme.CA, wrong: str
) -> None:
    made: dict[str, Callable[[], RawBackend]] = {
        "name": lambda: HttpBackend(OK, tls=server_tls(authority, "other.example")),
        "authority": lambda: HttpBackend(OK, tls=server_tls(trustme.CA())),
        "plain": lambda: RawBackend(plain),
        "reset": lambda: RawBackend(hang_up),
    }
    async with made[wrong]() as backend, Proxy(backend.port) as proxy:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        transport = proxied(authority, proxy.origin)
        target = f"https://127.0.0.1:{backend.port}"
        with pytest.raises(BackendTls):
            await transport.send(a_plan(target, version=through(), timeout=2.0))
        await transport.close()


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.transport.abort()


async def test_a_client_certificate_is_shown_to_the_target_and_not_to_the_proxy(
    authority: trustme.CA,
) -> None:
    own = trustme.CA()
    pair = own.issue_cert("client.example")
    identity = TlsIdentity(
        certificate=pair.cert_chain_pems[0].bytes().decode(),
        key=pair.private_key_pem.bytes().decode(),
        ca=own.cert_pem.bytes().decode(),
    )
    tls = server_tls(own)
    tls.verify_mode = ssl.CERT_REQUIRED
    own.configure_trust(tls)
    async with HttpBackend(OK, tls=tls) as backend, Proxy(backend.port, authority) as proxy:
        transport = proxied(authority, proxy.origin)
        await ok(transport, backend, version=through(), identity=identity)
        await transport.close()


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:169.254.169.254"]]
)
async def test_e10_a_target_is_judged_before_the_proxy_hears_of_it(
    addresses: list[str],
) -> None:
    resolver = Resolver(lambda _: [(2, 1, 6, "", (each, 0)) for each in addresses])
    async with HttpBackend() as proxy:
        exits = Exits.parse((f"corporate={proxy.origin}",), ())
        wire = Wire(Egress((), loopback=False), system_trust(), exits, resolver=resolver)
        transport = Transport(wire)
        for origin in ("https://internal.example", "https://10.0.0.1", "http://example.com"):
            with pytest.raises(EgressDenied):
                await transport.send(a_plan(origin, version=through()))
        assert proxy.connections == 0
        await transport.close()


async def test_a_name_that_the_operator_allows_need_not_be_known_here(
    authority: trustme.CA,
) -> None:
    async with (
        HttpBackend(OK, tls=server_tls(authority, "inside.corporate")) as backend,
        Proxy(backend.port) as proxy,
    ):
        egress = Egress(("inside.corporate",), loopback=False)
        transport = proxied(authority, proxy.origin, egress)
        plan = a_plan("https://inside.corporate", version=through())
        assert (await transport.send(plan)).body == b"ok"
        assert proxy.asked[0].startswith(b"CONNECT inside.corporate:443 HTTP/1.1\r\n")
        await transport.close()


async def test_cancelling_while_a_proxy_is_silent_leaves_nothing_open(
    authority: trustme.CA,
) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(1)

    async with RawBackend(silent) as proxy:
        transport = proxied(authority, proxy.origin)
        with pytest.raises(Fault):
            await transport.send(a_plan("https://127.0.0.1", version=through(), timeout=0.1))
        await asyncio.wait_for(proxy.closed.wait(), 0.1)
        await transport.close()
