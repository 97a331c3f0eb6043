"""Which hosts a face believes that it is called by: DNS rebinding ends here."""

from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from facade.app.app import build_admin
from facade.app.hosts import routes
from facade.app.routing import App
from facade.config import Settings
from tests.listeners import asking


def app_of(**settings: Any) -> App:
    own = Route("/it", lambda _: PlainTextResponse("ok"), methods=["GET", "POST"])
    return App([*routes(Settings(**settings)), own])


async def status(app: App, host: str, path: str = "/it") -> int:
    async with asking(app) as client:
        return (await client.get(path, headers={"host": host})).status_code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8080",
        "[::1]:8080",
        "10.1.2.3",
        "localhost",
        "LocalHost:1",
        "localhost.",
        "a.b.localhost:80",
        "facade.example",
        "FACADE.example:9",
        "",
    ],
)
@pytest.mark.parametrize("address", ["127.0.0.1:8080", "[::1]:8080", "localhost:0"])
async def test_addresses_and_names_that_lead_nowhere_else_are_believed(
    host: str, address: str
) -> None:
    app = app_of(http=address, public_url="https://Facade.example/below")
    assert await status(app, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "notlocalhost",
        "127.0.0.1.evil.example",
        "127.1",
        "example",
        "[localhost]",
        "[:::]",
    ],
)
@pytest.mark.parametrize("path", ["/it", "/nope", "/connectors/a/versions/b/c"])
async def test_a_name_that_anybody_may_lead_here_is_not(host: str, path: str) -> None:
    app = app_of(http="127.0.0.1:8080", public_url="https://facade.example")
    async with asking(app) as client:
        refused = await client.post(path, headers={"host": host})
    assert refused.status_code == 421
    assert refused.json()["error"]["reason"] == "MISDIRECTED"
    assert "public_url" in refused.json()["error"]["description"]
    assert "evil" not in refused.text


@pytest.mark.parametrize(
    "settings",
    [
        {"http": "unix:/run/portico.sock"},
        {"http": "0.0.0.0:8080", "tls_cert": "tls.crt"},
        {"http": "127.0.0.1:8080", "tls_cert": "tls.crt"},
        {"http": "10.0.0.1:8080"},
        {"http": ""},
    ],
    ids=str,
)
async def test_where_no_page_can_come_by_a_name_of_its_own_every_host_will_do(
    settings: dict[str, Any],
) -> None:
    assert await status(app_of(**settings), "evil.example") == 200


async def test_probes_on_a_listener_of_their_own_have_any_name() -> None:
    settings = Settings(http="127.0.0.1:8080", admin="127.0.0.1:9090")
    app = build_admin(settings, lambda: True, lambda _: ("", b""), str)
    assert await status(app, "pod-1.monitoring", "/healthz") == 200
