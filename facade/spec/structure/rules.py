"""What the standard asks of an object beyond the shapes of its fields."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from facade.spec.document import escape
from facade.spec.path import VARIABLE
from facade.spec.schemas.keyword import is_number

Finding: TypeAlias = tuple[str, str, str]
"""Code, message, and what to add to the object's pointer."""
Rule: TypeAlias = Callable[[Mapping[str, Any], str], Iterator[Finding]]

NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
# RFC 9110 section 8.3.1 with the ranges of section 12.5.1; parameters are not looked at.
MEDIA_TYPE: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+\s*(?:;.*)?", re.ASCII)
URL: Final = re.compile(r"(?:[^\x00-\x20\x7f\"<>\\^`{|}%]|%[0-9A-Fa-f]{2})*")
"""The characters of a URI reference (RFC 3986 section 2), or of an IRI (RFC 3987)."""
EMAIL: Final = re.compile(r"[^\s@<>]+@[^\s@<>%]+")
TYPES: Final = frozenset({"array", "boolean", "integer", "number", "object", "string"})

# OAS 3.2 section 4.12.2: which styles a parameter may have where.
STYLES: Final[Mapping[Any, frozenset[str]]] = {
    "path": frozenset({"matrix", "label", "simple"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "header": frozenset({"simple"}),
    "cookie": frozenset({"form", "cookie"}),
}
FLOW_URLS: Final = {
    "implicit": ("authorizationUrl",),
    "password": ("tokenUrl",),
    "application": ("tokenUrl",),
    "clientCredentials": ("tokenUrl",),
    "authorizationCode": ("authorizationUrl", "tokenUrl"),
    "accessCode": ("authorizationUrl", "tokenUrl"),
    "deviceAuthorization": ("deviceAuthorizationUrl", "tokenUrl"),
}
SCHEME_FIELDS: Final = {
    "apiKey": ("name", "in"),
    "http": ("scheme",),
    "oauth2": ("flows",),
    "openIdConnect": ("openIdConnectUrl",),
}


def _is_20(version: str) -> bool:
    return version.startswith("2.")


def _is_modern(version: str) -> bool:
    return not version.startswith(("2.", "3.0"))


def _text(value: Any) -> str:
    """A value that may be a name; anything else is none."""
    return value if isinstance(value, str) else ""


def _missing(node: Mapping[str, Any], names: tuple[str, ...], why: str) -> Iterator[Finding]:
    for name in names:
        if name not in node:
            yield "missing-field", f"{why} must have the field `{name}`", ""


def _exclusive(first: str, second: str) -> Rule:
    def rule(node: Mapping[str, Any], _version: str) -> Iterator[Finding]:
        if first in node and second in node:
            message = f"`{first}` and `{second}` exclude each other"
            yield "conflicting-fields", message, f"/{second}"

    return rule


def document(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """OAS 3.1: paths, components or webhooks must be there."""
    if _is_modern(version) and not node.keys() & {"paths", "components", "webhooks"}:
        message = "the document must have one of `paths`, `components` and `webhooks`"
        yield "missing-field", message, ""


def components(node: Mapping[str, Any], _version: str) -> Iterator[Finding]:
    """The names of components have few characters."""
    for section, members in node.items():
        for name in members if isinstance(members, dict) and section[:2] != "x-" else ():
            if not NAME.fullmatch(name) and name != "$ref":
                message = f"`{name[:80]}` may only have A-Z a-z 0-9 . - _"
                yield "invalid-name", message, f"/{section}/{escape(name)}"


def content(node: Mapping[str, Any], _version: str) -> Iterator[Finding]:
    """The keys of `content` are media types or ranges of them."""
    media = node.get("content")
    for name in media if isinstance(media, dict) else ():
        if not MEDIA_TYPE.fullmatch(name) and name[:2] != "x-":
            yield (
                "invalid-media-type",
                f"`{name[:80]}` is no media type",
                f"/content/{escape(name)}",
            )


def media_lists(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """What 2.0 consumes and produces are media types."""
    for key in ("consumes", "produces") if _is_20(version) else ():
        names = node.get(key)
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and not MEDIA_TYPE.fullmatch(name):
                yield "invalid-media-type", f"`{name[:80]}` is no media type", f"/{key}/{index}"


def parameter(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """OAS parameter object, in every version."""
    if node.get("in") == "path" and node.get("required") is not True:
        token = "/required" if "required" in node else ""
        yield "invalid-value", "a path parameter must be `required: true`", token
    yield from (_parameter_20 if _is_20(version) else _parameter_30)(node)


def _parameter_20(node: Mapping[str, Any]) -> Iterator[Finding]:
    if node.get("in") == "body":
        yield from _missing(node, ("schema",), "a parameter in the body")
        return
    yield from _missing(node, ("type",), "a parameter that is not in the body")
    if "schema" in node:
        yield "conflicting-fields", "only a parameter in the body has a `schema`", "/schema"
    if node.get("type") == "file" and node.get("in") != "formData":
        yield "invalid-value", "a file can only be `in: formData`", "/type"
    if node.get("collectionFormat") == "multi" and _text(node.get("in")) not in {
        "query",
        "formData",
    }:
        message = "`multi` is only for query and formData"
        yield "invalid-value", message, "/collectionFormat"


def _parameter_30(node: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _schema_or_content(node, "a parameter")
    style, location = _text(node.get("style")), _text(node.get("in"))
    if style and location in STYLES and style not in STYLES[location]:
        yield "invalid-value", f"the style `{style}` is not for `in: {location}`", "/style"


def _schema_or_content(node: Mapping[str, Any], what: str) -> Iterator[Finding]:
    if "schema" in node and "content" in node:
        yield "conflicting-fields", "`schema` and `content` exclude each other", "/content"
    elif "schema" not in node and "content" not in node:
        yield "missing-field", f"{what} must have `schema` or `content`", ""
    media = node.get("content")
    if isinstance(media, dict) and len(media) != 1:
        yield "invalid-value", f"the `content` of {what} must have one entry", "/content"


def header(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """OAS 3 header object."""
    if not _is_20(version):
        yield from _schema_or_content(node, "a header")


def array_items(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """Before 3.1 an array says what it holds."""
    if not _is_modern(version) and node.get("type") == "array" and "items" not in node:
        yield "missing-field", "an array must have the field `items`", ""


def schema(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """The keywords whose values the shapes cannot tell."""
    yield from _type(node.get("type", "object"), version)
    yield from _required(node.get("required"), version)
    enum = node.get("enum")
    if enum == [] and not _is_modern(version):
        yield "invalid-value", "an enum must have at least one value", "/enum"
    for key in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"):
        value = node.get(key)
        if is_number(value) and value < 0:
            yield "invalid-value", "must not be negative", f"/{key}"
    for key in ("allOf", "anyOf", "oneOf"):
        if node.get(key) == []:
            yield "invalid-value", "must have at least one schema", f"/{key}"


def _type(kind: Any, version: str) -> Iterator[Finding]:
    several = isinstance(kind, list) and not version.startswith("3.0")
    known = TYPES | {"null"} if _is_modern(version) else TYPES
    known = known | {"file", "null"} if _is_20(version) else known
    for each in kind if several else [kind]:
        if each not in known if isinstance(each, str) else True:
            yield "invalid-value", f"a type must be one of {', '.join(sorted(known))}", "/type"
            return


def _required(names: Any, version: str) -> Iterator[Finding]:
    if not isinstance(names, list):
        return
    if not names and not _is_modern(version):
        yield "invalid-value", "must name at least one property, or be left out", "/required"
    if len({*map(str, names)}) < len(names):
        yield "invalid-value", "must name each property once", "/required"


def responses(node: Mapping[str, Any], _version: str) -> Iterator[Finding]:
    """At least one response must be there."""
    if not any(not key.startswith("x-") for key in node):
        yield "missing-field", "there must be at least one response", ""


def security_scheme(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """Which fields a scheme needs, by its type."""
    kind = _text(node.get("type"))
    if not _is_20(version) or kind == "apiKey":
        yield from _missing(node, SCHEME_FIELDS.get(kind, ()), f"a scheme of type {kind}")
        return
    if kind == "oauth2":
        flow = _text(node.get("flow"))
        urls = FLOW_URLS.get(flow, ())
        yield from _missing(node, ("flow", "scopes", *urls), f"a scheme of type oauth2 {flow}")


def oauth_flows(node: Mapping[str, Any], _version: str) -> Iterator[Finding]:
    """Which addresses a flow needs."""
    for name, flow in node.items():
        for code, message, token in (
            _missing(flow, FLOW_URLS.get(name, ()), f"the flow {name}")
            if isinstance(flow, dict)
            else ()
        ):
            yield code, message, f"/{escape(name)}{token}"


def link(node: Mapping[str, Any], _version: str) -> Iterator[Finding]:
    """A link leads to one operation."""
    if "operationRef" not in node and "operationId" not in node:
        yield "missing-field", "a link must have `operationRef` or `operationId`", ""


_EXAMPLES: Final = _exclusive("example", "examples")


def _addresses(*fields: str) -> Rule:
    """Fields that hold a URL, which may be relative (OAS 3.2 section 4.6), or an e-mail address."""

    def rule(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
        del version
        for field in fields:
            text, form = node.get(field), EMAIL if field == "email" else URL
            if isinstance(text, str) and not form.fullmatch(text):
                what = "an e-mail address" if field == "email" else "a URL"
                yield "malformed-address", f"`{text[:80]}` is not {what}", f"/{field}"

    return rule


def server(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """A URL, once its variables are filled in."""
    del version
    url = node.get("url")
    if isinstance(url, str) and not URL.fullmatch(VARIABLE.sub("x", url)):
        yield "malformed-address", f"`{url[:80]}` is not a URL", "/url"


def server_variable(node: Mapping[str, Any], version: str) -> Iterator[Finding]:
    """An enum has values (since 3.1 it must)."""
    if node.get("enum") == [] and _is_modern(version):
        yield "invalid-value", "must not be empty", "/enum"


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "Info": (_addresses("termsOfService"),),
    "Contact": (_addresses("url", "email"),),
    "ExternalDocs": (_addresses("url"),),
    "Server": (server,),
    "ServerVariable": (server_variable,),
    "Document": (document, media_lists),
    "Components": (components,),
    "Operation": (media_lists,),
    "Parameter": (parameter, content, array_items, _EXAMPLES),
    "Items": (array_items,),
    "Header": (header, content, array_items, _EXAMPLES),
    "RequestBody": (content,),
    "Response": (content,),
    "MediaType": (_EXAMPLES,),
    "Schema": (schema, array_items),
    "Responses": (responses,),
    "SecurityScheme": (security_scheme,),
    "OAuthFlows": (oauth_flows,),
    "Link": (link, _exclusive("operationRef", "operationId")),
    "Example": (_exclusive("value", "externalValue"),),
    "License": (_exclusive("identifier", "url"), _addresses("url")),
}
"""By the name of the object in the table."""
