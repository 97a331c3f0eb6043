"""Every operation called by generated clients; run by the interpreter that has their packages."""

import json
import sys
from importlib import import_module
from typing import Any

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {"/stock": {"get": {"operationId": "getStock", "responses": {}}}},
}


class Generated:
    """A client that openapi-python-client has made, its operations by name."""

    def __init__(self, package: str, url: str) -> None:
        self.package = package
        self.client = self.part("client").Client(base_url=url, raise_on_unexpected_status=True)
        self.called: list[str] = []

    def part(self, path: str) -> Any:
        return import_module(f"{self.package}.{path}")

    def model(self, name: str) -> Any:
        return getattr(self.part("models"), name)

    def ask(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """The whole answer of `pet.get_pet_by_id`: status, headers, and what was parsed."""
        self.called.append(operation)
        module = self.part(f"api.{operation}")
        return module.sync_detailed(*arguments, client=self.client, **named)

    def call(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """What a success says."""
        answer = self.ask(operation, *arguments, **named)
        assert answer.status_code in (200, 201, 204), answer
        return answer.parsed


def pets(store: Generated) -> None:
    """The demo's pet store."""
    status, new = store.model("Status"), store.model("NewPet")
    rex = store.call("pet.add_pet", body=new(name="Rex", status=status.PENDING, tags=["a", "b"]))
    assert (rex.name, rex.status, rex.tags) == ("Rex", status.PENDING, ["a", "b"])
    assert store.call("pet.get_pet_by_id", rex.id) == rex
    assert rex in store.call("pet.list_pets", limit=100)
    assert len(store.call("pet.list_pets", limit=2)) == 2
    assert store.call("pet.find_pets_by_status", status=[status.PENDING]) == [rex]
    # Without `where`: the generator knows no `deepObject`.
    assert rex in store.call("pet.search_pets", x_request_tag="t")
    assert store.call("pet.replace_pet", rex.id, body=new(name="Max")).name == "Max"
    assert store.call("store.get_inventory")["sold"] == 1
    assert store.call("trouble.echo", body={"a": [1, None]}) == {"a": [1, None]}
    assert store.call("trouble.slow", seconds=0).seconds == 0
    assert store.ask("pet.delete_pet", rex.id).status_code == 204


def failures(store: Generated) -> None:
    """What the backend says when it fails, and what the facade does."""
    new = store.model("NewPet")
    gone = store.ask("pet.get_pet_by_id", 1)
    assert (gone.status_code, gone.parsed.error.code) == (404, "404")
    bare = store.ask("pet.get_picture", 1)
    assert (bare.status_code, bare.parsed.error.code) == (404, "404")
    said = store.ask("trouble.fail", 503, retry_after=1)
    assert (said.status_code, said.parsed.error.description) == (503, "as you asked")
    wrong = store.ask("pet.add_pet", body=new(name=""))
    assert (wrong.status_code, wrong.parsed.error.reason) == (400, "INVALID_PARAMETERS")
    assert wrong.parsed.error.violations[0].field == "/body/name"
    late = store.ask("trouble.slow", seconds=5)
    assert (late.status_code, late.parsed.error.status) == (504, "DEADLINE_EXCEEDED")


def connectors(api: Generated) -> None:
    """A connector from its first day on."""
    model = api.model
    made = api.call(
        "catalog_service.create_connector",
        body=model("Connector")(title="Shop"),
        connector_id="shop",
        initial_version_version_id="v1",
        initial_version_version_spec_text=json.dumps(DOCUMENT),
        initial_version_version_direct_base_uri="http://127.0.0.1:9",
    ).data
    assert (made.name, made.title) == ("connectors/shop", "Shop")
    assert api.call("catalog_service.get_connector", "shop").data == made
    listed = api.call("catalog_service.list_connectors", page_size=1).data
    assert len(listed.connectors) == 1
    rest = api.call("catalog_service.list_connectors", page_token=listed.next_page_token).data
    assert [each.name for each in rest.connectors] == ["connectors/shop"]
    changed = model("Connector")(title="The shop", etag=made.etag)
    told = api.call("catalog_service.update_connector", "shop", body=changed, update_mask="title")
    assert told.data.title == "The shop"


def versions(api: Generated) -> None:
    """Its versions and actions."""
    model = api.model
    version = model("ConnectorVersion")(
        spec_text=json.dumps(DOCUMENT), direct=model("Direct")(base_uri="http://127.0.0.1:9")
    )
    changes = [
        model("VersionChange")(create=model("CreateVersion")(version_id="v2", version=version)),
        model("VersionChange")(promote=model("PromoteVersion")(name="connectors/shop/versions/v2")),
    ]
    request = model("ManageVersionsRequest")(changes=changes)
    report = api.call("gateway_service.manage_versions", "shop", body=request).data
    assert report.versions[-1].state == model("ConnectorVersionState").STATE_ACTIVE
    found = api.call("catalog_service.list_versions", "shop").data.versions
    assert [each.name.rpartition("/")[2] for each in found] == ["v2", "v1"]
    assert api.call("catalog_service.get_version", "shop", "v1").data.action_count == 1
    full = model("ListActionsView").ACTION_VIEW_FULL
    (action,) = api.call("gateway_service.list_actions", "shop", "live", view=full).data.actions
    assert (action.method, action.path, action.safe) == ("GET", "/stock", True)
    assert action.input_schema["type"] == "object"
    one = api.call("catalog_service.get_action", "shop", "live", "getStock").data
    assert one.input_schema == action.input_schema
    text = json.dumps({**DOCUMENT, "openapi": "3.1"})
    checked = api.call(
        "catalog_service.validate_spec", body=model("ValidateSpecRequest")(spec_text=text)
    ).data
    assert checked.action_count == 1


def endings(api: Generated) -> None:
    """Its last day."""
    refused = api.ask("catalog_service.delete_connector", "shop")
    assert (refused.status_code, refused.parsed.error.reason) == (409, "HAS_CHILDREN")
    assert api.ask("catalog_service.delete_connector", "shop", force=True).status_code == 204
    missing = api.ask("catalog_service.get_connector", "shop")
    assert (missing.status_code, missing.parsed.error.reason) == (404, "CONNECTOR_NOT_FOUND")
    assert missing.parsed.error.resource.name == "connectors/shop"


def calls(api: Generated) -> None:
    """Calls, their failures and their traces."""
    model = api.model
    name = ("petstore", "live", "listPets")
    arguments = model("ExecuteActionRequestParameters").from_dict({"limit": 2})
    full = model("ExecuteActionRequestView").EXECUTION_VIEW_FULL
    request = model("ExecuteActionRequest")(parameters=arguments, view=full)
    answer = api.ask("gateway_service.execute_action", *name, body=request, x_request_timeout="5")
    assert [each["name"] for each in answer.parsed.data.json] == ["Rex", "Tom"]
    assert answer.parsed.data.exchange.http_status == 200
    assert answer.headers["x-http-status"] == "200"
    wrong = model("ExecuteActionRequest")(
        parameters=model("ExecuteActionRequestParameters").from_dict({"limit": "two"})
    )
    refused = api.ask("gateway_service.execute_action", *name, body=wrong)
    assert (refused.status_code, refused.parsed.error.violations[0].field) == (400, "/limit")
    wrong.failure_mode = model("ExecuteActionRequestFailureMode").FAILURE_MODE_CONTINUE
    told = api.call("gateway_service.execute_action", *name, body=wrong).data
    assert told.error.reason == "INVALID_PARAMETERS"
    lines = api.ask("stream_service.stream_action", *name, body=model("StreamActionRequest")())
    heads = [json.loads(each)["data"] for each in lines.content.splitlines()]
    assert "head" in heads[0]
    listed = api.call("trace_service.list_traces", page_size=1).data.traces
    identity = listed[0].name.rpartition("/")[2]
    assert api.call("trace_service.get_trace", identity).data.spans


def secrets(api: Generated) -> None:
    """Secrets, whose values never come back."""
    secret = api.model("Secret")
    made = api.call("secret_service.create_secret", body=secret(value="v"), secret_id="key").data
    assert made.name == "secrets/key"
    assert not made.value
    assert api.call("secret_service.get_secret", "key").data.revision == 1
    assert len(api.call("secret_service.list_secrets").data.secrets) == 1
    changed = secret(value="w", etag=made.etag)
    assert api.call("secret_service.update_secret", "key", body=changed).data.revision == 2
    stale = api.ask("secret_service.update_secret", "key", body=changed)
    assert (stale.status_code, stale.parsed.error.reason) == (409, "ETAG_MISMATCH")
    told = api.call("secret_service.rotate_secrets", body=api.model("Request")()).data
    assert told.key_label
    assert api.ask("secret_service.delete_secret", "key").status_code == 204


def main(url: str) -> None:
    """Calls everything, and prints what was called."""
    store = Generated("pets", f"{url}/connectors/petstore/versions/live")
    pets(store)
    failures(store)
    api = Generated("portico_api", url)
    for chapter in (connectors, versions, endings, calls, secrets):
        chapter(api)
    print(json.dumps({each.package: each.called for each in (store, api)}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1])
