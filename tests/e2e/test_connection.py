"""portico connection: made, changed, locked, checked; and calls that go through."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes import HttpBackend
from tests.processes import Running, portico_up, together

DOCUMENT = """\
openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /items: {get: {operationId: listItems, responses: {'200': {description: ok}}}}
security: [{key: []}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: x-key}
"""

CONNECTOR = """\
connector: shop
versions:
  - id: v1
    spec: shop.openapi.yaml
    server: ORIGIN
    variables:
      - {name: x-region, choices: [eu, us]}
      - {name: x-shelf, required: false}
live: v1
"""

BERLIN = """\
connector: shop
title: Berlin
variables: {x-region: eu}
credentials:
  - {scheme: key, apiKey: {keySecret: secret:berlin}}
limits: [{calls: 100, period: 60s}]
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, shop: HttpBackend
) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("connections")
    (folder / "shop.openapi.yaml").write_text(DOCUMENT)
    (folder / "shop.yaml").write_text(CONNECTOR.replace("ORIGIN", shop.origin))
    (folder / "berlin.yaml").write_text(BERLIN)
    async with portico_up(folder) as running:
        await running.portico("secret", "set", "berlin", given=b"berlin-key\n")
        applied = await running.portico("apply", "-f", folder / "shop.yaml")
        assert applied.status == 0, applied.err
        yield running


async def test_g17_the_life_of_a_connection(
    gateway: Running, shop: HttpBackend, tmp_path: Path
) -> None:
    (tmp_path / "berlin.yaml").write_text(BERLIN)
    made = await gateway.portico("connection", "create", "berlin", "-f", tmp_path / "berlin.yaml")
    other = await gateway.portico("connection", "create", "paris", "shop", "--set", "x-region=us")
    called = await gateway.portico("call", "shop/listItems", "--connection", "berlin")
    assert (made.text, other.text) == (
        "berlin created, revision 1\n",
        "paris created, revision 1\n",
    )
    assert called.status == 0, called.err
    head = shop.requests[-1].decode().lower()
    assert "x-region: eu" in head
    assert "x-key: berlin-key" in head

    changed = await gateway.portico(
        "connection", "update", "berlin", "--set", "x-shelf=7", "--title", "Mitte"
    )
    shown = await gateway.portico("connection", "get", "berlin", "-o", "json")
    assert changed.text == "berlin changed, revision 2\n"
    assert shown.data["variables"] == {"x-region": "eu", "x-shelf": "7"}
    assert (shown.data["title"], len(shown.data["credentials"])) == ("Mitte", 1)

    locked = await gateway.portico("connection", "lock", "berlin", "moves")
    refused = await gateway.portico("connection", "suspend", "berlin")
    await gateway.portico("connection", "unlock", "berlin")
    suspended = await gateway.portico("connection", "suspend", "berlin")
    checked, listed = await together(
        gateway.portico("connection", "check", "berlin"), gateway.portico("connection", "list")
    )
    assert locked.text == "berlin locked, revision 3\n"
    assert (refused.status, "CONNECTION_LOCKED" in refused.err) == (1, True)
    assert suspended.text == "berlin suspended, revision 5\n"
    assert (checked.status, checked.text) == (
        1,
        "berlin SUSPENDED: Somebody suspended it.\n",
    )
    assert [row.split()[:4] for row in listed.text.splitlines()[1:]] == [
        ["berlin", "shop", "live", "SUSPENDED"],
        ["paris", "shop", "live", "ACTIVE"],
    ]

    await gateway.portico("connection", "resume", "berlin")
    fine = await gateway.portico("connection", "check", "berlin")
    gone = await gateway.portico("connection", "delete", "berlin")
    assert (fine.status, fine.text) == (0, "berlin ACTIVE\n")
    assert gone.text == "berlin deleted\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("create", "x", "shop"), 1, "connection.variables[x-region]"),
        (("create", "x", "shop", "--set", "x-region"), 2, "NAME=VALUE is expected"),
        (("create", "x", "nobody"), 1, "CONNECTOR_NOT_FOUND"),
        (
            ("create", "x", "-f", "-"),
            2,
            '-: no connection: Message type "gateway.v1.Connection" has',
        ),
        (("update", "nobody", "--title", "x"), 1, "CONNECTION_NOT_FOUND"),
        (("update", "nobody"), 1, "update_mask"),
        (("lock", "nobody"), 2, "Missing argument"),
    ],
)
async def test_what_cannot_be_done_is_told_with_what_helps(
    gateway: Running, arguments: tuple[str, ...], status: int, said: str
) -> None:
    failed = await gateway.portico("connection", *arguments, given=b"{nope: 1}")
    assert failed.status == status, failed.err
    assert said in failed.err
