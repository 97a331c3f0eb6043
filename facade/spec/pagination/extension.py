"""What extensions of OpenAPI say of pages: Microsoft's, Speakeasy's, Datadog's, Oxide's, Fern's."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from facade.model.paging import PageKind, PageRule, Path
from facade.spec.pagination.site import Paged

STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?[0-9]+|'[^']*'|\"[^\"]*\")\]")
"""One step of a JSONPath that leads to one place (RFC 9535 section 2.3.1 and 2.3.3)."""

Sought = PageRule | None


def by_extension(paged: Paged) -> tuple[str, Sought]:
    """The name of the extension that speaks of pages, and its rule; neither where none does.

    An extension that says that there are no pages, or that cannot be followed, has no rule.
    """
    for name, read in EXTENSIONS.items():
        said = paged.node.get(name)
        if isinstance(said, Mapping):
            rule = read(paged, said)
            return name, replace(rule, source=name) if rule else None
    return "", None


def path_of(text: Any) -> Path | None:
    """The tokens of a JSONPath or a dotted name that leads to one place; None for any other."""
    if not isinstance(text, str) or not text:
        return None
    rest = text.removeprefix("$response").removeprefix("$")
    tokens, at = [], 0
    for match in STEP.finditer(rest):
        if match.start() != at:
            return None
        tokens.append(match[1] or match[2].strip("'\""))
        at = match.end()
    return tuple(tokens) if at == len(rest) and not {"*", "-"} & {*tokens} else None


def _microsoft(paged: Paged, said: Mapping[str, Any]) -> Sought:
    """AutoRest: `nextLinkName` is null where everything comes at once; names may be dotted."""
    link = path_of(said.get("nextLinkName"))
    items = path_of(said.get("itemName", "value"))
    if link is None or items is None or paged.method != "GET":
        return None
    dotted = str(said["nextLinkName"])
    if (paged.answer and dotted in paged.answer.properties) or dotted.startswith("@"):
        link = (dotted,)
    return PageRule(kind=PageKind.NEXT_URL, source="", items=items, next=link)


def _speakeasy(paged: Paged, said: Mapping[str, Any]) -> Sought:
    """`type` offsetLimit, cursor or url, with `inputs` by their types and `outputs` as JSONPath."""
    listed = said.get("inputs")
    inputs = {
        str(each.get("type")): paged.key(
            str(each.get("name")), in_body=each.get("in") == "requestBody"
        )
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, Mapping)
    }
    outputs = said.get("outputs")
    places = {
        name: path_of(text)
        for name, text in (outputs.items() if isinstance(outputs, Mapping) else ())
    }
    items = places.get("results", paged.items)
    size = inputs.get("limit") or ()
    match said.get("type"):
        case "cursor" if inputs.get("cursor") and places.get("nextCursor"):
            return PageRule(
                kind=PageKind.CURSOR,
                source="",
                items=items,
                next=places["nextCursor"] or (),
                parameter=inputs["cursor"] or (),
            )
        case "url" if places.get("nextUrl") and paged.method == "GET":
            return PageRule(
                kind=PageKind.NEXT_URL, source="", items=items, next=places["nextUrl"] or ()
            )
        case "offsetLimit" if inputs.get("page"):
            return PageRule(
                kind=PageKind.PAGE,
                source="",
                items=items,
                parameter=inputs["page"] or (),
                size=size,
                total=places.get("numPages") or (),
                first=_first(paged, inputs["page"] or (), 1),
            )
        case "offsetLimit" if inputs.get("offset"):
            return PageRule(
                kind=PageKind.OFFSET,
                source="",
                items=items,
                parameter=inputs["offset"] or (),
                size=size,
            )
    return None


def _datadog(paged: Paged, said: Mapping[str, Any]) -> Sought:
    """`cursorParam` with `cursorPath`, `pageParam` or `pageOffsetParam`; `resultsPath`."""
    results = said.get("resultsPath")
    items = path_of(results) if results else paged.items
    size = _named(paged, said.get("limitParam"))
    cursor, place = _named(paged, said.get("cursorParam")), path_of(said.get("cursorPath"))
    if cursor and place:
        return PageRule(kind=PageKind.CURSOR, source="", items=items, next=place, parameter=cursor)
    page = _named(paged, said.get("pageParam"))
    if page:
        start = said.get("pageStart", 0)
        return PageRule(
            kind=PageKind.PAGE,
            source="",
            items=items,
            parameter=page,
            size=size,
            first=start if isinstance(start, int) else 0,
        )
    offset = _named(paged, said.get("pageOffsetParam"))
    if offset:
        return PageRule(kind=PageKind.OFFSET, source="", items=items, parameter=offset, size=size)
    return None


def _dropshot(paged: Paged, _said: Mapping[str, Any]) -> Sought:
    """Every paginated answer is `items` and `next_page`, the token for `page_token`."""
    parameter = paged.key("page_token")
    if parameter is None:
        return None
    return PageRule(
        kind=PageKind.CURSOR, source="", items=("items",), next=("next_page",), parameter=parameter
    )


def _fern(paged: Paged, said: Mapping[str, Any]) -> Sought:
    """`cursor` and `next_cursor`, `next_uri`, or `offset`, which may count pages; `results`."""
    items = path_of(said.get("results")) or paged.items
    more = path_of(said.get("has-next-page")) or ()
    if paged.method == "GET" and (link := path_of(said.get("next_uri"))):
        return PageRule(kind=PageKind.NEXT_URL, source="", items=items, next=link, more=more)
    cursor, place = _requested(paged, said.get("cursor")), path_of(said.get("next_cursor"))
    if cursor and place:
        return PageRule(
            kind=PageKind.CURSOR, source="", items=items, next=place, parameter=cursor, more=more
        )
    offset = _requested(paged, said.get("offset"))
    if not offset:
        return None
    if said.get("step") is not None:
        return PageRule(kind=PageKind.OFFSET, source="", items=items, parameter=offset, more=more)
    first = _first(paged, offset, 1)
    return PageRule(
        kind=PageKind.PAGE, source="", items=items, parameter=offset, more=more, first=first
    )


def _named(paged: Paged, name: Any) -> Path:
    """A parameter of the query, or a property of the body by its dotted name; `()` for neither."""
    if not isinstance(name, str):
        return ()
    return paged.key(name) or (("body", *name.split(".")) if paged.body is not None else ())


def _requested(paged: Paged, text: Any) -> Path:
    """What `$request.name` stands for; `()` for nothing that can be given."""
    path = path_of(text.removeprefix("$request")) if isinstance(text, str) else None
    if not path or len(path) != 1:
        return ()
    return paged.key(path[0]) or paged.key(path[0], in_body=True) or ()


def _first(paged: Paged, parameter: Path, otherwise: int) -> int:
    """The number that a parameter begins with, by its default."""
    found: Iterator[Any] = (
        shape.said("default")
        for each, shape in paged.parameters.values()
        if (each.key,) == parameter
    )
    first = next(found, None)
    return first if type(first) is int else otherwise


EXTENSIONS: Mapping[str, Callable[[Paged, Mapping[str, Any]], Sought]] = MappingProxyType(
    {
        "x-ms-pageable": _microsoft,
        "x-speakeasy-pagination": _speakeasy,
        "x-pagination": _datadog,
        "x-dropshot-pagination": _dropshot,
        "x-fern-pagination": _fern,
    }
)
