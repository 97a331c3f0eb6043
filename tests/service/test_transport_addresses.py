import pytest
import trustme

from facade.egress import Egress
from facade.errors.backend import ResponseTooLarge
from facade.errors.caller import EgressDenied, InvalidSpec
from facade.errors.fault import Effect
from facade.network.tls import system_trust
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import (
    HttpBackend,
    a_plan,
    answer,
    server_tls,
    trusting,
)

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"]
)
async def test_e01_e10_no_connection_is_made_to_an_address_that_is_not_allowed(host: str) -> None:
    async with HttpBackend() as backend:
        for allow in ((), ("10.0.0.0/8",)):
            transport = Transport(Wire(Egress(allow, loopback=False), system_trust()))
            for scheme in ("http", "https"):
                with pytest.raises(EgressDenied) as refusal:
                    await transport.send(a_plan(f"{scheme}://{host}:{backend.port}"))
                assert refusal.value.effect is Effect.NOT_EXECUTED
            await transport.close()
        assert backend.connections == 0


async def test_a_document_is_fetched_by_https_with_its_query(authority: trustme.CA) -> None:
    transport = trusting(authority)
    async with HttpBackend(answer(b"openapi: 3.1.0"), tls=server_tls(authority)) as backend:
        assert await transport.fetch(f"{backend.origin}/a.yaml?b=c", 100) == b"openapi: 3.1.0"
        with pytest.raises(ResponseTooLarge):
            await transport.fetch(backend.origin, 5)
    assert backend.requests[0].startswith(b"GET /a.yaml?b=c HTTP/1.1\r\n")
    assert backend.requests[1].startswith(b"GET / HTTP/1.1\r\n")
    await transport.close()


@pytest.mark.parametrize("status", [204, 302, 404, 500])
async def test_a_document_must_answer_200(transport: Transport, status: int) -> None:
    async with HttpBackend(answer(status=status)) as backend:
        with pytest.raises(InvalidSpec, match=str(status)) as refusal:
            await transport.fetch(backend.origin, 100)
    assert refusal.value.details.violations[0].field == "spec_uri"


@pytest.mark.parametrize(
    "uri", ["http://example.com/a", "https://10.0.0.1/a", "ftp://h/a", "/a", "https://u:p@h/a", "x"]
)
async def test_e13_a_document_is_fetched_under_the_policy_of_calls(
    transport: Transport, uri: str
) -> None:
    with pytest.raises((EgressDenied, InvalidSpec)):
        await transport.fetch(uri, 100)


@pytest.mark.parametrize("uri", ["https://[::1/a", "https://h:port/a", "https://h/" + "a" * 70_000])
async def test_an_address_that_is_none_is_an_invalid_spec(transport: Transport, uri: str) -> None:
    with pytest.raises(InvalidSpec):
        await transport.fetch(uri, 100)
