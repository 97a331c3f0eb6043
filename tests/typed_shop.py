"""A shop whose document becomes a typed service with methods of every sort, and its backend."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.doors import document
from tests.fakes import HttpBackend, answer

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
PET: Mapping[str, Any] = {
    "type": "object",
    "description": "A pet.",
    "required": ["id"],
    "properties": {
        "id": NUMBER,
        "name": TEXT,
        "tags": {"type": "array", "items": TEXT},
        "status": {"type": "string", "enum": ["here", "sold"]},
    },
}
REF = {"$ref": "#/components/schemas/Pet"}
ID = {"name": "petId", "in": "path", "required": True, "schema": NUMBER}

WHOLE = 9007199254740993
"""A number that no double holds."""

JSON_TYPE = (("Content-Type", "application/json"),)


def _says(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"200": {"description": "", "content": {kind: {"schema": schema}}}}


def shop(**more: Any) -> dict[str, Any]:
    """The document; `more` are properties that a pet has besides."""
    pet = {**PET, "properties": {**PET["properties"], **more}}
    lines = {"content": {"application/jsonl": {"itemSchema": REF}}, "description": ""}
    events = {"content": {"text/event-stream": {}}, "description": ""}
    page = {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}}
    size = {"name": "per_page", "in": "query", "schema": NUMBER}
    many = {"type": "array", "items": REF}
    paths = {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [page, size],
                "responses": _says(many),
            },
            "post": {
                "operationId": "addPet",
                "requestBody": {"content": {"application/json": {"schema": REF}}},
                "responses": _says(REF),
            },
        },
        "/pets/{petId}": {
            "get": {"operationId": "getPet", "parameters": [ID], "responses": _says(REF)},
            "delete": {
                "operationId": "deletePet",
                "parameters": [ID],
                "responses": {"204": {"description": ""}},
            },
        },
        "/watch": {"get": {"operationId": "watchPets", "responses": {"200": lines}}},
        "/events": {"get": {"operationId": "tellPets", "responses": {"200": events}}},
    }
    made = document(paths, components={"schemas": {"Pet": pet}})
    return {**made, "openapi": "3.2.0"}


def says(found: Any, *, kind: str = "application/json", status: int = 200) -> bytes:
    """An answer of JSON, or of text in another type."""
    body = found.encode() if isinstance(found, str) else json.dumps(found).encode()
    return answer(body, status=status, headers=(("Content-Type", kind),))


FIXED: Mapping[bytes, bytes] = {
    b"GET /watch": says('{"id": 1}\n{"id": 2}\n', kind="application/jsonl"),
    b"GET /events": says(
        "id: 7\nevent: born\ndata: Rex\n\ndata: Ada\n\n", kind="text/event-stream"
    ),
    b"GET /pets/404": says({"title": "no such pet"}, kind="application/problem+json", status=404),
}
PAGES: Mapping[str, Any] = {"1": [{"id": 1}, {"id": 2}], "2": [{"id": 3}]}


def _respond(request: bytes) -> bytes:
    line = request.partition(b" HTTP/")[0]
    method, target = line.decode().split(" ")
    path, _, query = target.partition("?")
    if line in FIXED:
        return FIXED[line]
    if method == "DELETE":
        return answer(status=204)
    if method == "POST":
        return says(request.partition(b"\r\n\r\n")[2].decode())
    if path == "/pets":
        return says(PAGES.get(dict(parse_qsl(query)).get("page", "1"), []))
    return says({"id": int(path.rpartition("/")[2]), "name": "Rex", "status": "gone"})


def backend() -> HttpBackend:
    """The shop's server."""
    return HttpBackend(_respond)
