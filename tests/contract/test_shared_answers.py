"""Answers that another call fetched: they are told to this one as if it had fetched them."""

import asyncio
import json
from pathlib import Path

import pytest
from google.protobuf.text_format import MessageToString

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, FAILURE_MODE_CONTINUE
from tests.doors import PLAIN, a_door, operation
from tests.fakes import RawBackend, answer, read_request

CANARY = "c4n4ry-h7x"
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
SECURED = operation("get", "/thing", security=[{"key": []}]) | {
    "components": {"securitySchemes": {"key": KEY}}
}
CREDENTIALS = [{"scheme": "key", "api_key": {"key_secret": "env:CANARY"}}]


@pytest.mark.parametrize(("status", "lifetime"), [(404, 60), (503, 0)])
async def test_l02_what_another_call_fetched_is_blanked_as_well(
    tmp_path: Path, status: int, lifetime: int
) -> None:
    requests = []
    said = answer(
        json.dumps({"message": f"no {CANARY}"}).encode(),
        status=status,
        headers=(
            ("Content-Type", "application/json"),
            ("Cache-Control", f"public, max-age={lifetime}"),
            ("X-Echo", CANARY),
        ),
    )

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        await asyncio.sleep(0.1)
        writer.write(said)

    async with (
        RawBackend(script) as backend,
        a_door(tmp_path, {"CANARY": CANARY}) as door,
    ):
        await door.publish("shop", SECURED, backend.origin, credentials=CREDENTIALS, policy=PLAIN)
        told = await asyncio.gather(
            *(
                door.execute(
                    "shop/act", view=EXECUTION_VIEW_FULL, failure_mode=FAILURE_MODE_CONTINUE
                )
                for _ in range(3)
            )
        )
        if lifetime:
            told.append(
                await door.execute(
                    "shop/act", view=EXECUTION_VIEW_FULL, failure_mode=FAILURE_MODE_CONTINUE
                )
            )
    assert any(CANARY in each.decode() for each in requests)
    assert len(requests) < len(told)
    for each in told:
        assert "no ***" in each.error.message
        each.exchange.ClearField("response_body")
        assert CANARY not in MessageToString(each)
