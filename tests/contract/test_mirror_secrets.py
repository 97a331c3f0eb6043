from pathlib import Path
from urllib.parse import quote

import pytest

from facade.model.credential import ApiKey, Credential
from tests.doors import document
from tests.engines import publish
from tests.fakes import answer
from tests.faults.backends import CountingBackend, Said, in_turn
from tests.mirrors import a_mirror

KEY = "k3y/of+the shop"
SCHEME = {"k": {"type": "apiKey", "in": "query", "name": "key"}}
SPEC = document(
    {"/a": {"get": {"operationId": "a", "security": [{"k": []}], "responses": {}}}},
    components={"securitySchemes": SCHEME},
)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, f"told: {KEY}"), (302, "elsewhere"), (400, f"GET /a?key={quote(KEY, safe='')}: no")],
)
async def test_l02_what_signed_a_call_is_handed_on_in_no_field_and_no_failure(
    tmp_path: Path, status: int, body: str
) -> None:
    there = f"https://shop.example/b?key={quote(KEY, safe='')}"
    said = answer(body.encode(), status=status, headers=(("Location", there), ("X-Key", "none")))
    async with (
        a_mirror(tmp_path, {"PORTICO_SECRET_K": KEY}) as mirror,
        CountingBackend(in_turn(Said(said)), lambda request: request.path) as backend,
    ):
        held = Credential(scheme="k", kind=ApiKey(key="env:PORTICO_SECRET_K"))
        await publish(mirror.parts, "shop", SPEC, backend.origin, credentials=(held,))
        told = await mirror.shop("GET", "/a")
        assert f"/a?key={quote(KEY, safe='')}" in backend.keys.total
    assert told.status == status
    assert told.header("location") == "https://shop.example/b?key=***"
    assert told.header("x-key") == "none"
    assert told.body.decode() == (
        body if status == 200 else body.replace(quote(KEY, safe=""), "***")
    )
