"""Documents as large as the largest that are published: read, listed and called."""

import json
from pathlib import Path

import pytest

from gateway.v1.action_pb2 import ACTION_VIEW_FULL
from gateway.v1.gateway_pb2 import ListActionsRequest
from tests.doors import a_door, document
from tests.fakes import HttpBackend


def large() -> str:
    """A document of 13 MB with 1,200 operations that share 2,000 schemas."""
    fields = {f"field{number}": {"type": "string", "description": "x" * 80} for number in range(50)}
    schemas = {
        f"Schema{number}": {
            "type": "object",
            "properties": fields | {"next": {"$ref": f"#/components/schemas/Schema{number + 1}"}},
        }
        for number in range(2000)
    }
    schemas["Schema2000"] = {"type": "object"}
    paths = {
        f"/things{number}/{{id}}": {
            "post": {
                "operationId": f"thing{number:04}",
                "description": "y" * 500,
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": f"#/components/schemas/Schema{1900 + number % 90}"}
                        }
                    }
                },
                "responses": {},
            }
        }
        for number in range(1200)
    }
    return json.dumps(document(paths, components={"schemas": schemas}))


@pytest.mark.timeout(120)
async def test_a_document_of_13_mb_is_published_listed_and_called(tmp_path: Path) -> None:
    text = large()
    assert 12_000_000 < len(text) < 20_000_000
    async with HttpBackend() as backend, a_door(tmp_path) as door:
        published = await door.publish("large", text, backend.origin)
        assert published.versions[1].action_count == 1200
        asked = ListActionsRequest(parent="connectors/large/versions/live", page_size=5000)
        page = await door.gateway.ListActions(asked)
        assert len(page.actions) == 1000
        asked.page_token = page.next_page_token
        page = await door.gateway.ListActions(asked)
        assert (len(page.actions), page.next_page_token) == (200, "")
        full = ListActionsRequest(parent=asked.parent, page_size=1000, view=ACTION_VIEW_FULL)
        page = await door.gateway.ListActions(full)
        assert 0 < page.ByteSize() < 4 * 2**20
        await door.execute("large/thing0999", {"id": "7", "field1": "x"})
        assert backend.requests[-1].endswith(b'\r\n\r\n{"field1":"x"}')
