"""Pages through a facade: by whichever rule, they are those of the direct way."""

from pathlib import Path

import pytest

from gateway.v1.version_pb2 import Indirect
from tests.doors import PLAIN
from tests.engines import publish
from tests.paged import ITEMS, SPEC, Backend, Walks, said
from tests.twins import a_pair


@pytest.mark.parametrize("action", ["link", "url", "cursor", "page", "offset"])
async def test_a_walk_through_a_facade_asks_for_the_same_pages(tmp_path: Path, action: str) -> None:
    async with Backend() as backend, a_pair(tmp_path) as twins:
        await publish(twins.mirror.parts, "there", SPEC, f"{backend.origin}/v1")
        await twins.door.publish("direct", SPEC, f"{backend.origin}/v1", policy=PLAIN)
        through = Indirect(facade_uri=twins.served("there"))
        await twins.door.publish("through", SPEC, "", indirect=through, policy=PLAIN)
        direct = await Walks(twins.door, "direct").all(action)
        asked = len(backend.targets)
        told = await Walks(twins.door, "through").all(action)
    assert told.items == direct.items == ITEMS
    assert backend.targets[:asked] == backend.targets[asked:]


def astray(path: str, _: dict[str, str]) -> bytes:
    del path
    return said("[]", Link='<https://evil.example/v1/link?at=2>; rel="next"')


async def test_a_next_page_elsewhere_is_not_followed_through_a_facade(tmp_path: Path) -> None:
    async with Backend(astray) as backend, a_pair(tmp_path) as twins:
        await publish(twins.mirror.parts, "there", SPEC, f"{backend.origin}/v1")
        through = Indirect(facade_uri=twins.served("there"))
        await twins.door.publish("through", SPEC, "", indirect=through, policy=PLAIN)
        told = await Walks(twins.door, "through").until("link")
    assert told.refusal is not None
    assert told.refusal.info.reason == "BACKEND_BAD_RESPONSE"
    assert "evil.example" in told.refusal.message
