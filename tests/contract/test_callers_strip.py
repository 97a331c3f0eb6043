"""What shows to us who calls goes no further: no rule of a version sends it to a backend."""

from pathlib import Path
from typing import Any

from facade.model.access import Grant, Role
from gateway.v1.credential_pb2 import Passthrough
from gateway.v1.gateway_pb2 import ExecuteActionRequest, ListActionsRequest
from tests.callers import a_key, bearer
from tests.doors import document, named, operation, refusal
from tests.faces import both_faces
from tests.fakes import HttpBackend

RULES = [
    Passthrough(metadata="authorization", header="X-Theirs"),
    Passthrough(metadata="x-portico-authorization", header="X-Ours"),
]


async def test_our_credential_reaches_no_backend_and_the_callers_own_does(tmp_path: Path) -> None:
    async with HttpBackend() as backend, both_faces(tmp_path) as faces:
        key = await a_key(faces.parts, "ci", Grant(role=Role.INVOKER))
        await faces.door.publish("one", operation("get", "/x"), backend.origin)
        fields: dict[str, Any] = {"passthrough": RULES[:1]}
        await faces.door.publish("shop", operation("get", "/x"), backend.origin, **fields)
        request = ExecuteActionRequest(name=named("shop/act"), parameters_json="{}")
        for metadata in (bearer(key), (("x-portico-authorization", f"Bearer {key}"),)):
            told = await refusal(faces.door.gateway.ExecuteAction(request, metadata=metadata))
            assert told.info.reason == "CONNECTION_INCOMPLETE"
        both = (("x-portico-authorization", f"Bearer {key}"), ("authorization", "Basic YTpi"))
        await faces.door.gateway.ExecuteAction(request, metadata=both)
        await faces.door.gateway.ExecuteAction(request, metadata=both[1:])
        path = "/connectors/one/versions/live/x"
        assert (await faces.http.get(path, headers=dict(bearer(key)))).status_code == 200
    assert len(backend.requests) == 3
    assert not any(key.encode() in each for each in backend.requests)
    assert [b"X-Theirs: Basic YTpi" in each for each in backend.requests] == [True, True, False]


async def test_who_is_limited_sees_and_calls_what_the_limits_name(tmp_path: Path) -> None:
    paths = {
        "/x": {"get": {"operationId": "readIt", "responses": {}}},
        "/y": {"get": {"operationId": "writeIt", "responses": {}}},
    }
    async with HttpBackend() as backend, both_faces(tmp_path, callers="known") as faces:
        admin = bearer(await a_key(faces.parts, "boss"))
        door = faces.door
        for connector in ("one", "two"):
            text = document(paths)
            await faces.parts.catalog.refresh()
            await publish(door, connector, text, backend.origin, admin)
        limits = Grant(role=Role.INVOKER, connectors=("one",), actions=("read*",))
        shown = bearer(await a_key(faces.parts, "ci", limits))
        listed = await door.gateway.ListActions(
            ListActionsRequest(parent="connectors/-/versions/live"), metadata=shown
        )
        assert [each.name.rpartition("/")[2] for each in listed.actions] == ["readIt"]
        answer = await faces.http.get("/v1/connectors", headers=dict(shown))
        assert [each["name"] for each in answer.json()["data"]["connectors"]] == ["connectors/one"]
        for action, wanted in {"one/readIt": 200, "one/writeIt": 403, "two/readIt": 403}.items():
            connector, _, name = action.partition("/")
            path = f"/connectors/{connector}/versions/live/{'x' if name == 'readIt' else 'y'}"
            status = (await faces.http.get(path, headers=dict(shown))).status_code
            request = ExecuteActionRequest(name=named(action), parameters_json="{}")
            call = door.gateway.ExecuteAction(request, metadata=shown)
            assert status == wanted, action
            if wanted == 200:
                await call
            else:
                assert (await refusal(call)).info.reason == "CALLER_FORBIDDEN"


async def publish(
    door: Any, connector: str, document: Any, origin: str, shown: tuple[tuple[str, str], ...]
) -> None:
    """Publishes as somebody."""
    gateway = door.gateway

    class As:
        @staticmethod
        async def ManageVersions(request: Any) -> Any:  # noqa: N802 - as the stub has it
            return await gateway.ManageVersions(request, metadata=shown)

    await type(door)(gateway=As, catalog=door.catalog, channel=door.channel).publish(
        connector, document, origin
    )
