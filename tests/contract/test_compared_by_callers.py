"""Whoever compares a document with a version may look at that version."""

from pathlib import Path

from facade.model.access import Grant, Role
from gateway.v1.catalog_pb2 import ValidateSpecRequest
from tests.callers import a_key, bearer
from tests.doors import document, refusal
from tests.faces import both_faces

PATHS = {"/x": {"get": {"operationId": "act", "responses": {}}}}
SPEC = document(PATHS)


async def test_a_document_is_compared_with_what_the_caller_may_view_alone(tmp_path: Path) -> None:
    grants = (
        Grant(role=Role.EDITOR, connectors=("own",)),
        Grant(role=Role.VIEWER, connectors=("seen",)),
    )
    async with both_faces(tmp_path) as faces:
        for each in ("own", "seen", "hidden"):
            await faces.door.publish(each, SPEC, "https://a.example")
        shown = bearer(await a_key(faces.parts, "ci", *grants))
        viewer = bearer(await a_key(faces.parts, "eyes", grants[1]))
        text = '{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}}'
        found = {}
        for each in ("own", "seen", "hidden"):
            name = f"connectors/{each}/versions/v1"
            request = ValidateSpecRequest(spec_text=text, against=name)
            body = {"specText": text, "against": name}
            path = "/v1/specs:validate"
            http = await faces.http.post(path, json=body, headers=dict(shown))
            call = faces.door.catalog.ValidateSpec(request, metadata=shown)
            code = "OK" if each != "hidden" else (await refusal(call)).code
            if each != "hidden":
                assert (await call).difference.against == name
            found[each] = (http.status_code, code)
        only = faces.door.catalog.ValidateSpec(ValidateSpecRequest(spec_text=text), metadata=viewer)
        refused = await refusal(only)

    assert found == {"own": (200, "OK"), "seen": (200, "OK"), "hidden": (403, "PERMISSION_DENIED")}
    assert refused.code == "PERMISSION_DENIED"
