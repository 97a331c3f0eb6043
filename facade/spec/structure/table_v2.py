"""The objects of OpenAPI 2.0: which fields each has, of which shape.

Written from the texts of the specifications (spec.openapis.org). A shape is a
word: `string`, `boolean`, `number`, `integer`, `any`, the name of an object;
`[shape]` is a list of it, `{shape}` a map to it, `=a|b` one of these words.
After an object's name, `ref` allows a Reference Object in its place, `boolean`
true or false, `list` a list of it. A closing `!` makes the field required.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

Fields: TypeAlias = Mapping[str, str]
Table: TypeAlias = Mapping[str, Fields]

OPEN: Final = "*"
"""The name under which an object has the shape of all fields that it does not name."""
ROOT: Final = "Document"

LIMITS: Final = {
    "multipleOf": "number",
    "maximum": "number",
    "minimum": "number",
    "maxLength": "integer",
    "minLength": "integer",
    "pattern": "string",
    "maxItems": "integer",
    "minItems": "integer",
    "uniqueItems": "boolean",
}
BOUNDS: Final = {"exclusiveMaximum": "boolean", "exclusiveMinimum": "boolean"}
MEMBERS: Final = {"maxProperties": "integer", "minProperties": "integer", "required": "[string]"}
NOTES: Final = {"title": "string", "description": "string", "default": "any", "enum": "[any]"}

SHARED: Final[Table] = {
    "Info": {
        "title": "string!",
        "description": "string",
        "termsOfService": "string",
        "contact": "Contact",
        "license": "License",
        "version": "string!",
    },
    "Contact": {"name": "string", "url": "string", "email": "string"},
    "License": {"name": "string!", "url": "string"},
    "ExternalDocs": {"description": "string", "url": "string!"},
    "Tag": {"name": "string!", "description": "string", "externalDocs": "ExternalDocs"},
    "XML": {
        "name": "string",
        "namespace": "string",
        "prefix": "string",
        "attribute": "boolean",
        "wrapped": "boolean",
    },
    "Paths": {OPEN: "PathItem"},
    "SecurityRequirement": {OPEN: "[string]"},
    "Reference": {"$ref": "string!"},
}

_VALUE_20: Final = {
    **LIMITS,
    **BOUNDS,
    "format": "string",
    "items": "Items",
    "collectionFormat": "=csv|ssv|tsv|pipes",
    "default": "any",
    "enum": "[any]",
}

V20: Final[Table] = {
    **SHARED,
    ROOT: {
        "swagger": "string!",
        "info": "Info!",
        "host": "string",
        "basePath": "string",
        "schemes": "[=http|https|ws|wss]",
        "consumes": "[string]",
        "produces": "[string]",
        "paths": "Paths!",
        "definitions": "{Schema|ref}",
        "parameters": "{Parameter}",
        "responses": "{Response}",
        "securityDefinitions": "{SecurityScheme}",
        "security": "[SecurityRequirement]",
        "tags": "[Tag]",
        "externalDocs": "ExternalDocs",
    },
    "PathItem": {
        "$ref": "string",
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch"), "Operation"),
        "parameters": "[Parameter|ref]",
    },
    "Operation": {
        "tags": "[string]",
        "summary": "string",
        "description": "string",
        "externalDocs": "ExternalDocs",
        "operationId": "string",
        "consumes": "[string]",
        "produces": "[string]",
        "parameters": "[Parameter|ref]",
        "responses": "Responses!",
        "schemes": "[=http|https|ws|wss]",
        "deprecated": "boolean",
        "security": "[SecurityRequirement]",
    },
    "Parameter": {
        "name": "string!",
        "in": "=query|header|path|formData|body!",
        "description": "string",
        "required": "boolean",
        "schema": "Schema|ref",
        "type": "=string|number|boolean|integer|array|file",
        "allowEmptyValue": "boolean",
        **_VALUE_20,
        "collectionFormat": "=csv|ssv|tsv|pipes|multi",
    },
    "Items": {"type": "=string|number|boolean|integer|array!", **_VALUE_20},
    "Header": {
        "description": "string",
        "type": "=string|number|boolean|integer|array!",
        **_VALUE_20,
    },
    "Responses": {OPEN: "Response|ref"},
    "Response": {
        "description": "string!",
        "schema": "Schema|ref",
        "headers": "{Header}",
        "examples": "{any}",
    },
    "Schema": {
        **LIMITS,
        **BOUNDS,
        **MEMBERS,
        **NOTES,
        "format": "string",
        "type": "any",
        "items": "Schema|ref|list",
        "allOf": "[Schema|ref]",
        "properties": "{Schema|ref}",
        "additionalProperties": "Schema|ref|boolean",
        "discriminator": "string",
        "readOnly": "boolean",
        "xml": "XML",
        "externalDocs": "ExternalDocs",
        "example": "any",
    },
    "SecurityScheme": {
        "type": "=basic|apiKey|oauth2!",
        "description": "string",
        "name": "string",
        "in": "=query|header",
        "flow": "=implicit|password|application|accessCode",
        "authorizationUrl": "string",
        "tokenUrl": "string",
        "scopes": "{string}",
    },
}
