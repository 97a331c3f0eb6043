"""The JSON Schemas of errors, as both kinds of documents have them: the envelope, problem+json."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

TEXT = {"type": "string"}
VIOLATION = {"type": "object", "properties": {"field": TEXT, "description": TEXT}}
RESOURCE = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "name": TEXT,
        "suggestions": {"type": "array", "items": TEXT},
    },
}
QUOTA = {"type": "object", "properties": {"subject": TEXT, "description": TEXT}}
MEMBERS: Mapping[str, Any] = MappingProxyType(
    {
        "code": {**TEXT, "description": "The HTTP status."},
        "reason": {**TEXT, "description": "What went wrong, in one stable word."},
        "domain": {**TEXT, "description": "Who says so: the facade or the backend."},
        "outcome": {**TEXT, "description": "Whether the backend may have acted."},
        "trace_id": TEXT,
        "violations": {"type": "array", "items": VIOLATION},
        "retry_after": {"type": "number", "description": "Seconds."},
        "resource": RESOURCE,
        "quotas": {"type": "array", "items": QUOTA},
        "facts": {"type": "object", "additionalProperties": TEXT},
        "excerpt": TEXT,
        "help": TEXT,
    }
)
ERROR: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "description", "reason", "status"],
                "properties": {"description": TEXT, "status": TEXT, **MEMBERS},
            }
        },
    }
)
PROBLEM_SCHEMA: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "required": ["title", "status", "detail", "reason"],
        "properties": {"title": TEXT, "status": {"type": "integer"}, "detail": TEXT, **MEMBERS},
    }
)
