"""The JSON Schemas of the face's bodies."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from facade.app.error_schema import ERROR

TEXT: Final[Mapping[str, Any]] = MappingProxyType({"type": "string"})
UID: Final[Mapping[str, Any]] = MappingProxyType({"type": "string", "format": "uuid"})
URL: Final[Mapping[str, Any]] = MappingProxyType({"type": "string", "format": "uri"})
LINK: Final[Mapping[str, Any]] = MappingProxyType({"$ref": "#/components/schemas/Link"})


def record(required: Mapping[str, Any], optional: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The schema of an object that has these members and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**{name: dict(each) for name, each in required.items()}, **optional},
        "additionalProperties": False,
    }


SAMPLE: Final = record(
    {"connector_type_id": TEXT}, {"configuration": {"type": "object", "additionalProperties": True}}
)

SCHEMAS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "Link": record({"href": URL}),
        "Identified": record({"id": UID}),
        "Creation": record(
            {"connector_type_id": {"type": "string", "minLength": 1}},
            {
                "configuration": {
                    "type": "object",
                    "additionalProperties": {"type": ["string", "number", "boolean"]},
                }
            },
        ),
        "Description": record(
            {
                "id": {"type": "integer"},
                "type_id": TEXT,
                "name": TEXT,
                "description": TEXT,
                "logo": TEXT,
                "sample_instance_configuration": SAMPLE,
                "sample_client_configuration": SAMPLE,
            }
        ),
        "Instance": record(
            {"id": UID, "clients": {"type": "array", "items": dict(LINK)}, "connector": LINK}
        ),
        "Started": record(
            {"client_id": UID},
            {"furtherStep": record({"type": {"type": "integer", "enum": [3]}, "content": URL})},
        ),
        "Client": record(
            {
                "id": UID,
                "instance": LINK,
                "connector": LINK,
                "mappings": {
                    "type": "array",
                    "items": record({"connector_thing_id": TEXT, "thing_id": TEXT}),
                },
                "status": {"type": "string", "enum": ["STARTING", "STARTED", "ERROR"]},
            }
        ),
        "ActionRequest": {
            "type": "object",
            "required": ["id", "thingId", "actionId"],
            "properties": {
                "id": {"type": "string", "minLength": 1, "maxLength": 128},
                "thingId": dict(TEXT),
                "componentId": dict(TEXT),
                "actionId": dict(TEXT),
                "parameters": {"type": "object"},
                "callbackUrl": {
                    **URL,
                    "description": "Takes the completion, on a host that the instance allows.",
                },
            },
        },
        "Pending": record({"status": {"type": "string", "enum": ["PENDING"]}}),
        "Failure": dict(ERROR),
    }
)
