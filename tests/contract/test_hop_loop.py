from pathlib import Path

from facade.model.version import Destination
from gateway.v1.version_pb2 import Indirect
from tests.doors import PLAIN
from tests.engines import publish
from tests.twins import SPEC, a_pair


async def test_a_facade_that_leads_to_itself_is_told_so_at_once(tmp_path: Path) -> None:
    async with a_pair(tmp_path) as twins:
        there = twins.served("round")
        await publish(
            twins.mirror.parts, "round", SPEC, "", destination=Destination(uri=there, indirect=True)
        )
        await twins.door.publish(
            "round", SPEC, "", indirect=Indirect(facade_uri=there), policy=PLAIN
        )
        refusal = await twins.door.refused("round/get", {"id": "7"})
    assert refusal.said == ("FAILED_PRECONDITION", "HOP_LOOP", "facade", "NOT_EXECUTED")
