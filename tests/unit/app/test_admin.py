"""Probes and metrics: who is told what."""

from pathlib import Path

import httpx
import pytest

from facade.app.app import build_admin
from facade.config import Settings
from tests.listeners import asking


def exposed(accept: str) -> tuple[str, bytes]:
    return "text/plain; version=0.0.4", f"portico_up 1 # {accept}\n".encode()


async def asked(
    settings: Settings, path: str, *, ready: bool = True, ledger: str = "", **headers: str
) -> httpx.Response:
    app = build_admin(settings, lambda: ready, exposed, lambda: ledger)
    async with asking(app) as client:
        return await client.get(path, headers=headers)


LOOPBACK = Settings(admin="127.0.0.1:8081")


@pytest.mark.parametrize("ready", [True, False])
async def test_n04_liveness_depends_on_nothing(ready: bool) -> None:  # noqa: FBT001 - a column
    answer = await asked(LOOPBACK, "/healthz", ready=ready)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_readiness_is_what_is_said() -> None:
    assert (await asked(LOOPBACK, "/readyz")).status_code == 200
    assert (await asked(LOOPBACK, "/readyz", ready=False)).status_code == 503


async def test_readiness_says_what_is_with_the_ledger_and_does_not_depend_on_it() -> None:
    well, away = [await asked(LOOPBACK, "/readyz", ledger=each) for each in ("", "stale")]
    assert (well.status_code, well.json()) == (200, {"status": "ready"})
    assert (away.status_code, away.json()) == (200, {"status": "ready", "ledger": "stale"})


async def test_metrics_on_loopback_are_for_everybody_in_the_form_that_is_asked_for() -> None:
    answer = await asked(LOOPBACK, "/metrics", accept="application/openmetrics-text")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4"
    assert answer.text == "portico_up 1 # application/openmetrics-text\n"


async def test_n06_metrics_beyond_loopback_are_refused_without_a_token_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await asked(Settings(admin="0.0.0.0:8081"), "/metrics")
    assert answer.status_code == 403
    assert "metrics_token" in answer.text
    assert "portico_up" not in answer.text
    assert "admin: /metrics is refused beyond loopback: set metrics_token" in caplog.text


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer right", 200),
        ("bearer  right", 200),
        ("Bearer wrong", 401),
        ("Basic right", 401),
        ("Bearer", 401),
        ("right", 401),
        ("", 401),
    ],
)
async def test_n06_the_token_is_asked_for(tmp_path: Path, authorization: str, status: int) -> None:
    token = tmp_path / "token"
    token.write_text("right\n")
    settings = Settings(admin="0.0.0.0:8081", metrics_token=token)
    answer = await asked(settings, "/metrics", authorization=authorization)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) is (status == 401)


async def test_a_path_that_there_is_not_is_told_which_there_are() -> None:
    answer = await asked(LOOPBACK, "/docs")
    assert answer.status_code == 404
    said = "There is no path `/docs` here; there are /healthz, /readyz, /metrics."
    assert answer.json()["error"]["description"] == said


async def test_a_rotated_token_counts_at_once_and_a_missing_one_lets_nobody_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = tmp_path / "token"
    settings = Settings(admin="0.0.0.0:8081", metrics_token=token)
    app = build_admin(settings, lambda: True, exposed, str)
    assert f"metrics_token: {token} cannot be read: FileNotFoundError" in caplog.text
    async with asking(app, headers={"authorization": "Bearer b"}) as client:
        assert (await client.get("/metrics")).status_code == 401
        token.write_text("a")
        assert (await client.get("/metrics")).status_code == 401
        token.write_text("b")
        assert (await client.get("/metrics")).status_code == 200
        token.write_text("")
        empty = await client.get("/metrics", headers={"authorization": "Bearer "})
        assert empty.status_code == 401
