"""I-1: a flow of a file is published, a signed message comes over HTTP, and its run sees it."""

import asyncio
import base64
import json
import time
from pathlib import Path

from facade.model.flow import FlowName
from facade.model.flow_names import parse_run
from facade.model.run import ENDED, RunState
from tests.faces import both_faces
from tests.triggers import sign

SOURCE = """
title: Paid orders
trigger: {webhook: {filter: "body.kind == 'paid'"}}
steps: [{id: total, map: "{total: trigger.body.total, kind: trigger.kind}"}]
"""
BODY = b'{"kind": "paid", "total": 12}'


async def test_i1_a_message_to_a_published_flow_is_a_run(tmp_path: Path) -> None:
    async with both_faces(tmp_path, public_url="http://portico.test") as faces:
        await faces.parts.flows.create(FlowName("paid"), SOURCE)
        await faces.parts.flows.publish(FlowName("paid"))
        told = (await faces.http.get("/v1/flows/paid/trigger")).json()["data"]
        assert (told["kind"], told["state"]) == ("webhook", "STATE_ACTIVE")
        made = await faces.http.post("/v1/flows/paid/trigger:rotate", json={"overlap": "60s"})
        key = base64.b64decode(made.json()["data"]["secret"].removeprefix("whsec_"))
        now = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": "m1",
            "webhook-timestamp": str(now),
            "webhook-signature": sign(key, "m1", now, BODY),
        }
        answer = await faces.http.post(told["url"], content=BODY, headers=headers)
        assert answer.status_code == 202
        name = parse_run(answer.json()["run"])
        async with asyncio.timeout(20):
            async for run in faces.parts.runs.watch(name):
                if run.state in ENDED:
                    break
        assert run.state is RunState.SUCCEEDED
        assert json.loads(run.output) == {"total": 12, "kind": "WEBHOOK"}
        told = (await faces.http.get("/v1/flows/paid/trigger")).json()["data"]
        assert told["lastRun"] == str(name)
