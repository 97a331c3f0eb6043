"""The rule of an action's pages: what extensions, links and names say, and what they do not."""

from collections.abc import Mapping
from typing import Any

import pytest

from facade.model.paging import PageKind, PageRule
from facade.spec.document import Document
from facade.spec.pagination.extension import path_of
from facade.spec.spec import Spec

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
FLAG = {"type": "boolean"}
LIST = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}}


def answer(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def rule(
    schema: Any,
    query: Mapping[str, Any] | None = None,
    *,
    method: str = "get",
    headers: Mapping[str, Any] | None = None,
    links: Any = None,
    **more: Any,
) -> PageRule | None:
    """The rule of an operation with that answer and those parameters."""
    parameters = [
        {"name": name, "in": "query", **({"schema": each} if "schema" not in each else each)}
        for name, each in (query or {}).items()
    ]
    response: dict[str, Any] = {"content": {"application/json": {"schema": schema}}}
    response |= {"headers": headers} if headers else {}
    response |= {"links": links} if links else {}
    node = {"operationId": "act", "parameters": parameters, "responses": {"200": response}}
    tree = {"paths": {"/a": {method: node | more}}, "components": {"schemas": {"List": LIST}}}
    return Spec(Document(tree, "3.1.0")).action("act").paging


def told(found: PageRule | None) -> tuple[Any, ...] | None:
    """Kind, items, where the next page is told, parameter."""
    if found is None:
        return None
    return found.kind, found.items, found.next or found.header, found.parameter


LINK, NEXT_URL, CURSOR = PageKind.LINK, PageKind.NEXT_URL, PageKind.CURSOR
PAGE, OFFSET = PageKind.PAGE, PageKind.OFFSET


@pytest.mark.parametrize(
    ("properties", "parameter", "place"),
    [
        ({"nextPageToken": TEXT}, "pageToken", ("nextPageToken",)),
        ({"next_page_token": TEXT}, "page_token", ("next_page_token",)),
        ({"response_metadata": answer(next_cursor=TEXT)}, "cursor", None),
        ({"next_marker": TEXT}, "marker", ("next_marker",)),
        ({"metadata": answer(**{"continue": TEXT})}, "continue", ("metadata", "continue")),
        ({"continuation_token": TEXT}, "continuation_token", ("continuation_token",)),
        ({"paging": answer(next=answer(after=TEXT))}, "after", ("paging", "next", "after")),
        ({"bookmark": {"type": ["string", "null"]}}, "bookmark", ("bookmark",)),
        ({"offset": TEXT}, "offset", ("offset",)),
        ({"next": NUMBER}, "from", ("next",)),
        ({"has_more": FLAG, "last_id": TEXT}, "after", ("last_id",)),
        ({"has_more": FLAG}, "starting_after", ("it", "-1", "id")),
        ({"meta": {"anyOf": [answer(next_cursor=TEXT), {"type": "null"}]}}, "cursor", None),
    ],
)
def test_a_token_and_a_parameter_of_a_fitting_name_are_a_rule(
    properties: dict[str, Any], parameter: str, place: tuple[str, ...] | None
) -> None:
    found = rule(answer(it=LIST, **properties), {parameter: TEXT, "limit": NUMBER})
    assert found is not None
    assert (found.kind, found.source, found.items) == (CURSOR, "convention", ("it",))
    assert found.parameter == (parameter,)
    assert found.next == place or (place is None and found.next[-1] == "next_cursor")


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        ({"@odata.nextLink": TEXT}, ("@odata.nextLink",)),
        ({"nextLink": TEXT}, ("nextLink",)),
        ({"next_url": TEXT}, ("next_url",)),
        ({"next": {"type": ["string", "null"], "format": "uri"}}, ("next",)),
        ({"next": {**TEXT, "description": "The URL of the next page"}}, ("next",)),
        ({"next_page": {**TEXT, "example": "https://a.example/x?page=2"}}, ("next_page",)),
        ({"links": answer(next=TEXT)}, ("links", "next")),
        ({"_links": answer(next=answer(href=TEXT))}, ("_links", "next", "href")),
    ],
)
def test_a_member_that_is_surely_a_url_is_a_rule(
    properties: dict[str, Any], place: tuple[str, ...]
) -> None:
    assert told(rule(answer(it=LIST, **properties))) == (NEXT_URL, ("it",), place, ())


@pytest.mark.parametrize(
    ("schema", "query", "expected"),
    [
        (
            answer(it=LIST, total=NUMBER),
            {"offset": NUMBER, "limit": NUMBER},
            (OFFSET, "offset", 0, ("total",)),
        ),
        (LIST, {"$skip": NUMBER, "$top": NUMBER}, (OFFSET, "$skip", 0, ())),
        (
            LIST,
            {
                "start": {"schema": {**NUMBER, "default": 1}, "description": "index of an item"},
                "count": NUMBER,
            },
            (OFFSET, "start", 1, ()),
        ),
        (LIST, {"page": {**NUMBER, "default": 1}, "per_page": NUMBER}, (PAGE, "page", 1, ())),
        (
            answer(it=LIST, page=answer(totalPages=NUMBER)),
            {"page": {**NUMBER, "default": 0}, "size": NUMBER},
            (PAGE, "page", 0, ("page", "totalPages")),
        ),
        (
            LIST,
            {"page": {"schema": NUMBER, "description": "Zero-based"}, "size": NUMBER},
            (PAGE, "page", 0, ()),
        ),
    ],
)
def test_a_number_beside_a_size_is_a_rule(
    schema: Any, query: Any, expected: tuple[PageKind, str, int, Any]
) -> None:
    found = rule(schema, query)
    assert found is not None
    kind, name, first, total = expected
    assert (found.kind, found.parameter, found.first, found.total) == (kind, (name,), first, total)


@pytest.mark.parametrize(
    ("schema", "query", "headers", "expected"),
    [
        (LIST, {"per_page": NUMBER}, {"Link": {"schema": TEXT}}, (LINK, (), "", ())),
        (LIST, {}, {"Link": {"description": "next page"}}, (LINK, (), "", ())),
        (LIST, {}, {"Link": {"description": "to the entity"}}, None),
        (
            LIST,
            {"page": NUMBER},
            {"X-Next-Page": {"schema": NUMBER}},
            (CURSOR, (), "x-next-page", ("page",)),
        ),
        (
            LIST,
            {},
            {"X-Next": {"schema": TEXT, "description": "A link to it"}},
            (NEXT_URL, (), "x-next", ()),
        ),
    ],
)
def test_header_fields_tell_rules(schema: Any, query: Any, headers: Any, expected: Any) -> None:
    assert told(rule(schema, query, headers=headers)) == expected


@pytest.mark.parametrize(
    ("schema", "query"),
    [
        (answer(it=LIST, nextPageToken=TEXT), {"token_of_else": TEXT}),
        (answer(it=LIST, other=LIST, nextPageToken=TEXT), {"pageToken": TEXT}),
        (answer(nextPageToken=TEXT), {"pageToken": TEXT}),
        (answer(it=LIST, next=TEXT), {}),
        (answer(it=LIST, next=TEXT), {"start": {**NUMBER, "default": 0}, "limit": NUMBER}),
        (LIST, {"page": NUMBER, "per_page": NUMBER}),
        (LIST, {"page": {**NUMBER, "default": 1}}),
        (LIST, {"page": {**NUMBER, "default": 1}, "offset": NUMBER, "limit": NUMBER}),
        (LIST, {"start": {**NUMBER, "default": 0}, "end": NUMBER, "limit": NUMBER}),
        (LIST, {"offset": TEXT, "limit": NUMBER}),
        (
            LIST,
            {"offset": {"schema": NUMBER, "description": "number of pages"}, "limit": NUMBER},
        ),
        (answer(it=LIST, has_more=FLAG), {"limit": NUMBER}),
        (TEXT, {"cursor": TEXT}),
        (True, {"cursor": TEXT}),
    ],
)
def test_what_is_not_plain_is_no_rule(schema: Any, query: Any) -> None:
    assert rule(schema, query) is None


def test_conventions_are_those_of_get() -> None:
    assert rule(answer(it=LIST, nextPageToken=TEXT), {"pageToken": TEXT}, method="post") is None


def test_the_items_are_the_array_that_is_usual_or_the_only_one() -> None:
    def items(**properties: Any) -> Any:
        found = rule(answer(next_cursor=TEXT, **properties), {"cursor": TEXT})
        return found and found.items

    assert items(members=LIST) == ("members",)
    assert items(data=LIST, tags=LIST) == ("data",)
    assert items(things=LIST, errors=LIST) == ("things",)
    assert items(data=LIST, items=LIST) is None
    assert items(data=answer(things=LIST)) == ("data", "things")
    assert items(it={"$ref": "#/components/schemas/List"}) == ("it",)


def test_flags_of_the_end_are_noted() -> None:
    found = rule(
        answer(it=LIST, next_cursor=TEXT, has_more=FLAG, page=answer(isLast=FLAG)),
        {"cursor": TEXT},
    )
    assert found is not None
    assert (found.more, found.last) == (("has_more",), ("page", "isLast"))


PAGEABLE = "x-ms-pageable"
SPEAKEASY = "x-speakeasy-pagination"


@pytest.mark.parametrize(
    ("extension", "said", "expected"),
    [
        (PAGEABLE, {"nextLinkName": "nextLink"}, (NEXT_URL, ("value",), ("nextLink",), ())),
        (
            PAGEABLE,
            {"nextLinkName": "@odata.nextLink", "itemName": "it"},
            (NEXT_URL, ("it",), ("@odata.nextLink",), ()),
        ),
        (PAGEABLE, {"nextLinkName": None}, None),
        (
            SPEAKEASY,
            {
                "type": "cursor",
                "inputs": [{"name": "cursor", "in": "parameters", "type": "cursor"}],
                "outputs": {"results": "$.it", "nextCursor": "$.it[-1].id"},
            },
            (CURSOR, ("it",), ("it", "-1", "id"), ("cursor",)),
        ),
        (
            SPEAKEASY,
            {"type": "url", "outputs": {"results": "$['it']", "nextUrl": "$.next"}},
            (NEXT_URL, ("it",), ("next",), ()),
        ),
        (
            SPEAKEASY,
            {
                "type": "offsetLimit",
                "inputs": [
                    {"name": "page", "in": "parameters", "type": "page"},
                    {"name": "limit", "in": "parameters", "type": "limit"},
                ],
                "outputs": {"results": "$.it", "numPages": "$.pages"},
            },
            (PAGE, ("it",), "", ("page",)),
        ),
        (SPEAKEASY, {"type": "cursor", "outputs": {"nextCursor": "$..deep"}}, None),
        (
            "x-pagination",
            {"cursorParam": "cursor", "cursorPath": "meta.page.after", "resultsPath": "it"},
            (CURSOR, ("it",), ("meta", "page", "after"), ("cursor",)),
        ),
        (
            "x-pagination",
            {"pageOffsetParam": "offset", "limitParam": "limit", "resultsPath": "it"},
            (OFFSET, ("it",), "", ("offset",)),
        ),
        (
            "x-dropshot-pagination",
            {"required": []},
            (CURSOR, ("items",), ("next_page",), ("page_token",)),
        ),
        (
            "x-fern-pagination",
            {
                "cursor": "$request.cursor",
                "next_cursor": "$response.page.next",
                "results": "$response.it",
            },
            (CURSOR, ("it",), ("page", "next"), ("cursor",)),
        ),
        (
            "x-fern-pagination",
            {"offset": "$request.page", "results": "$response.it"},
            (PAGE, ("it",), "", ("page",)),
        ),
    ],
)
def test_extensions_say_rules(extension: str, said: Any, expected: Any) -> None:
    names = ("cursor", "page", "offset", "limit", "page_token")
    found = rule(answer(it=LIST), dict.fromkeys(names, TEXT), **{extension: said})
    assert told(found) == expected
    assert found is None or found.source == extension


def test_an_extension_that_says_one_page_silences_the_conventions() -> None:
    schema = answer(value=LIST, nextLink=TEXT)
    assert rule(schema) is not None
    said: dict[str, Any] = {PAGEABLE: {"nextLinkName": None}}
    assert rule(schema, **said) is None


def test_an_extension_counts_for_any_method_and_reaches_into_the_body() -> None:
    body = {"content": {"application/json": {"schema": answer(start_cursor=TEXT)}}}
    said = {
        "type": "cursor",
        "inputs": [{"name": "start_cursor", "in": "requestBody", "type": "cursor"}],
        "outputs": {"results": "$.it", "nextCursor": "$.next_cursor"},
    }
    found = rule(answer(it=LIST), method="post", requestBody=body, **{SPEAKEASY: said})
    assert told(found) == (CURSOR, ("it",), ("next_cursor",), ("start_cursor",))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            {"operationId": "act", "parameters": {"q": "$response.body#/meta/n~1x"}},
            (CURSOR, ("it",), ("meta", "n/x"), ("q",)),
        ),
        (
            {
                "operationRef": "#/paths/~1a/get",
                "parameters": {"query.q": "$response.header.X-Mark", "p": "$request.query.p"},
            },
            (CURSOR, ("it",), "X-Mark", ("q",)),
        ),
        ({"operationId": "other", "parameters": {"q": "$response.body#/n"}}, None),
        ({"operationId": "act", "parameters": {"q": "$response.body#/n", "p": "x"}}, None),
        ({"operationId": "act", "parameters": {"id": "$response.body#/n"}}, None),
    ],
)
def test_a_link_back_to_the_operation_is_a_rule(link: Any, expected: Any) -> None:
    found = rule(answer(it=LIST), {"q": TEXT, "p": TEXT}, links={"more": link})
    assert told(found) == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$.a.b", ("a", "b")),
        ("a.b", ("a", "b")),
        ("$response.a", ("a",)),
        ("$['a.b'][0]", ("a.b", "0")),
        ("$.a[-1].id", ("a", "-1", "id")),
        ("$.a[*].id", None),
        ("$..a", None),
        ("", None),
        (None, None),
    ],
)
def test_paths_that_lead_to_one_place_are_read(text: Any, path: Any) -> None:
    assert path_of(text) == path
