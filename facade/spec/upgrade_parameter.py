"""What Swagger 2.0 says of one value becomes a schema with a style, or a request body."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

SCHEMA_FIELDS: Final = frozenset(
    {
        *("type", "format", "items", "default", "enum", "multipleOf", "pattern", "x-nullable"),
        *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength"),
        *("maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "title"),
    }
)
PARAMETER_FIELDS: Final = frozenset({"collectionFormat", "delimiters", *SCHEMA_FIELDS})

# OAS 2.0, parameter object, collectionFormat; None: the default style of the location.
COLLECTIONS: Final[Mapping[Any, tuple[str | None, bool]]] = {
    "csv": (None, False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
DELIMITERS: Final[Mapping[Any, str]] = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
MULTIPART: Final = "multipart/form-data"
URLENCODED: Final = "application/x-www-form-urlencoded"
RENAMED: Final = (
    ("#/definitions/", "#/components/schemas/"),
    ("#/parameters/", "#/components/parameters/"),
    ("#/responses/", "#/components/responses/"),
)


def turn_reference(node: dict[str, Any]) -> None:
    """Lets a `$ref` point to where 3.0 keeps the thing."""
    reference = node.get("$ref")
    if isinstance(reference, str):
        for old, new in RENAMED:
            if reference.startswith(old):
                node["$ref"] = new + reference.removeprefix(old)


def turn_schema(schema: Any) -> None:
    """Turns a schema and all within it, in place; to do it twice does no harm."""
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            turn_reference(node)
            _turn_keywords(node)
            for keyword in ("properties", "patternProperties"):
                members = node.get(keyword)
                pending.extend(members.values() if isinstance(members, dict) else ())
            keywords = ("items", "additionalProperties", "allOf", "anyOf", "oneOf", "not")
            pending.extend(node.get(keyword) for keyword in keywords)


def _turn_keywords(node: dict[str, Any]) -> None:
    if "x-nullable" in node:
        node["nullable"] = node.pop("x-nullable")
    if isinstance(node.get("discriminator"), str):
        node["discriminator"] = {"propertyName": node["discriminator"]}
    node.pop("collectionFormat", None)
    kind = node.get("type")
    if kind == "file":
        node.update(type="string", format="binary")
    elif isinstance(kind, list) and "null" in kind:
        rest = [each for each in kind if each != "null"]
        node.update(type=rest[0] if len(rest) == 1 else rest, nullable=True)


def schema_of(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that the fields of a parameter, a header or a form field make up."""
    schema = {key: value for key, value in parameter.items() if key in SCHEMA_FIELDS}
    own = parameter.get("schema")
    if isinstance(own, dict):
        schema = {**own, **schema}
    turn_schema(schema)
    return schema


def turn_parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The 3.0 form of a parameter that is no part of a body, or of a response's header."""
    if "$ref" in parameter:
        turned = dict(parameter)
        turn_reference(turned)
        return turned
    turned = {key: value for key, value in parameter.items() if key not in PARAMETER_FIELDS}
    turned.update(_style(parameter), **_delimiters(parameter))
    turned["schema"] = schema_of(parameter)
    return turned


def _style(parameter: Mapping[str, Any]) -> dict[str, Any]:
    if parameter.get("type") != "array":
        return {}
    collection = parameter.get("collectionFormat")
    known = isinstance(collection, str) and collection in COLLECTIONS
    style, explode = COLLECTIONS[collection if known else "csv"]
    return {"style": style, "explode": explode} if style else {"explode": explode}


def _delimiters(parameter: Mapping[str, Any]) -> dict[str, list[str]]:
    """What 3.0 has no field for: the delimiters of arrays in arrays, and outside of a query."""
    found = []
    node: Any = parameter
    while isinstance(node, dict) and node.get("type") == "array":
        found.append(DELIMITERS.get(str(node.get("collectionFormat")), ","))
        node = node.get("items")
    plain = len(found) < 2 and (found == [","] or parameter.get("in") == "query")
    return {} if plain or not found else {"delimiters": found}


def whole_body(parameter: Mapping[str, Any], consumes: Sequence[str]) -> dict[str, Any]:
    """The request body that a parameter `in: body` stands for."""
    body = {k: v for k, v in parameter.items() if k == "description" or k.startswith("x-")}
    schema = parameter.get("schema")
    if schema is None:
        schema = schema_of(parameter)
    turn_schema(schema)
    body["required"] = parameter.get("required") is True
    body["content"] = {media: {"schema": schema} for media in consumes or ("application/json",)}
    return body


def form_body(fields: Sequence[Mapping[str, Any]], consumes: Sequence[str]) -> dict[str, Any]:
    """The request body that the parameters `in: formData` of one operation make up."""
    properties = {str(each.get("name")): _field(each) for each in fields}
    required = [str(each.get("name")) for each in fields if each.get("required") is True]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    media: dict[str, Any] = {"schema": schema}
    encoding = {str(each.get("name")): {"style": "form", **_style(each)} for each in fields}
    encoding = {name: each for name, each in encoding.items() if "explode" in each}
    if encoding:
        media["encoding"] = encoding
    kinds = _form_kinds(fields, consumes)
    return {"required": bool(required), "content": dict.fromkeys(kinds, media)}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    notes = {k: v for k, v in field.items() if k == "description" or k.startswith("x-")}
    return {**notes, **schema_of(field)}


def _form_kinds(fields: Sequence[Mapping[str, Any]], consumes: Sequence[str]) -> list[str]:
    """A form without files may be of either kind; one that may have a file is multipart, too."""
    files = [each for each in fields if each.get("type") == "file"]
    told = [(each, each.split(";")[0].strip().lower()) for each in consumes]
    parts = [each for each, kind in told if kind == MULTIPART]
    if any(each.get("required") is True for each in files) or (files and not parts):
        return parts or [MULTIPART]
    return [each for each, kind in told if kind in {MULTIPART, URLENCODED}] or [URLENCODED]
