"""portico audit: what it lists, and what it says of a database at rest."""

import sqlite3
from contextlib import closing
from pathlib import Path

from facade.ground import DATABASE
from tests.processes import portico, portico_up


async def test_entries_are_listed_and_the_chain_is_verified_with_and_without_a_gateway(
    tmp_path: Path,
) -> None:
    async with portico_up(tmp_path) as running:
        await running.portico("secret", "set", "shop-key", given=b"x")
        listed = await running.portico("audit", "list")
        machine = await running.portico("audit", "list", "--limit", "1", "-o", "json")
        none = await running.portico("audit", "list", "--filter", "caller = nobody")
        verified = await running.portico("audit", "verify")
    head, row = listed.text.splitlines()
    assert head.split()[:4] == ["NUMBER", "TIME", "CALLER", "METHOD"]
    assert row.split()[3:7] == ["anyone", "update_secret", "secrets/shop-key", "OK"]
    assert machine.data[0]["name"] == "auditEntries/1"
    assert (none.status, none.err) == (0, "no entries found\n")
    assert verified.text.startswith("intact: 1 entry; note down --known 1:")
    known = verified.text.split()[-1]

    data = tmp_path / "data"
    at_rest = await portico("audit", "verify", "--data", data, "--known", known)
    assert (at_rest.status, at_rest.text) == (0, verified.text)
    with closing(sqlite3.connect(data / DATABASE)) as database, database:
        database.execute("update audit set target = 'secrets/other'")
    found = await portico("audit", "verify", "--data", data)
    assert (found.status, found.text) == (1, "")
    assert "not as they were written: 1 of 1 entries: 1" in found.err
    nowhere = await portico("audit", "verify", "--data", tmp_path / "nowhere")
    assert (nowhere.status, nowhere.text) == (2, "")
    half = await portico("audit", "verify", "--data", data, "--known", "1")
    assert half.status == 2
