"""The endpoints of the face: seed 004's ten, and what their links and callbacks need."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from facade.app.connctd import acting, clients, descriptions, instances
from facade.app.connctd.endpoint import Endpoint

IDENTIFIED: Final[Mapping[str, Any]] = MappingProxyType({"$ref": "#/components/schemas/Identified"})
LINKS: Final[Mapping[str, Any]] = MappingProxyType(
    {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
)


def _named(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


ENDPOINTS: Final = (
    Endpoint(
        name="listDescriptions",
        about="Retrieves the descriptions of all connectors.",
        verb="GET",
        path="/descriptions",
        handler=descriptions.show_all,
        answers={200: "The descriptions."},
        refuses=(),
        gives={"type": "array", "items": _named("Description")},
        is_open=True,
    ),
    Endpoint(
        name="getDescription",
        about="Retrieves the description of one connector.",
        verb="GET",
        path="/descriptions/{id}",
        handler=descriptions.show,
        answers={200: "The description."},
        refuses=(404,),
        gives=_named("Description"),
        is_open=True,
    ),
    Endpoint(
        name="createInstance",
        about="Creates a connector instance; a developer has one of each type.",
        verb="POST",
        path="/instances",
        handler=instances.create,
        answers={201: "The id of the new instance."},
        refuses=(400, 401, 403, 409, 413, 415),
        takes="Creation",
        gives=IDENTIFIED,
    ),
    Endpoint(
        name="listInstances",
        about="Retrieves links to all connector instances.",
        verb="GET",
        path="/instances",
        handler=instances.show_all,
        answers={200: "The links."},
        refuses=(401, 403),
        gives=LINKS,
    ),
    Endpoint(
        name="getInstance",
        about="Retrieves one connector instance, with links to its clients.",
        verb="GET",
        path="/instances/{id}",
        handler=instances.show,
        answers={200: "The instance."},
        refuses=(401, 403, 404),
        gives=_named("Instance"),
    ),
    Endpoint(
        name="deleteInstance",
        about="Removes a connector instance to which no client is attached.",
        verb="DELETE",
        path="/instances/{id}",
        handler=instances.delete,
        answers={204: "It is gone."},
        refuses=(401, 403, 404, 409),
    ),
    Endpoint(
        name="createClient",
        about="Creates the connector client of an external subject.",
        verb="POST",
        path="/clients",
        handler=clients.create,
        answers={
            201: "The id of the new client.",
            202: "The same where the end user must consent first, for `Prefer: respond-async`.",
            303: "The same: the end user's browser goes to Location first.",
        },
        refuses=(400, 401, 403, 409, 413, 415),
        takes="Creation",
        gives=_named("Started"),
        has_subject=True,
    ),
    Endpoint(
        name="listClients",
        about="Retrieves links to the connector clients of an external subject.",
        verb="GET",
        path="/clients",
        handler=clients.show_all,
        answers={200: "The links."},
        refuses=(400, 401, 403),
        gives=LINKS,
        has_subject=True,
    ),
    Endpoint(
        name="getClient",
        about="Retrieves one connector client of an external subject.",
        verb="GET",
        path="/clients/{id}",
        handler=clients.show,
        answers={200: "The client."},
        refuses=(400, 401, 403, 404),
        gives=_named("Client"),
        has_subject=True,
    ),
    Endpoint(
        name="deleteClient",
        about="Removes a connector client and its things; it stays where they cannot be removed.",
        verb="DELETE",
        path="/clients/{id}",
        handler=clients.delete,
        answers={204: "It is gone, and so are its things."},
        refuses=(400, 401, 403, 404, 500),
        has_subject=True,
    ),
    Endpoint(
        name="getCallbackUrl",
        about="Retrieves the URL that takes this developer's action requests.",
        verb="GET",
        path="/callbackurl",
        handler=acting.callback_url,
        answers={200: "The URL, to be registered at the platform."},
        refuses=(401, 403),
        gives=_named("Link"),
    ),
    Endpoint(
        name="performAction",
        about="Has an action of a thing performed; the URL's end says for which developer.",
        verb="POST",
        path="/actions/{id}",
        handler=acting.perform,
        answers={204: "The action has ended.", 202: "It goes on, and is completed by a callback."},
        refuses=(400, 401, 404, 409, 413, 415, 429, 502, 503, 504),
        takes="ActionRequest",
        gives=_named("Pending"),
        is_open=True,
    ),
    Endpoint(
        name="getCallbackKeys",
        about="Retrieves the keys that sign completions, as a JWK Set (RFC 7517).",
        verb="GET",
        path="/jwks.json",
        handler=acting.keys,
        answers={200: "The keys, the one that signs now in front."},
        refuses=(),
        gives={"type": "object"},
        is_open=True,
    ),
)
