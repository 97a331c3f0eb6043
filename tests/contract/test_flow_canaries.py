"""L01: what is kept of runs has no credential of what they call, and no secret of a trigger."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facade.model.flow import FlowName
from facade.model.flow_names import parse_run
from facade.model.run import ENDED, Run, RunState, StepState
from tests.canaries import CANARIES, USER, Backend, found, the_document
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer
from tests.triggers import sign

KINDS: dict[str, dict[str, Any]] = {
    "basic": {"basic": {"username": USER, "password_secret": "env:BASIC"}},
    "bearer": {"bearer": {"token_secret": "env:BEARER"}},
    "header": {"api_key": {"key_secret": "env:HEADER", "prefix": "Token "}},
    "query": {"api_key": {"key_secret": "env:QUERY"}},
    "cookie": {"api_key": {"key_secret": "env:COOKIE"}},
}
PLAIN = {"breaker": {"disabled": True}, "retry": {"max_attempts": 1}}
MODES = ("400", "401", "500", "503", "moved", "cut")
"""How the backend fails; it repeats the whole request each time, in fields and body."""
BODY = b'{"kind": "paid"}'


def the_flow() -> str:
    """Calls with each credential, which fail in each way and well; keeps all that came of it."""
    steps = [
        f"  - {{id: {kind}_{mode}, action: shop/{kind}, arguments: {{mode: '{mode}'}}, "
        "on_failure: continue}"
        for kind in KINDS
        for mode in MODES
    ]
    steps += [
        f"  - {{id: quiet_{kind}, action: quiet/{kind}, arguments: {{mode: '200'}}}}"
        for kind in KINDS
    ]
    return (
        "title: Everything\ntrigger: {webhook: {}}\nsteps:\n" + "\n".join(steps) + "\noutput:\n"
        "  - {id: kept, save: all, value: '{steps: steps, trigger: trigger}'}\n"
        "  - {id: told, notify: {event: all.done, content: '{{ steps.basic_500 }}'}}\n"
        "result: '{steps: steps, trigger: trigger}'\n"
    )


@pytest.fixture
async def backends() -> AsyncIterator[tuple[Backend, HttpBackend]]:
    kind = ("Content-Type", "application/json")
    async with (
        Backend() as echoing,
        HttpBackend(answer(b'{"it": "went"}', headers=(kind,))) as fine,
    ):
        yield echoing, fine


async def done(faces: Faces, name: Any) -> Run:
    async with asyncio.timeout(60):
        async for run in faces.parts.runs.watch(name):
            if run.state in ENDED:
                break
    return run


async def test_l01_no_secret_stands_in_what_is_kept_of_a_run(
    tmp_path: Path, backends: tuple[Backend, HttpBackend]
) -> None:
    echoing, fine = backends
    environ = {name.upper(): text for name, text in CANARIES.items()}
    async with both_faces(tmp_path, environ, public_url="http://portico.test") as faces:
        credentials = [{"scheme": name, **each} for name, each in KINDS.items()]
        for name, server in (("shop", echoing), ("quiet", fine)):
            await faces.door.publish(
                name, the_document(), server.origin, credentials=credentials, policy=PLAIN
            )
        await faces.parts.flows.create(FlowName("all"), the_flow())
        await faces.parts.flows.publish(FlowName("all"))
        made = await faces.http.post("/v1/flows/all/trigger:rotate", json={"overlap": "60s"})
        secret: str = made.json()["data"]["secret"]
        run = await done(faces, await triggered(faces, secret))
        assert run.state is RunState.SUCCEEDED, run.error
        failed = {each.id for each in run.steps if each.state is StepState.FAILED}
        assert len(failed) == len(KINDS) * len(MODES)
        again = await faces.parts.runs.replay(run.name, "basic_500")
        assert (await done(faces, again.name)).state is RunState.SUCCEEDED
    for backend in backends:
        assert found(b"".join(backend.requests)) == set(KINDS)
    kept = kept_in(tmp_path)
    assert b"quiet_basic" in kept["flows.db"] + kept.get("flows.db-wal", b"")
    key = secret.removeprefix("whsec_").encode()
    for name, data in kept.items():
        assert found(data) == set(), name
        assert key not in data, name
        assert base64.b64decode(key) not in data, name


def kept_in(folder: Path) -> dict[str, bytes]:
    """All that stands in files, by their names."""
    return {each.name: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


async def triggered(faces: Faces, secret: str) -> Any:
    """Sends a signed message; gives the run that it starts."""
    told = (await faces.http.get("/v1/flows/all/trigger")).json()["data"]
    now = int(time.time())
    key = base64.b64decode(secret.removeprefix("whsec_"))
    headers = {
        "content-type": "application/json",
        "webhook-id": "m1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(key, "m1", now, BODY),
        "authorization": f"Bearer {CANARIES['token']}",
        "cookie": f"sid={CANARIES['client']}",
    }
    answered = await faces.http.post(told["url"], content=BODY, headers=headers)
    assert answered.status_code == 202
    return parse_run(answered.json()["run"])
