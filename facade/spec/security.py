"""Security: which schemes may sign an operation (OAS 3.2 sections 4.27 and 4.30)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from facade.model.action import Flow, Location, Requirement, SecurityScheme
from facade.spec.document import Document, escape
from facade.spec.path import Operation

LOCATIONS = frozenset({Location.HEADER, Location.QUERY, Location.COOKIE})
"""Where an API key may go."""

SCOPED = frozenset({"oauth2", "openIdConnect"})
"""Types whose requirements list scopes; those of others list roles (OAS 3.2 section 4.30.1)."""


def declared_schemes(document: Document) -> dict[str, SecurityScheme]:
    """The schemes that the document declares, by name; those that are no objects left out."""
    components = document.tree.get("components")
    nodes = components.get("securitySchemes") if isinstance(components, Mapping) else None
    if not isinstance(nodes, Mapping):
        return {}
    found = {name: _follow(document, name, node) for name, node in nodes.items()}
    return {name: scheme for name, scheme in found.items() if scheme is not None}


def requirements(
    node: Any, document: Document, schemes: Mapping[str, SecurityScheme]
) -> tuple[Requirement, ...] | None:
    """What a `security` list asks for; None where there is none to be read.

    A scheme that the document does not declare stays, without a type, so that a
    credential that is configured for its name is still asked for.
    """
    if not isinstance(node, list):
        return None
    kept = [each for each in node if isinstance(each, Mapping)]
    if node and not kept:
        return None
    return tuple(
        tuple(
            _scoped(_scheme(name, document, schemes), scopes)
            for name, scopes in requirement.items()
        )
        for requirement in kept
    )


def asks(found: Iterable[Operation]) -> bool:
    """Whether any operation says what signs it."""
    return any(isinstance(each.node, Mapping) and each.node.get("security") for each in found)


def implied_security(
    schemes: Mapping[str, SecurityScheme], *, asking: bool
) -> tuple[Requirement, ...] | None:
    """What an operation asks for that says nothing of security in a document that does neither.

    Nothing, where other operations do ask; where none does, any of the declared
    schemes may sign (many documents declare one and never ask for it); None
    where the document does not speak of security at all.
    """
    if asking:
        return ()
    return (*((scheme,) for scheme in schemes.values()), ()) if schemes else None


def _scoped(scheme: SecurityScheme, scopes: Any) -> SecurityScheme:
    """The scheme with the scopes that a requirement asks for."""
    if scheme.type not in SCOPED or not isinstance(scopes, list) or not scopes:
        return scheme
    return replace(scheme, scopes=tuple(each for each in scopes if isinstance(each, str)))


def _scheme(name: str, document: Document, schemes: Mapping[str, SecurityScheme]) -> SecurityScheme:
    """By its name, or since OAS 3.2 by a reference to it."""
    if name in schemes:
        return schemes[name]
    pointed = _follow(document, name, {"$ref": name}) if name.startswith("#/") else None
    return pointed or SecurityScheme(name=name, type="")


def _follow(document: Document, name: str, node: Any) -> SecurityScheme | None:
    try:
        found, _ = document.follow(node, f"/components/securitySchemes/{escape(name)}")
    except LookupError:
        return None
    if not isinstance(found, Mapping):
        return None
    return _compile(name.rpartition("/")[2] if name.startswith("#/") else name, found)


def _compile(name: str, node: Mapping[str, Any]) -> SecurityScheme:
    kind, scheme, place, parameter, discovery = (
        _text(node, key) for key in ("type", "scheme", "in", "name", "openIdConnectUrl")
    )
    if kind == "basic":  # OpenAPI 2.0's word
        kind, scheme = "http", "basic"
    return SecurityScheme(
        name=name,
        type=kind,
        scheme=scheme.lower(),
        location=Location(place) if place in LOCATIONS else Location.HEADER,
        parameter=parameter,
        flows=tuple(_flows(node.get("flows"))),
        discovery_uri=discovery,
    )


def _flows(node: Any) -> Iterator[Flow]:
    for name, flow in node.items() if isinstance(node, Mapping) else ():
        if isinstance(flow, Mapping):
            yield Flow(
                name=name,
                token_uri=_text(flow, "tokenUrl"),
                refresh_uri=_text(flow, "refreshUrl"),
                authorization_uri=_text(flow, "authorizationUrl"),
            )


def _text(node: Mapping[str, Any], key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""
