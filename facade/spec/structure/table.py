"""The objects of OpenAPI 3.0, 3.1 and 3.2, in the words of structure_table_v2."""

from typing import Final

from facade.spec.structure.table_v2 import (
    BOUNDS,
    LIMITS,
    MEMBERS,
    NOTES,
    OPEN,
    ROOT,
    SHARED,
    V20,
    Table,
)

_MEDIA: Final = {"example": "any", "examples": "{Example|ref}"}
_PARTS_30: Final = {
    "schemas": "{Schema|ref}",
    "responses": "{Response|ref}",
    "parameters": "{Parameter|ref}",
    "examples": "{Example|ref}",
    "requestBodies": "{RequestBody|ref}",
    "headers": "{Header|ref}",
    "securitySchemes": "{SecurityScheme|ref}",
    "links": "{Link|ref}",
    "callbacks": "{Callback|ref}",
}
_METHODS_30: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SENT_30: Final = {
    "description": "string",
    "required": "boolean",
    "deprecated": "boolean",
    "allowEmptyValue": "boolean",
    "explode": "boolean",
    "allowReserved": "boolean",
    "schema": "Schema|ref",
    **_MEDIA,
    "content": "{MediaType}",
}

V30: Final[Table] = {
    **SHARED,
    ROOT: {
        "openapi": "string!",
        "info": "Info!",
        "servers": "[Server]",
        "paths": "Paths!",
        "components": "Components",
        "security": "[SecurityRequirement]",
        "tags": "[Tag]",
        "externalDocs": "ExternalDocs",
    },
    "Server": {
        "url": "string!",
        "description": "string",
        "variables": "{ServerVariable}",
    },
    "ServerVariable": {"enum": "[string]", "default": "string!", "description": "string"},
    "Components": _PARTS_30,
    "PathItem": {
        "$ref": "string",
        "summary": "string",
        "description": "string",
        **dict.fromkeys(_METHODS_30, "Operation"),
        "servers": "[Server]",
        "parameters": "[Parameter|ref]",
    },
    "Operation": {
        "tags": "[string]",
        "summary": "string",
        "description": "string",
        "externalDocs": "ExternalDocs",
        "operationId": "string",
        "parameters": "[Parameter|ref]",
        "requestBody": "RequestBody|ref",
        "responses": "Responses!",
        "callbacks": "{Callback|ref}",
        "deprecated": "boolean",
        "security": "[SecurityRequirement]",
        "servers": "[Server]",
    },
    "Parameter": {
        "name": "string!",
        "in": "=query|header|path|cookie!",
        "style": "=matrix|label|form|simple|spaceDelimited|pipeDelimited|deepObject",
        **_SENT_30,
    },
    "RequestBody": {
        "description": "string",
        "content": "{MediaType}!",
        "required": "boolean",
    },
    "MediaType": {"schema": "Schema|ref", **_MEDIA, "encoding": "{Encoding}"},
    "Encoding": {
        "contentType": "string",
        "headers": "{Header|ref}",
        "style": "=form|spaceDelimited|pipeDelimited|deepObject",
        "explode": "boolean",
        "allowReserved": "boolean",
    },
    "Responses": {OPEN: "Response|ref"},
    "Response": {
        "description": "string!",
        "headers": "{Header|ref}",
        "content": "{MediaType}",
        "links": "{Link|ref}",
    },
    "Callback": {OPEN: "PathItem"},
    "Example": {
        "summary": "string",
        "description": "string",
        "value": "any",
        "externalValue": "string",
    },
    "Link": {
        "operationRef": "string",
        "operationId": "string",
        "parameters": "{any}",
        "requestBody": "any",
        "description": "string",
        "server": "Server",
    },
    "Header": {"style": "=simple", **_SENT_30},
    "Schema": {
        **LIMITS,
        **BOUNDS,
        **MEMBERS,
        **NOTES,
        "type": "any",
        "allOf": "[Schema|ref]",
        "oneOf": "[Schema|ref]",
        "anyOf": "[Schema|ref]",
        "not": "Schema|ref",
        "items": "Schema|ref",
        "properties": "{Schema|ref}",
        "additionalProperties": "Schema|ref|boolean",
        "format": "string",
        "nullable": "boolean",
        "discriminator": "Discriminator",
        "readOnly": "boolean",
        "writeOnly": "boolean",
        "xml": "XML",
        "externalDocs": "ExternalDocs",
        "example": "any",
        "deprecated": "boolean",
    },
    "Discriminator": {"propertyName": "string!", "mapping": "{string}"},
    "SecurityScheme": {
        "type": "=apiKey|http|oauth2|openIdConnect!",
        "description": "string",
        "name": "string",
        "in": "=query|header|cookie",
        "scheme": "string",
        "bearerFormat": "string",
        "flows": "OAuthFlows",
        "openIdConnectUrl": "string",
    },
    "OAuthFlows": dict.fromkeys(
        ("implicit", "password", "clientCredentials", "authorizationCode"), "OAuthFlow"
    ),
    "OAuthFlow": {
        "authorizationUrl": "string",
        "tokenUrl": "string",
        "refreshUrl": "string",
        "scopes": "{string}!",
    },
}

_SCHEMA_31: Final = {
    # JSON Schema 2020-12; a keyword that it does not have is an annotation.
    **LIMITS,
    **MEMBERS,
    **NOTES,
    "exclusiveMaximum": "number",
    "exclusiveMinimum": "number",
    "type": "any",
    "format": "string",
    "examples": "[any]",
    "const": "any",
    "readOnly": "boolean",
    "writeOnly": "boolean",
    "deprecated": "boolean",
    "maxContains": "integer",
    "minContains": "integer",
    "dependentRequired": "{[string]}",
    "contentEncoding": "string",
    "contentMediaType": "string",
    "$ref": "string",
    "$id": "string",
    "$schema": "string",
    "$anchor": "string",
    "$dynamicRef": "string",
    "$dynamicAnchor": "string",
    "$comment": "string",
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[Schema|boolean]"),
    **dict.fromkeys(
        ("$defs", "properties", "patternProperties", "dependentSchemas"), "{Schema|boolean}"
    ),
    **dict.fromkeys(
        ("not", "if", "then", "else", "items", "contains", "propertyNames", "contentSchema"),
        "Schema|boolean",
    ),
    "additionalProperties": "Schema|boolean",
    "unevaluatedItems": "Schema|boolean",
    "unevaluatedProperties": "Schema|boolean",
    "discriminator": "Discriminator",
    "xml": "XML",
    "externalDocs": "ExternalDocs",
    "example": "any",
    OPEN: "any",
}

_SENT_31: Final = {**_SENT_30, "schema": "Schema|boolean"}
_SENT_32: Final = {**_SENT_31, "content": "{MediaType|ref}"}
_REFERENCE_31: Final = {"$ref": "string!", "summary": "string", "description": "string"}

V31: Final[Table] = {
    **V30,
    ROOT: {
        **V30[ROOT],
        "jsonSchemaDialect": "string",
        "paths": "Paths",
        "webhooks": "{PathItem}",
    },
    "Info": {**V30["Info"], "summary": "string"},
    "License": {**V30["License"], "identifier": "string"},
    "Components": {**_PARTS_30, "schemas": "{Schema|boolean}", "pathItems": "{PathItem}"},
    "Operation": {**V30["Operation"], "responses": "Responses"},
    "Parameter": {**V30["Parameter"], **_SENT_31},
    "MediaType": {**V30["MediaType"], "schema": "Schema|boolean"},
    "Header": {**V30["Header"], **_SENT_31},
    "Schema": _SCHEMA_31,
    "SecurityScheme": {
        **V30["SecurityScheme"],
        "type": "=apiKey|http|mutualTLS|oauth2|openIdConnect!",
    },
    "Reference": _REFERENCE_31,
}

_ENCODINGS_32: Final = {
    "encoding": "{Encoding}",
    "prefixEncoding": "[Encoding]",
    "itemEncoding": "Encoding",
}

V32: Final[Table] = {
    **V31,
    ROOT: {**V31[ROOT], "$self": "string"},
    "Server": {**V31["Server"], "name": "string"},
    "Components": {**V31["Components"], "mediaTypes": "{MediaType|ref}"},
    "PathItem": {
        **V31["PathItem"],
        "query": "Operation",
        "additionalOperations": "{Operation}",
    },
    "RequestBody": {**V31["RequestBody"], "content": "{MediaType|ref}!"},
    "Header": {**V31["Header"], **_SENT_32},
    "Parameter": {
        **V31["Parameter"],
        **_SENT_32,
        "in": "=query|querystring|header|path|cookie!",
        "style": "=matrix|label|form|simple|spaceDelimited|pipeDelimited|deepObject|cookie",
    },
    "MediaType": {
        **V31["MediaType"],
        "description": "string",
        "itemSchema": "Schema|boolean",
        **_ENCODINGS_32,
    },
    "Encoding": {**V31["Encoding"], **_ENCODINGS_32},
    "Response": {
        **V31["Response"],
        "summary": "string",
        "description": "string",
        "content": "{MediaType|ref}",
    },
    "Example": {**V31["Example"], "dataValue": "any", "serializedValue": "string"},
    "Tag": {**V31["Tag"], "summary": "string", "parent": "string", "kind": "string"},
    "Discriminator": {**V31["Discriminator"], "defaultMapping": "string"},
    "XML": {**V31["XML"], "nodeType": "=element|attribute|text|cdata|none"},
    "SecurityScheme": {
        **V31["SecurityScheme"],
        "deprecated": "boolean",
        "oauth2MetadataUrl": "string",
    },
    "OAuthFlows": {**V31["OAuthFlows"], "deviceAuthorization": "OAuthFlow"},
    "OAuthFlow": {**V31["OAuthFlow"], "deviceAuthorizationUrl": "string"},
}


def table_of(version: str) -> Table:
    """The objects of the version that a document names."""
    tables = (("2.", V20), ("3.0", V30), ("3.1", V31), ("3.2", V32))
    return next(table for prefix, table in tables if version.startswith(prefix))
