"""The rule by which an action's answers go on from page to page, if its document tells one."""

from collections.abc import Mapping, Sequence
from typing import Any

from facade.model.action import Location
from facade.model.paging import PageKind, PageRule
from facade.spec.document import Document, escape, unescape
from facade.spec.media import JSON, STRUCTURED, DeclaredBody, kind
from facade.spec.pagination.answer_shape import Shape
from facade.spec.pagination.convention import by_convention
from facade.spec.pagination.extension import by_extension
from facade.spec.pagination.site import Header, Paged
from facade.spec.parameter import Declared
from facade.spec.path import Operation
from facade.spec.schemas.schema import Schemas

BODY = "$response.body#"
HEADER = "$response.header."
"""Runtime expressions of a link (OAS 3.2 section 4.20.4)."""


def page_rule(
    operation: Operation,
    parameters: Sequence[Declared],
    body: DeclaredBody | None,
    document: Document,
    schemas: Schemas,
) -> PageRule | None:
    """Finds the rule: an extension's, a link's that leads back to the operation, a convention's.

    A wrong guess is worse than none: where a document is not clear, there is no rule.
    """
    node, at = _answer(operation, document)
    paged = Paged(
        node=operation.node,
        method=operation.method,
        parameters={
            each.parameter.name: (each.parameter, Shape(each.schema_pointer, schemas))
            for each in parameters
            if each.parameter.location is Location.QUERY
        },
        body=frozenset(body.body.flat) if body else None,
        answer=_json(node, at, schemas),
        headers=_headers(node, at, document, schemas),
    )
    said, rule = by_extension(paged)
    if said:
        return rule
    return _by_link(paged, node, operation, document) or by_convention(paged)


def _answer(operation: Operation, document: Document) -> tuple[Mapping[str, Any], str]:
    """The declared success: of an exact status, of the range, or what is declared of any."""
    responses = operation.node.get("responses")
    keys = list(responses) if isinstance(responses, Mapping) else []
    exact = sorted(key for key in keys if key.isdecimal() and key.startswith("2"))
    wide = [key for key in keys if key.upper() in {"2XX", "DEFAULT"}]
    for key in (*exact, *sorted(wide)):
        pointer = f"{operation.pointer}/responses/{escape(key)}"
        try:
            node, at = document.follow(responses[key], pointer)
        except LookupError:
            continue
        if isinstance(node, Mapping):
            return node, at
    return {}, ""


def _json(node: Mapping[str, Any], at: str, schemas: Schemas) -> Shape | None:
    """The shape of the answer where it is JSON."""
    content = node.get("content")
    declared = list(content.items()) if isinstance(content, Mapping) else []
    for name, media in sorted(declared, key=lambda each: kind(each[0])):
        is_json = kind(name) in {JSON, STRUCTURED} or name.strip() == "*/*"
        if is_json and isinstance(media, Mapping) and "schema" in media:
            return Shape(f"{at}/content/{escape(name)}/schema", schemas)
    return None


def _headers(
    node: Mapping[str, Any], at: str, document: Document, schemas: Schemas
) -> Mapping[str, Header]:
    """The declared header fields of the answer."""
    declared = node.get("headers")
    found: dict[str, Header] = {}
    for name, each in declared.items() if isinstance(declared, Mapping) else ():
        try:
            header, place = document.follow(each, f"{at}/headers/{escape(name)}")
        except LookupError:
            continue
        if isinstance(header, Mapping):
            said = header.get("description")
            shape = Shape(f"{place}/schema" if "schema" in header else "", schemas)
            found[name] = Header(shape, said if isinstance(said, str) else "")
    return found


def _by_link(
    paged: Paged, node: Mapping[str, Any], operation: Operation, document: Document
) -> PageRule | None:
    """A link back to the operation, one of whose parameters is a value of the answer."""
    links = node.get("links")
    for link in links.values() if isinstance(links, Mapping) and paged.items is not None else ():
        try:
            found, _ = document.follow(link, "")
        except LookupError:
            continue
        if isinstance(found, Mapping) and _leads_back(found, operation):
            rule = _linked(paged, found.get("parameters"))
            if rule is not None:
                return rule
    return None


def _leads_back(link: Mapping[str, Any], operation: Operation) -> bool:
    reference = link.get("operationRef")
    if isinstance(reference, str):
        return reference == f"#{operation.pointer}"
    return bool(operation.operation_id) and link.get("operationId") == operation.operation_id


def _linked(paged: Paged, parameters: Any) -> PageRule | None:
    """The rule of a link, where all but one of its parameters repeat those of the request."""
    given = parameters if isinstance(parameters, Mapping) else {}
    names = {
        name: text
        for name, text in given.items()
        if not (isinstance(text, str) and text.startswith("$request."))
    }
    if len(names) != 1:
        return None
    name, text = next(iter(names.items()))
    parameter = paged.key(name.removeprefix("query."))
    if parameter is None or not isinstance(text, str):
        return None
    if text.startswith(HEADER):
        place: dict[str, Any] = {"header": text.removeprefix(HEADER)}
    elif text.startswith(f"{BODY}/"):
        tokens = text.removeprefix(f"{BODY}/").split("/")
        place = {"next": tuple(unescape(each) for each in tokens)}
    else:
        return None
    return PageRule(
        kind=PageKind.CURSOR, source="links", items=paged.items, parameter=parameter, **place
    )
