"""Swagger 2.0 becomes OpenAPI 3.0, in place: parts are moved and renamed, not copied."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from facade.spec.document import unescape
from facade.spec.upgrade_parameter import (
    form_body,
    turn_parameter,
    turn_reference,
    turn_schema,
    whole_body,
)

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")
FLOWS: Final = {"application": "clientCredentials", "accessCode": "authorizationCode"}
SCHEMES: Final = ("https", "http", "wss", "ws")
"""In the order of preference where a document names several."""
IN_BODY: Final = ("body", "formData")

# What of 3.0 stands where in 2.0, for the way back of a problem's pointer.
HOMES: Final = (
    (re.compile(r"^/components/schemas"), "/definitions"),
    (re.compile(r"^/components/(parameters|responses)"), r"/\1"),
    (re.compile(r"^/components/securitySchemes"), "/securityDefinitions"),
    (re.compile(r"^(/paths/[^/]+/[^/]+)?/servers.*"), r"\1/schemes"),
    (re.compile(r"^(/paths/[^/]+/[^/]+)/requestBody.*"), r"\1/parameters"),
    (re.compile(r"^(.*?/responses/[^/]+)/content/[^/]+"), r"\1"),
    (re.compile(r"^((?:/paths/[^/]+(?:/[^/]+)?)?/parameters/[^/]+)/schema"), r"\1"),
    (re.compile(r"^(.*?/headers/[^/]+)/schema"), r"\1"),
)
_LISTED: Final = re.compile(r"^(/paths/([^/]+)(?:/([a-z]+))?/parameters)/(\d+)")


@dataclass(frozen=True, slots=True)
class Globals:
    """What the document says for all operations."""

    consumes: list[str]
    produces: list[str]
    parameters: Mapping[str, Any]
    host: str
    """Empty: unknown; with a scheme where Microsoft's template has one."""
    variables: Mapping[str, Any]
    base: str
    """basePath without the slashes around it."""


def upgrade(tree: dict[str, Any]) -> dict[str, Any]:
    """Turns a Swagger 2.0 tree into the shape of 3.0 and returns it.

    Body and form parameters become request bodies with what the operation
    consumes, responses get the media types that it produces, collectionFormat
    becomes style and explode, host and schemes become servers. Whatever is
    not of the shape that the standard asks for is left for the compiler.
    """
    parameters = _mapping(tree.pop("parameters", None))
    host, variables = _host(tree, parameters)
    base = tree.pop("basePath", "")
    shared = Globals(
        consumes=_strings(tree.pop("consumes", None)),
        produces=_strings(tree.pop("produces", None)),
        parameters=parameters,
        host=host,
        variables=variables,
        base=base.strip("/") if isinstance(base, str) else "",
    )
    for item in _mapping(tree.get("paths")).values():
        if isinstance(item, dict):
            _turn_path(item, shared)
    tree["servers"] = _servers(_strings(tree.pop("schemes", None)), shared)
    tree["components"] = _components(tree, shared)
    tree.pop("swagger", None)
    tree["openapi"] = "3.0.4"
    return tree


def original(pointer: str, tree: Mapping[str, Any]) -> str:
    """Where in the 2.0 document `tree`, as written, stands what 3.0 has at `pointer`."""
    for pattern, home in HOMES:
        pointer = pattern.sub(home, pointer)
    match = _LISTED.match(pointer)
    if not match:
        return pointer
    prefix, path, method, index = match.groups()
    item = _mapping(_mapping(tree.get("paths")).get(unescape(path)))
    listed = (_mapping(item.get(method)) if method else item).get("parameters")
    shared = _mapping(tree.get("parameters"))
    kept = [
        number
        for number, each in enumerate(listed if isinstance(listed, list) else [])
        if _resolve(each, shared).get("in") not in IN_BODY
    ]
    number = int(index)
    return f"{prefix}/{kept[number]}{pointer[match.end() :]}" if number < len(kept) else prefix


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _resolve(parameter: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    reference = _mapping(parameter).get("$ref")
    if isinstance(reference, str) and reference.startswith("#/parameters/"):
        name = unescape(reference.removeprefix("#/parameters/"))
        return _mapping(shared.get(name))
    return _mapping(parameter)


def _turn_path(item: dict[str, Any], shared: Globals) -> None:
    inherited = _take_bodies(item, shared)
    for method in METHODS:
        operation = item.get(method)
        if isinstance(operation, dict):
            _turn_operation(operation, inherited, shared)


def _take_bodies(node: dict[str, Any], shared: Globals) -> list[dict[str, Any]]:
    """Turns the parameters of a path or an operation; hands back those of the body."""
    listed = node.get("parameters")
    if not isinstance(listed, list):
        return []
    resolved = [(each, _resolve(each, shared.parameters)) for each in listed]
    node["parameters"] = [
        turn_parameter(each) if isinstance(each, dict) else each
        for each, meant in resolved
        if meant.get("in") not in IN_BODY
    ]
    return [meant for _, meant in resolved if meant.get("in") in IN_BODY]


def _turn_operation(
    operation: dict[str, Any], inherited: list[dict[str, Any]], shared: Globals
) -> None:
    consumes = _strings(operation.pop("consumes", shared.consumes))
    produces = _strings(operation.pop("produces", shared.produces))
    fields = {
        (each["in"], str(each.get("name"))): each
        for each in (*inherited, *_take_bodies(operation, shared))
    }
    bodies = [each for each in fields.values() if each.get("in") == "body"]
    if bodies:
        operation["requestBody"] = whole_body(bodies[-1], consumes)
    elif fields:
        operation["requestBody"] = form_body([*fields.values()], consumes)
    for response in _mapping(operation.get("responses")).values():
        _turn_response(response, produces)
    if "schemes" in operation:
        operation["servers"] = _servers(_strings(operation.pop("schemes")), shared)


def _turn_response(response: Any, produces: list[str]) -> None:
    if not isinstance(response, dict):
        return
    if "$ref" in response:
        turn_reference(response)
        return
    for name, header in _mapping(response.get("headers")).items():
        if isinstance(header, dict):
            response["headers"][name] = turn_parameter(header)
    content: dict[str, Any] = {}
    if "schema" in response:
        schema = response["schema"]  # stays, for references that lead to it
        file = _mapping(schema).get("type") == "file"
        turn_schema(schema)
        usual = "application/octet-stream" if file else "application/json"
        content = {media: {"schema": schema} for media in produces or [usual]}
    for media, example in _mapping(response.pop("examples", None)).items():
        content.setdefault(media, {})["example"] = example
    if content:
        response["content"] = content


def _host(tree: dict[str, Any], parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The host, or Microsoft's extension for a host with variables in it."""
    host = tree.pop("host", "")
    extended = _mapping(tree.get("x-ms-parameterized-host"))
    template = extended.get("hostTemplate")
    if not isinstance(template, str):
        return host if isinstance(host, str) else "", {}
    listed = extended.get("parameters")
    meant = [_resolve(each, parameters) for each in (listed if isinstance(listed, list) else [])]
    variables = {
        str(each.get("name")): {"default": str(each["default"])}
        for each in meant
        if "default" in each
    }
    return template, variables


def _servers(schemes: list[str], shared: Globals) -> list[dict[str, Any]]:
    base = f"/{shared.base}" if shared.base else ""
    if not shared.host:
        return [{"url": base or "/"}]
    known = [each for each in SCHEMES if each in schemes] or [SCHEMES[0]]
    prefixes = [""] if "://" in shared.host else [f"{scheme}://" for scheme in known]
    variables = {"variables": {**shared.variables}} if shared.variables else {}
    return [{"url": f"{each}{shared.host}{base}", **variables} for each in prefixes]


def _components(tree: dict[str, Any], shared: Globals) -> dict[str, Any]:
    """The components; `definitions`, `parameters` and `responses` stay as second names of theirs.

    Extensions refer to them by these, and nobody knows where in an extension a reference is.
    """
    schemas = _mapping(tree.get("definitions"))
    for schema in schemas.values():
        turn_schema(schema)
    responses = _mapping(tree.get("responses"))
    for response in responses.values():
        _turn_response(response, shared.produces)
    schemes = _mapping(tree.pop("securityDefinitions", None))
    parameters = {name: _component(each) for name, each in shared.parameters.items()}
    if parameters:
        tree["parameters"] = parameters
    return {
        "schemas": schemas,
        "responses": responses,
        "parameters": parameters,
        "securitySchemes": {name: _scheme(each) for name, each in schemes.items()},
    }


def _component(parameter: Any) -> Any:
    """A parameter; one of a body keeps its form, for references to its schema."""
    location = _mapping(parameter).get("in")
    if location is None or location == "body":
        turn_schema(_mapping(parameter).get("schema", parameter))
        return parameter
    return turn_parameter(parameter)


def _scheme(scheme: Any) -> Any:
    kind = _mapping(scheme).get("type")
    if kind == "basic":
        return {**scheme, "type": "http", "scheme": "basic"}
    if kind != "oauth2":
        return scheme
    parts = ("authorizationUrl", "tokenUrl", "scopes")
    flow = scheme.get("flow")
    turned = {key: value for key, value in scheme.items() if key not in {"flow", *parts}}
    turned["flows"] = {
        FLOWS.get(str(flow), str(flow)): {
            "scopes": {},
            **{part: scheme[part] for part in parts if part in scheme},
        }
    }
    return turned
