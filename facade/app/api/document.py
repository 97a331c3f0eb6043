"""The API's own OpenAPI document, made of the table that its methods are routed by."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from facade.app.api.calls import TIMEOUT
from facade.app.api.form.form import Field, Form
from facade.app.api.form.schema import FORMS, forms_in
from facade.app.api.query import Leaves, leaves_of
from facade.app.api.route import Route
from facade.app.api.streamed import EVENTS, LINES
from facade.app.error_schema import ERROR, JSON, PROBLEM_JSON, PROBLEM_SCHEMA
from facade.hop.fields import SECONDS
from facade.model.names import ANY, ID

SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "GatewayService": "The front door: call an action, see which actions there are, change "
        "versions.",
        "CatalogService": "What there is: connectors, their versions, their actions.",
        "ConnectionService": "Connections: a connector made one's own, with values, credentials "
        "and limits beside what its version says. Calls name one to go through it.",
        "SubjectService": "Subjects: the end users of connections, with credentials and values of "
        "their own; and the consents that people give at authorization servers.",
        "SecretService": "Secrets that the gateway keeps itself, sealed. Credentials and variables "
        "name them as `secret:NAME`; no method tells a value.",
        "StreamService": "Calls whose answer is read as it comes, item by item.",
        "EventService": "Events: what happened, in its order; who watches, and who is sent which.",
        "TrialService": "Actions tried with test data: what was given the last time, the answer in "
        "its pieces, a schema learnt of it.",
        "EntityService": "What backends have that is listed, read and changed one by one: derived "
        "from the paths of their documents. Each method calls one action.",
        "ToolService": "Actions as tools of language models; `/mcp` has them for clients of MCP.",
        "FlowService": "Flows: what runs by itself. A flow has versions, of which one is published "
        "and runs when its trigger says so; each time that it runs is a run, with its steps.",
        "TriggerService": "What starts flows: where each trigger stands, the secrets of webhooks, "
        "and a tick at once.",
        "HistoryService": "Calls and runs that were, the figures that they come to, alerts on "
        "these, and what errors mean.",
        "AccessService": "Keys of callers, and as whom the gateway knows who asks.",
        "ArtifactService": "What is made of a version for the callers of its typed service: protos "
        "and stubs.",
        "AuditService": "Who did what, and who was refused what. Every change has its entry, "
        "written with it or not at all; each entry is chained to the one before it.",
        "TraceService": "The last traces, for a look without a collector. Each process keeps its "
        "own; those of the facades that a call went through are fetched from there.",
    }
)
"""The groups of methods: the services of the protos."""
FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "400": "The request is wrong, or the state forbids it.",
        "401": "Whoever signed the request is not believed, or the backend wants a credential.",
        "403": "The call may not be made.",
        "404": "There is no such thing.",
        "409": "It is there already, or was changed meanwhile.",
        "413": "The body is too large.",
        "415": "The body is not declared to be JSON.",
        "429": "A limit is reached.",
        "499": "The backend says that the caller went away.",
        "500": "A bug, or what the backend's own errors are made of it.",
        "501": "The action cannot be called, or the backend or this process does not offer it.",
        "502": "The backend's answer is an error, or cannot be read.",
        "503": "The backend, or the store, cannot be reached now.",
        "504": "There was no whole answer in time.",
    }
)
OF_BODIES: Final = frozenset({"413", "415"})
OF_CALLS: Final = frozenset({"403", "429", "499", "501", "502", "504"})
"""What calls may fail with, and other methods not."""
ARTIFACTS: Final = frozenset({"GetDescriptorSet", "ExportArtifact"})
"""What a facade alone cannot make: 501."""
CALLS: Final = frozenset(
    {
        "ExecuteAction",
        "StreamAction",
        "ExecuteHttpRequest",
        "GetEntity",
        "ListEntities",
        "CreateEntity",
        "UpdateEntity",
        "DeleteEntity",
        "ValidateSpec",
        "ManageVersions",
        "CreateConnector",
    }
)
"""Methods that ask others."""
LISTS: Final = frozenset({"ListVersions", "ListActions"})
"""Methods that take `-` for all connectors (AIP-159)."""

ID_PATTERN: Final = f"^{ID.pattern}$"
SEGMENTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "connector": {"type": "string", "pattern": ID_PATTERN, "examples": ["petstore"]},
        "version": {"type": "string", "pattern": ID_PATTERN, "examples": ["live"]},
        "action": {"type": "string", "minLength": 1, "examples": ["getPetById"]},
        "connection": {"type": "string", "pattern": ID_PATTERN, "examples": ["shop-of-berlin"]},
        "entityType": {"type": "string", "minLength": 1, "examples": ["pets"]},
        "entity": {"type": "string", "minLength": 1, "examples": ["7"]},
        "tool": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$", "examples": ["getPetById"]},
        "subject": {"type": "string", "pattern": ID_PATTERN, "examples": ["user-7"]},
        "secret": {"type": "string", "pattern": ID_PATTERN, "examples": ["pets-token"]},
        "subscription": {"type": "string", "pattern": ID_PATTERN, "examples": ["crm"]},
        "delivery": {
            "type": "string",
            "pattern": "^[!-.0-~]{1,128}$",
            "examples": ["8c5f2b9e-4f0a-5d7b-9a51-0c2f4b6d8e10"],
        },
        "flow": {"type": "string", "pattern": ID_PATTERN, "examples": ["orders"]},
        "run": {"type": "string", "format": "uuid"},
        "key": {"type": "string", "pattern": ID_PATTERN, "examples": ["ci"]},
        "alert": {"type": "string", "pattern": ID_PATTERN, "examples": ["shop-fails"]},
        "execution": {
            "type": "string",
            "minLength": 1,
            "examples": ["019a8f3e-5c00-7b3a-9d51-0c2f4b6d8e10"],
        },
        "trace": {
            "type": "string",
            "pattern": "^[0-9a-f]{32}$",
            "examples": ["4bf9" * 8],
        },
    }
)

ANY_CONNECTOR: Mapping[str, Any] = MappingProxyType(
    {**SEGMENTS["connector"], "pattern": f"^({ANY}|{ID.pattern})$"}
)

EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "ExecuteAction": {"parameters": {"petId": 7}},
        "ImportConnector": {"document": "connector: petstore\nversions: []\n"},
        "StreamAction": {"parameters": {"limit": 10}},
        "ManageVersions": {
            "changes": [
                {
                    "create": {
                        "versionId": "v2",
                        "version": {"specUri": "https://shop.example/openapi.json"},
                    }
                },
                {"promote": {"name": "connectors/petstore/versions/v2"}},
            ]
        },
        "ValidateSpec": {"specUri": "https://shop.example/openapi.json"},
        "CreateEntity": {"json": {"name": "Rex"}},
        "UpdateEntity": {"json": {"status": "sold"}},
        "CreateSecret": {"value": "s3cret"},
        "CreateFlow": {"source": "steps: [{id: fetch, action: petstore/listPets}]"},
        "UpdateFlow": {"labels": {"team": "shop"}},
        "CheckFlow": {"source": "steps: [{id: fetch, action: petstore/listPets}]"},
        "TestFlow": {"source": "steps: [{id: fetch, action: petstore/listPets}]"},
        "RunFlow": {"input": {"tag": "new"}},
        "PublishEvent": {"type": "order.paid", "data": '{"number": 7}'},
        "CreateSubscription": {
            "types": ["run.*"],
            "url": "https://hooks.example/portico",
            "secret": "secret:hooks",
        },
        "UpdateSubscription": {"title": "Failed runs to the pager"},
        "CreateConnection": {"connector": "petstore", "variables": {"region": "eu"}},
        "UpdateConnection": {"title": "The shop of Berlin"},
        "CreateSubject": {"externalId": "user-7"},
        "UpdateSubject": {"title": "The seventh user"},
        "CreateAlert": {
            "metric": "METRIC_ERROR_RATE",
            "above": 0.1,
            "connector": "petstore",
            "mail": ["ops@shop.example"],
        },
        "UpdateAlert": {"above": 0.2},
        "LockConnection": {"reason": "being moved to another account"},
        "ExecuteHttpRequest": {"url": "https://shop.example/v1/ping"},
    }
)
"""Bodies to begin with, where one with every field would be refused."""

FAILURE: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"$ref": "#/components/schemas/Error"}},
    }
)
FAILED: Mapping[str, Any] = MappingProxyType({"$ref": "#/components/schemas/Failure"})
TRACE_ID: Mapping[str, Any] = MappingProxyType(
    {"description": "The trace of the call.", "schema": {"type": "string"}}
)
SAID: Mapping[str, str] = MappingProxyType(
    {
        "x-http-status": "The status that the backend answered.",
        "x-cache": "What the cache did: `hit`, `miss`, `stale`, `revalidated` or `bypass`.",
        "age": "Seconds since the backend made the answer, where the cache gave it.",
        "x-warnings": "How many warnings the exchange holds.",
        "ratelimit": "What is left of the limits.",
        "ratelimit-policy": "The limits.",
    }
)
"""The header fields of what calls answer."""


def document(routes: Sequence[Route], url: str) -> dict[str, Any]:
    """The document (OpenAPI 3.1); `url` is where the face is, empty where that is not known."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path.shape, {})[route.verb.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portico",
            "version": "1",
            "description": "Connectors, their versions and actions; calls, secrets and traces.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url or "/"}],
        "security": [],
        "tags": [{"name": name, "description": about} for name, about in SERVICES.items()],
        "paths": paths,
        "components": {
            "schemas": components(routes),
            "responses": {f"Failure{status}": _failure(status) for status in FAILURES},
        },
    }


def components(routes: Sequence[Route]) -> dict[str, Any]:
    """The schemas of everything that the methods take and answer, by name."""
    bodies = [route.request for route in routes if route.body == "*"]
    fields = [field.codec for route in routes for field in route.request.fields]
    found = forms_in(
        (*FORMS.values(), *bodies, *fields, *(route.answer for route in routes if route.answer))
    )
    schemas = {name: form.component() for name, form in found.items()}
    schemas |= {
        "Error": ERROR["properties"]["error"],
        "Failure": dict(FAILURE),
        "ProblemDetails": dict(PROBLEM_SCHEMA),
    }
    return dict(sorted(schemas.items()))


def leaves(route: Route) -> Leaves:
    """The fields that the query of a method may have, with their schemas."""
    if route.body == "*":
        return {}
    fields = [each for each in route.request.fields if each.name != route.body]
    known = {
        name: form.component() for name, form in forms_in(each.codec for each in fields).items()
    }
    within = {"properties": {each.word: each.schema() for each in fields}}
    return dict(leaves_of(within, known))


def _operation(route: Route) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": route.rpc[0].lower() + route.rpc[1:],
        "tags": [route.service],
        "summary": route.about,
        "parameters": [*_parameters(route)],
        "responses": {**_success(route), **_failures(route)},
    }
    if route.body:
        content = {"schema": _body(route)}
        if route.rpc in EXAMPLES:
            content["example"] = EXAMPLES[route.rpc]
        told["requestBody"] = {"required": True, "content": {JSON: content}}
    return told


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in route.path.segments:
        is_any = name == "connector" and route.rpc in LISTS
        schema = ANY_CONNECTOR if is_any else SEGMENTS[name]
        yield {"name": name, "in": "path", "required": True, "schema": dict(schema)}
    required = {each.word for each in route.request.fields if each.required}
    for name, schema in leaves(route).items():
        plain = dict(schema)
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": plain.pop("description", ""),
            "schema": plain,
        }
    if route.rpc in {"ExecuteAction", "StreamAction"}:
        yield {
            "name": TIMEOUT,
            "in": "header",
            "description": "How many seconds the caller waits.",
            "schema": {"type": "string", "pattern": f"^{SECONDS.pattern}$", "examples": ["2.5"]},
        }


def _body(route: Route) -> Mapping[str, Any]:
    if route.body == "*":
        return route.request.schema()
    return _named(route.request, route.body).codec.schema()


def _named(form: Form, name: str) -> Field:
    return next(each for each in form.fields if each.name == name)


def _success(route: Route) -> dict[str, Any]:
    if route.answer is None:
        return {"204": {"description": "Done.", "headers": {"x-trace-id": dict(TRACE_ID)}}}
    schema = {
        "type": "object",
        "required": ["data"],
        "properties": {"data": route.answer.schema()},
        "additionalProperties": False,
    }
    content: dict[str, Any] = {JSON: {"schema": schema}}
    if route.streams:
        content = {
            LINES: {"schema": {"anyOf": [schema, dict(FAILED)]}},
            EVENTS: {"schema": {"type": "string"}},
        }
    headers = {"x-trace-id": dict(TRACE_ID)}
    if route.rpc in {"ExecuteAction", "StreamAction"}:
        headers |= {
            name: {"description": about, "schema": {"type": "string"}}
            for name, about in SAID.items()
        }
    return {"200": {"description": "What was asked for.", "headers": headers, "content": content}}


def _failures(route: Route) -> dict[str, Any]:
    left = (OF_BODIES if not route.body else frozenset()) | (
        OF_CALLS if route.rpc not in CALLS else frozenset()
    )
    if route.rpc in ARTIFACTS:
        left -= {"501"}
    return {
        status: {"$ref": f"#/components/responses/Failure{status}"}
        for status in FAILURES
        if status not in left
    }


def _failure(status: str) -> dict[str, Any]:
    return {
        "description": FAILURES[status],
        "content": {
            JSON: {"schema": dict(FAILED)},
            PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}},
        },
    }
