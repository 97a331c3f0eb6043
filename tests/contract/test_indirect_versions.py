from pathlib import Path

import pytest

from gateway.v1.version_pb2 import Indirect
from tests.doors import Door, a_door, document, refusal

PATHS = {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": ""}}}}}


@pytest.mark.parametrize(
    ("servers", "allowed"),
    [
        ([], False),
        ([{"url": "/relative"}], False),
        ([{"url": "https://facade.example.com/connectors/a/versions/v1"}], True),
    ],
)
async def test_g12_indirect_without_a_facade_is_refused_by_field(
    tmp_path: Path,
    servers: list[dict[str, str]],
    allowed: bool,  # noqa: FBT001 - a column
) -> None:
    async with a_door(tmp_path) as door:
        spec = {**document(PATHS), "servers": servers}
        if allowed:
            await _publish(door, spec)
            return
        told = await refusal(_publish(door, spec))
    assert (told.code, told.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert told.fields == ["version.indirect.facade_uri"]


async def _publish(door: Door, spec: dict[str, object]) -> None:
    await door.publish("it", spec, "", direct=None, indirect=Indirect())
