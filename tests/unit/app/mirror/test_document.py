"""A version's document with the facade in the backend's place, edition by edition."""

import json
from typing import Any

import openapi_spec_validator
import pytest

from facade.app.mirror.document.served import served
from facade.model.credential import ApiKey, Bearer, Credential, Passthrough
from facade.spec.limits import DEFAULT
from facade.spec.load import load
from facade.spec.spec import Spec
from tests.fakes import a_version

URL = "/connectors/shop/versions/v1"
OK = {"200": {"description": "ok"}}
INFO = {"title": "t", "version": "1"}


def made(source: dict[str, Any], *, valid: bool = True, **fields: Any) -> dict[str, Any]:
    """What is served of a document."""
    text = json.dumps(source)
    spec = Spec(load(text)[0])
    tree: dict[str, Any] = json.loads(served(text, a_version(**fields), spec, URL, DEFAULT))
    if valid:
        openapi_spec_validator.validate(tree)
    return tree


def document(paths: dict[str, Any], edition: str = "3.0.3", **fields: Any) -> dict[str, Any]:
    return {"openapi": edition, "info": INFO, "paths": paths, **fields}


def swagger(paths: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"swagger": "2.0", "info": INFO, "paths": paths, **fields}


def held(name: str) -> Credential:
    return Credential(scheme=name, kind=Bearer(token="env:PORTICO_SECRET_X"))


@pytest.mark.parametrize("edition", ["3.0.3", "3.1.0", "3.2.0"])
def test_every_server_of_the_backend_is_forgotten(edition: str) -> None:
    inside = [{"url": "http://inside.example"}]
    link = {"operationId": "a", "server": inside[0]}
    operation = {
        "operationId": "a",
        "servers": inside,
        "responses": {"200": {"description": "", "links": {"next": link}}},
        "x-amazon-apigateway-integration": {"uri": "http://inside.example"},
        "callbacks": {"done": {"{$url}": {"servers": inside, "post": {"responses": OK}}}},
    }
    tree = made(document({"/a": {"servers": inside, "get": operation}}, edition, servers=inside))
    assert "inside.example" not in json.dumps(tree)
    assert tree["servers"] == [{"url": URL}]


def test_an_edition_stays_what_it_is() -> None:
    operation = {"operationId": "q", "responses": OK}
    tree = made(
        document(
            {"/a": {"query": operation, "additionalOperations": {"COPY": {"responses": OK}}}},
            "3.2.0",
        ),
        valid=False,  # the validator does not know what 3.2 adds to a path
    )
    item = tree["paths"]["/a"]
    assert tree["openapi"] == "3.2.0"
    assert "503" in item["query"]["responses"]
    assert "503" in item["additionalOperations"]["COPY"]["responses"]


def test_what_cannot_be_called_is_left_out_and_said() -> None:
    bad = {"operationId": "b", "requestBody": {"$ref": "#/nowhere"}, "responses": OK}
    tree = made(
        document({"/a": {"get": {"responses": OK}, "post": bad}, "/b": {"get": bad}}), valid=False
    )
    assert list(tree["paths"]) == ["/a"]
    assert list(tree["paths"]["/a"]) == ["get"]
    said = {(each["method"], each["path"]): each["reasons"] for each in tree["x-portico-omitted"]}
    assert said.keys() == {("POST", "/a"), ("GET", "/b")}
    assert all("#/nowhere" in reason for reasons in said.values() for reason in reasons)


def test_an_operation_by_a_method_that_no_facade_reads_is_left_out_and_said() -> None:
    added = {"COPY": {"responses": OK}, "copy": {"responses": OK}, "FROB": {"responses": OK}}
    source = document({"/a": {"additionalOperations": added}}, "3.2.0")
    tree = made(source, valid=False)  # the validator does not know what 3.2 adds to a path
    assert list(tree["paths"]["/a"]["additionalOperations"]) == ["COPY"]
    said = {each["method"]: each["reasons"] for each in tree["x-portico-omitted"]}
    assert said.keys() == {"copy", "FROB"}
    assert "by the method `FROB`" in said["FROB"][0]


def test_ids_stay_without_what_is_left_out() -> None:
    broken = {"operationId": "same", "requestBody": {"$ref": "#/nowhere"}, "responses": OK}
    source = document(
        {"/a": {"get": {"operationId": "same", "responses": OK}}, "/b": {"get": broken}}
    )
    before = Spec(load(json.dumps(source))[0])
    [kept] = [each for each in before.ids if not before.action(each).problems]
    assert kept != "same"
    after = Spec(load(json.dumps(made(source)))[0])
    assert after.ids == (kept,)


def test_a_path_item_by_reference_stands_in_its_path() -> None:
    shared = {"get": {"operationId": "a", "responses": OK}}
    tree = made(
        document(
            {"/a": {"$ref": "#/components/pathItems/A"}},
            "3.1.0",
            components={"pathItems": {"A": shared}},
        )
    )
    assert "503" in tree["paths"]["/a"]["get"]["responses"]


SCHEMES = {
    "mine": {"type": "http", "scheme": "bearer"},
    "yours": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "nobodys": {"type": "apiKey", "in": "query", "name": "key"},
}
YOURS = Passthrough(metadata="x-key", header="X-Key")
SECURITY: list[tuple[list[Any], list[Any]]] = [
    ([{"mine": []}], [{}]),
    ([{"yours": []}], [{"yours": []}]),
    ([{"mine": [], "yours": []}], [{"yours": []}]),
    ([{"mine": []}, {"yours": []}], [{}, {"yours": []}]),
    ([{"mine": []}, {}], [{}]),
    ([{"nobodys": []}], [{}]),
    ([{"nobodys": [], "yours": []}], [{"yours": []}]),
    ([{"undeclared": []}, {"yours": []}], [{}, {"yours": []}]),
    ([], []),
]


@pytest.mark.parametrize(("asked", "left"), SECURITY)
def test_what_the_facade_signs_is_not_the_callers_business(
    asked: list[Any], left: list[Any]
) -> None:
    operation = {"security": asked, "responses": OK}
    components = {"securitySchemes": SCHEMES}
    source = document({"/a": {"get": operation}}, security=asked, components=components)
    tree = made(source, credentials=(held("mine"),), passthrough=(YOURS,))
    assert tree["paths"]["/a"]["get"]["security"] == left
    assert tree["security"] == left
    assert list(tree["components"]["securitySchemes"]) == ["yours"]


def test_a_requirement_may_name_its_scheme_by_reference() -> None:
    place = "#/components/securitySchemes"
    asked: list[dict[str, Any]] = [{f"{place}/yours": []}, {f"{place}/mine": []}]
    components = {"securitySchemes": SCHEMES}
    source = document({}, "3.2.0", security=asked, components=components)
    tree = made(source, valid=False, credentials=(held("mine"),), passthrough=(YOURS,))
    assert tree["security"] == [asked[0], {}]


@pytest.mark.parametrize("credentials", [(), (held("mine"),)], ids=["none", "the facade"])
def test_what_nobody_reads_is_not_asked_for(credentials: tuple[Credential, ...]) -> None:
    asked: list[Any] = [{"yours": []}, {"mine": []}]
    components = {"securitySchemes": SCHEMES, "schemas": {"A": {"type": "object"}}}
    source = document(
        {"/a": {"get": {"responses": OK, "security": asked}}},
        security=asked,
        components=components,
    )
    tree = made(source, credentials=credentials)
    assert tree["security"] == tree["paths"]["/a"]["get"]["security"] == [{}]
    assert "securitySchemes" not in tree["components"]


def test_a_scheme_that_stands_for_a_parameter_stays() -> None:
    listed = [{"$ref": "#/components/securitySchemes/yours"}]
    source = document(
        {"/a": {"get": {"parameters": listed, "responses": OK}}},
        components={"securitySchemes": SCHEMES},
    )
    assert list(made(source)["components"]["securitySchemes"]) == ["yours"]


def test_no_scheme_is_left_where_the_facade_signs_all() -> None:
    source = swagger(
        {"/a": {"get": {"responses": OK}}},
        securityDefinitions={"mine": {"type": "basic"}},
        security=[{"mine": []}],
    )
    tree = made(source, credentials=(held("mine"),))
    assert "securityDefinitions" not in tree
    assert tree["security"] == [{}]


def test_a_caller_gives_a_credential_of_its_own_where_it_is_taken() -> None:
    operation = {"security": [{"mine": []}, {"yours": []}], "responses": OK}
    rules = (
        Passthrough(metadata="x-user-token", header="Authorization", prefix="Bearer "),
        Passthrough(metadata="x-key", header="X-Key"),
    )
    components = {"securitySchemes": SCHEMES}
    tree = made(document({"/a": {"get": operation}}, components=components), passthrough=rules)
    schemes = tree["components"]["securitySchemes"]
    assert schemes["mine"] == {"type": "apiKey", "in": "header", "name": "x-user-token"}
    assert schemes["yours"] == SCHEMES["yours"]


def test_no_secret_and_no_reference_to_one_is_told() -> None:
    keyed = Credential(scheme="mine", kind=ApiKey(key="file:/run/secrets/key"))
    tree = made(document({"/a": {"get": {"responses": OK}}}), credentials=(keyed,))
    assert "/run/secrets" not in json.dumps(tree)


OWN = {"$ref": "#/components/schemas/PorticoError"}


def content_of(responses: dict[str, Any], status: str = "404") -> Any:
    tree = made(document({"/a": {"get": {"responses": responses}}}))
    found = tree["paths"]["/a"]["get"]["responses"][status]
    return found.get("content", found)


def json_response(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"description": "", "content": {media: {"schema": schema}}}


@pytest.mark.parametrize(
    ("responses", "media", "schema"),
    [
        ({"404": json_response({"type": "string"})}, "application/json", {"type": "string"}),
        ({"4XX": json_response({"type": "string"})}, "application/json", {"type": "string"}),
        ({"default": json_response({"type": "string"})}, "application/json", {"type": "string"}),
        ({"404": json_response({"type": "null"}, "*/*")}, "application/json", {"type": "null"}),
    ],
)
def test_what_the_backend_says_by_a_status_stands_beside_what_the_facade_does(
    responses: dict[str, Any], media: str, schema: Any
) -> None:
    source = document({"/a": {"get": {"responses": OK | responses}}}, "3.1.0")
    content = made(source)["paths"]["/a"]["get"]["responses"]["404"]["content"]
    assert content[media]["schema"] == {"anyOf": [schema, OWN]}


def test_a_status_that_is_not_declared_is_the_facades_alone() -> None:
    assert content_of(OK) == {"$ref": "#/components/responses/PorticoError404"}


def test_other_media_types_of_a_status_stay() -> None:
    content = content_of(OK | {"404": json_response({"type": "string"}, "text/html")})
    assert content["text/html"] == {"schema": {"type": "string"}}
    assert content["application/json"] == {"schema": OWN}
    assert "application/problem+json" in content


def test_declaring_failures_twice_changes_nothing() -> None:
    once = made(document({"/a": {"get": {"responses": OK | {"404": json_response({})}}}}))
    assert made(once) == once


def test_names_of_the_documents_own_are_not_taken() -> None:
    components = {"schemas": {"PorticoError": {"type": "string"}}}
    tree = made(document({"/a": {"get": {"responses": OK}}}, components=components))
    assert tree["components"]["schemas"]["PorticoError"] == {"type": "string"}
    assert tree["components"]["schemas"]["PorticoError_"]["type"] == "object"


def test_20_declares_failures_in_its_own_form() -> None:
    responses = OK | {"404": {"description": "", "schema": {"type": "string"}}}
    body = {"name": "b", "in": "body", "schema": {"type": "object"}}
    tree = made(swagger({"/a": {"post": {"parameters": [body], "responses": responses}}}))
    found = tree["paths"]["/a"]["post"]["responses"]
    own = {"$ref": "#/definitions/PorticoError"}
    assert found["404"]["schema"] == {"x-anyOf": [{"type": "string"}, own]}
    assert found["413"] == {"$ref": "#/responses/PorticoError413"}
    assert tree["responses"]["PorticoError413"]["schema"] == own


def test_a_head_has_failures_without_a_body() -> None:
    tree = made(document({"/a": {"head": {"responses": OK}}}))
    found = tree["paths"]["/a"]["head"]["responses"]["404"]
    assert list(found) == ["description"]
