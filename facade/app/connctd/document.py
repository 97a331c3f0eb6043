"""The document of the face (OpenAPI 3.1)."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from facade.app.connctd.endpoint import Endpoint
from facade.app.connctd.links import ROOT
from facade.app.connctd.schemas import SCHEMAS
from facade.app.connctd.table import ENDPOINTS
from facade.app.error_schema import JSON
from facade.model.field_names import EXTERNAL_SUBJECT


def document(url: str) -> dict[str, Any]:
    """What the face is; `url` is where, empty where that is not known."""
    paths: dict[str, dict[str, Any]] = {}
    for each in ENDPOINTS:
        paths.setdefault(ROOT + each.path, {})[each.verb.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portico's connctd face",
            "version": "1",
            "description": "Connector instances and clients: Portico's connections and subjects.",
        },
        "servers": [{"url": url or "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.about,
        "security": [{}] if endpoint.is_open else [{"bearer": []}, {}],
        "parameters": [*_parameters(endpoint)],
        "responses": dict(_responses(endpoint)),
    }
    if endpoint.takes:
        schema = {"$ref": f"#/components/schemas/{endpoint.takes}"}
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return told


def _parameters(endpoint: Endpoint) -> Iterator[Mapping[str, Any]]:
    if "{id}" in endpoint.path:
        yield {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    if endpoint.has_subject:
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        yield {"name": EXTERNAL_SUBJECT, "in": "header", "required": True, "schema": schema}


def _responses(endpoint: Endpoint) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for status, about in endpoint.answers.items():
        told: dict[str, Any] = {"description": about}
        if status != HTTPStatus.NO_CONTENT:
            told["content"] = {JSON: {"schema": dict(endpoint.gives)}}
        if status == HTTPStatus.SEE_OTHER:
            told["headers"] = {"location": {"schema": {"type": "string", "format": "uri"}}}
        yield str(status), told
    failure = {JSON: {"schema": {"$ref": "#/components/schemas/Failure"}}}
    for status in endpoint.refuses:
        yield str(status), {"description": HTTPStatus(status).phrase, "content": failure}
