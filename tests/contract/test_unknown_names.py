"""What one process has just acknowledged, its neighbour on the same ledger answers at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doors import operation
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend


@pytest.fixture
async def neighbours(tmp_path: Path) -> AsyncIterator[tuple[Faces, Faces]]:
    async with both_faces(tmp_path) as here, both_faces(tmp_path) as there:
        yield here, there


async def test_a_new_connector_is_called_at_once_on_every_face(
    neighbours: tuple[Faces, Faces],
) -> None:
    here, there = neighbours
    async with HttpBackend() as backend:
        for number in range(5):  # a neighbour that follows the ledger would know one by chance
            name = f"shop{number}"
            await here.door.publish(name, operation("get", "/items"), backend.origin)
            mirrored = await there.http.get(f"/connectors/{name}/versions/live/items")
            assert mirrored.status_code == 200, mirrored.text
            await here.door.publish(f"{name}x", operation("get", "/items"), backend.origin)
            await there.door.execute(f"{name}x/act", {})
    assert len(backend.requests) == 10


async def test_a_name_that_nobody_has_stays_unknown(neighbours: tuple[Faces, Faces]) -> None:
    _, there = neighbours
    for address in ("/connectors/none/versions/live/items", "/connections/none/items"):
        assert (await there.http.get(address)).status_code == 404
