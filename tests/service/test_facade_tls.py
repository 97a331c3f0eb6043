"""TLS of the HTTP face: who may connect, what is known of them, and new files."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
import trustme
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from facade.app.listening import FreshTls, TlsFiles, tls_for
from facade.app.protocol import peer_names
from facade.config import Misconfigured, Settings
from tests.listeners import Certificates, a_listener


async def who(request: Request) -> Response:
    return JSONResponse(request.scope["state"]["peer_names"])


ROUTES = [Route("/", who)]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def test_the_names_in_the_callers_certificate_are_known(certificates: Certificates) -> None:
    async with a_listener(ROUTES, certificates.files) as (_, url):
        assert url.startswith("https://127.0.0.1:")
        async with certificates.caller("gateway.example", "other.example") as client:
            assert sorted((await client.get(url)).json()) == ["gateway.example", "other.example"]


def test_names_are_dns_names_and_uris_of_a_certificate() -> None:
    names = (("DNS", "a.example"), ("URI", "spiffe://a/b"), ("IP Address", "127.0.0.1"))
    assert peer_names({"subjectAltName": names}) == ("a.example", "spiffe://a/b")
    assert peer_names(None) == peer_names({}) == ()


async def test_without_a_certificate_nobody_gets_an_answer(certificates: Certificates) -> None:
    async with a_listener(ROUTES, certificates.files) as (_, url):
        async with certificates.anonymous() as client:
            with pytest.raises(httpx.TransportError):
                await client.get(url)
        certificates.authority = trustme.CA()
        async with certificates.caller("gateway.example") as client:
            with pytest.raises(httpx.TransportError):
                await client.get(url)


async def test_c10_new_files_count_within_5_s_without_a_restart(certificates: Certificates) -> None:
    async with a_listener(ROUTES, certificates.files) as (_, url):
        async with certificates.caller("a") as client:
            assert (await client.get(url)).status_code == 200
        old = certificates.caller("a")
        certificates.authority = trustme.CA()
        certificates.write()
        began = time.monotonic()
        answered = False
        while not answered:
            assert time.monotonic() - began < 5
            async with certificates.caller("a") as client:
                try:
                    answered = (await client.get(url)).status_code == 200
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        async with old:
            with pytest.raises(httpx.TransportError):
                await old.get(url)


async def test_c10_files_that_cannot_be_used_leave_those_of_before(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    tls = FreshTls(certificates.files, lambda: now[0])
    first = tls.current()
    certificates.files.key.write_text("nonsense")
    assert tls.current() is first
    assert caplog.text == ""
    now[0] += 1.0
    assert tls.current() is first
    assert caplog.text.count("the certificate of before stays in use") == 1
    certificates.write()
    now[0] += 1.0
    assert tls.current() is not first


@pytest.mark.parametrize("setting", ["grpc", "http"])
@pytest.mark.parametrize("dev", [False, True])
def test_beyond_this_host_nothing_is_in_the_clear(setting: str, dev: bool) -> None:  # noqa: FBT001 - a column
    settings = Settings(**{setting: "0.0.0.0:1", "dev": dev})  # type: ignore[arg-type]  # by name
    with pytest.raises(Misconfigured, match=f"{setting}: 0.0.0.0:1 is beyond this host"):
        tls_for(settings, setting)


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="TLS cannot be set up"):
        FreshTls(TlsFiles(certificate=tmp_path / "a", key=tmp_path / "b"))
