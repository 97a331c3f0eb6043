"""portico subject: the end users of a connection, whose consent signs their calls."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.authorization_servers import CLIENT, SECRET, Authority, an_authority
from tests.consents import CONNECTOR, the_document
from tests.fakes import JSON, HttpBackend
from tests.processes import Running, portico_up
from tests.servers import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def homes(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Running, Authority]]:
    """A gateway with a connection whose end users consent."""
    folder = tmp_path_factory.mktemp("homes")
    with an_authority() as authority:
        async with HttpBackend(lambda _: JSON) as backend:
            spec = folder / "openapi.json"
            spec.write_text(json.dumps(the_document()))
            file = CONNECTOR.format(
                spec=spec, server=backend.origin, issuer=authority.origin, client=CLIENT
            )
            (folder / "berlin.yaml").write_text("endUsers: END_USERS_REQUIRED\n")
            face = f"127.0.0.1:{free_port()}"
            async with portico_up(
                folder, {"homes.yaml": file}, "--http", face, env={"PORTICO_SECRET_HOMES": SECRET}
            ) as running:
                made = await running.portico(
                    "connection", "create", "berlin", "homes", "-f", folder / "berlin.yaml"
                )
                assert made.status == 0, made.err
                yield running, authority


async def test_a_subject_is_created_consents_calls_and_goes(
    homes: tuple[Running, Authority],
) -> None:
    running, authority = homes
    made = await running.portico("subject", "create", "berlin/user-7", "7f2c", "--title", "Ann")
    url = await running.portico("subject", "authorize", "berlin/user-7")
    back = await authority.consent(url.text.strip())
    async with httpx.AsyncClient() as browser:
        page = await browser.get(back)
    listed = await running.portico("subject", "list", "berlin")
    shown = await running.portico("subject", "get", "berlin/user-7")
    gone = await running.portico("subject", "delete", "berlin/user-7")
    none = await running.portico("subject", "list", "berlin")

    assert made.text == "berlin/user-7 is STARTING: Somebody must consent first.\n"
    assert page.status_code == 200
    head, row = listed.text.splitlines()
    assert head.split() == ["NAME", "EXTERNAL", "ID", "STATE", "UPDATED", "TITLE"]
    assert row.split()[:3] == ["berlin/user-7", "7f2c", "STARTED"]
    assert "external_id: 7f2c" in shown.text
    assert gone.text == "berlin/user-7 deleted\n"
    assert none.err == "no subjects found\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("get", "berlin/nobody"), 1, "SUBJECT_NOT_FOUND"),
        (("create", "nowhere/a", "1"), 1, "CONNECTION_NOT_FOUND"),
        (("create", "berlin/a", "1", "--set", "x"), 2, "NAME=VALUE is expected"),
        (("authorize", "nowhere"), 1, "CONNECTION_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_done_is_told(
    homes: tuple[Running, Authority], arguments: tuple[str, ...], status: int, said: str
) -> None:
    failed = await homes[0].portico("subject", *arguments)
    assert (failed.status, failed.out) == (status, b"")
    assert said in failed.err
