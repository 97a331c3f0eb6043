"""The walk over pages, without any backend: items as written, the next call, every end."""

import json
from typing import Any

import pytest

from facade.errors.backend import BackendBadResponse
from facade.errors.caller import InvalidParameters
from facade.model.action import Action, Body, Location, Media, Parameter, Style
from facade.model.paging import PageKind, PageRule
from facade.transcode.arguments import parse
from facade.transcode.paging.rule import settle_rule
from facade.transcode.paging.walk import Page, Turn, Walk
from facade.transcode.server import Base

BASE = Base("https://a.example", "/v1", "")
URL = "https://a.example/v1/things"


def query(name: str, kind: str) -> Parameter:
    return Parameter(
        key=name,
        name=name,
        location=Location.QUERY,
        required=False,
        style=Style.FORM,
        explode=True,
        schema={"type": kind},
    )


def an_action(**fields: Any) -> Action:
    kinds = {"cursor": "string", "number": "integer", "page": "integer", "size": "integer"}
    properties = {name: {"type": kind} for name, kind in kinds.items()}
    given: dict[str, Any] = {
        "id": "act",
        "method": "GET",
        "path": "/things",
        "pointer": "",
        "parameters": tuple(query(*each) for each in kinds.items()),
        "input_schema": {"properties": {**properties, "any": {}}},
    }
    return Action(**given | fields)


def a_walk(rule: PageRule, arguments: str = "{}", action: Action | None = None) -> Walk:
    turn = Turn(arguments=parse(arguments))
    return Walk(rule=rule, action=action or an_action(), bases=(BASE,), turn=turn)


def a_rule(kind: PageKind, **fields: Any) -> PageRule:
    return PageRule(**{"kind": kind, "source": "convention", "items": ("it",)} | fields)


def take(walk: Walk, said: str | None, url: str = URL, **headers: str) -> list[str]:
    json_text = None if said is None else said.encode()
    page = Page(json=json_text, headers=tuple(headers.items()), url=url)
    return [each.decode() for each in walk.take(page)]


def asked(walk: Walk) -> dict[str, str]:
    """The arguments of the next call, as they are written."""
    assert walk.turn is not None
    return {name: each.text for name, each in walk.turn.arguments.items()}


CURSOR = a_rule(PageKind.CURSOR, next=("next",), parameter=("cursor",))
NUMBER = a_rule(PageKind.CURSOR, next=("next",), parameter=("number",))


def test_items_keep_every_byte() -> None:
    walk = a_walk(CURSOR)
    said = '{"it": [ 9007199254740993 , 1.50e400,{"a" : 0.10 } ,"\\u00e9"], "next":null}'
    assert take(walk, said) == ["9007199254740993", "1.50e400", '{"a" : 0.10 }', '"\\u00e9"']
    assert walk.turn is None


@pytest.mark.parametrize(
    ("rule", "token", "text"),
    [
        (CURSOR, '"a b+/=\\u00e9"', '"a b+/=\\u00e9"'),
        (CURSOR, "12345678901234567890", '"12345678901234567890"'),
        (NUMBER, "12345678901234567890", "12345678901234567890"),
        (NUMBER, '"12345678901234567890"', "12345678901234567890"),
        (NUMBER, "1" * 70, f'"{"1" * 70}"'),
        (a_rule(PageKind.CURSOR, next=("next",), parameter=("any",)), "1.50", "1.50"),
    ],
)
def test_a_token_becomes_the_argument_that_its_schema_takes(
    rule: PageRule, token: str, text: str
) -> None:
    walk = a_walk(rule, '{"size": 2}')
    take(walk, f'{{"it": [1], "next": {token}}}')
    assert json.loads(asked(walk)[rule.parameter[0]]) == json.loads(text)
    assert asked(walk)["size"] == "2"


@pytest.mark.parametrize(
    "said", ['{"it":[1]}', '{"it":[1],"next":null}', '{"it":[1],"next":""}', "{}", "[]", None]
)
def test_without_a_token_the_walk_ends(said: str | None) -> None:
    walk = a_walk(CURSOR)
    take(walk, said)
    assert walk.turn is None


def test_an_empty_page_with_a_token_goes_on_as_aip_158_has_it() -> None:
    walk = a_walk(CURSOR)
    assert take(walk, '{"it":[],"next":"a"}') == []
    assert asked(walk) == {"cursor": '"a"'}


def test_the_end_counts_before_the_token() -> None:
    for rule, said in [
        (a_rule(PageKind.CURSOR, next=("n",), parameter=("cursor",), more=("m",)), "false"),
        (a_rule(PageKind.CURSOR, next=("n",), parameter=("cursor",), last=("m",)), "true"),
    ]:
        walk = a_walk(rule)
        take(walk, f'{{"it":[1],"n":"x","m":{said}}}')
        assert walk.turn is None


def test_the_last_item_may_hold_the_token() -> None:
    walk = a_walk(a_rule(PageKind.CURSOR, next=("it", "-1", "id"), parameter=("cursor",)))
    take(walk, '{"it":[{"id":"a"},{"id":"b"}]}')
    assert asked(walk) == {"cursor": '"b"'}
    take(walk, '{"it":[]}')
    assert walk.turn is None


def test_a_token_that_comes_again_is_a_circle_unless_nothing_is_left() -> None:
    walk = a_walk(CURSOR)
    for token in ("a", "b"):
        take(walk, f'{{"it":[1],"next":"{token}"}}')
    with pytest.raises(BackendBadResponse, match="page 3 names a next page that was there before"):
        take(walk, '{"it":[1],"next":"a"}')
    walk = a_walk(CURSOR, '{"cursor": "a"}')
    with pytest.raises(BackendBadResponse, match="never end"):
        take(walk, '{"it":[1],"next":"a"}')
    walk = a_walk(CURSOR, '{"cursor": "a"}')
    take(walk, '{"it":[],"next":"a"}')
    assert walk.turn is None


def test_a_header_may_hold_the_token() -> None:
    walk = a_walk(a_rule(PageKind.CURSOR, header="X-Next", parameter=("number",)))
    take(walk, '{"it":[1]}', **{"x-next": " 12 "})
    assert asked(walk) == {"number": "12"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (PageKind.NEXT_URL, {"next": ("next",)}),
        (PageKind.NEXT_URL, {"header": "X-Next"}),
        (PageKind.LINK, {}),
    ],
)
def test_a_url_is_the_next_place_and_the_arguments_stay(
    kind: PageKind, fields: dict[str, Any]
) -> None:
    walk = a_walk(a_rule(kind, **fields), '{"size": 2}')
    headers = {"x-next": "?c=%2f%2F", "link": '<?c=%2f%2F>; rel="next"'}
    take(walk, '{"it":[1],"next":"?c=%2f%2F"}', f"{URL}?size=2", **headers)
    assert walk.turn is not None
    assert walk.turn.place == ("https://a.example", "/v1/things?c=%2f%2F")
    assert asked(walk) == {"size": "2"}
    with pytest.raises(BackendBadResponse, match="never end"):
        take(walk, '{"it":[1],"next":"?c=%2f%2F"}', f"{URL}?c=%2f%2F", **headers)


def test_a_url_that_leads_elsewhere_is_a_fault_of_the_backend() -> None:
    walk = a_walk(a_rule(PageKind.NEXT_URL, next=("next",)))
    with pytest.raises(BackendBadResponse, match=r"page 1 names .* https://evil\.example"):
        take(walk, '{"it":[1],"next":"https://evil.example/v1/things"}')


def test_pages_are_counted_from_the_callers_or_the_first() -> None:
    rule = a_rule(PageKind.PAGE, parameter=("page",))
    for arguments, first, expected in [("{}", None, "2"), ('{"page": 7}', 1, "8"), ("{}", 0, "1")]:
        walk = a_walk(PageRule(**_fields(rule) | {"first": first}), arguments)
        take(walk, '{"it":[1]}')
        assert asked(walk) == {"page": expected}
        take(walk, '{"it":[]}')
        assert walk.turn is None


def test_offsets_are_counted_by_the_items_that_came() -> None:
    walk = a_walk(a_rule(PageKind.OFFSET, parameter=("number",)), '{"size": 100}')
    take(walk, '{"it":[1,2,3]}')
    take(walk, '{"it":[4,5]}')
    assert asked(walk) == {"size": "100", "number": "5"}


@pytest.mark.parametrize(
    ("kind", "first", "total", "ends"),
    [
        (PageKind.PAGE, 1, "1", True),
        (PageKind.PAGE, 0, "1", True),
        (PageKind.PAGE, 1, "2", False),
        (PageKind.OFFSET, 0, "2", True),
        (PageKind.OFFSET, 1, "2", True),
        (PageKind.OFFSET, 0, "3", False),
        (PageKind.OFFSET, 0, "0", False),
        (PageKind.OFFSET, 0, "null", False),
    ],
)
def test_a_total_ends_the_walk(kind: PageKind, first: int, total: str, *, ends: bool) -> None:
    walk = a_walk(a_rule(kind, parameter=("number",), total=("total",), first=first))
    take(walk, f'{{"it":[1,2],"total":{total}}}')
    assert (walk.turn is None) == ends


def test_a_page_shorter_than_the_size_that_was_asked_for_is_the_last() -> None:
    rule = a_rule(PageKind.PAGE, parameter=("page",), size=("size",))
    for arguments, ends in [('{"size": 3}', True), ('{"size": 2}', False), ("{}", False)]:
        walk = a_walk(rule, arguments)
        take(walk, '{"it":[1,2]}')
        assert (walk.turn is None) == ends


def test_a_backend_that_does_not_heed_the_number_is_found_out() -> None:
    walk = a_walk(a_rule(PageKind.PAGE, parameter=("page",)))
    take(walk, '{"it":[{"id":1}]}')
    with pytest.raises(BackendBadResponse, match=r"page 2 is the same .* does not heed `page`"):
        take(walk, '{"it":[{"id":1}]}')
    walk = a_walk(a_rule(PageKind.PAGE, parameter=("page",)))
    take(walk, '{"it":[0,0]}')
    assert take(walk, '{"it":[0,0]}') == ["0", "0"]


def test_a_number_that_is_too_high_may_be_told_by_404() -> None:
    walk = a_walk(a_rule(PageKind.PAGE, parameter=("page",)))
    assert not walk.is_behind(404)
    take(walk, '{"it":[1]}')
    assert walk.is_behind(404)
    assert not walk.is_behind(500)
    walk = a_walk(CURSOR)
    take(walk, '{"it":[1],"next":"x"}')
    assert not walk.is_behind(404)


def test_the_items_are_found_where_nobody_says_where() -> None:
    rule = a_rule(PageKind.PAGE, parameter=("page",), items=None)
    assert take(a_walk(rule), "[1,2]") == ["1", "2"]
    assert take(a_walk(rule), '{"a":1,"b":[1]}') == ["1"]
    with pytest.raises(BackendBadResponse, match="has 2 arrays"):
        take(a_walk(rule), '{"a":[],"b":[]}')
    assert take(a_walk(a_rule(PageKind.PAGE, parameter=("page",), items=())), "[3]") == ["3"]


@pytest.mark.parametrize("said", ['{"it":{}}', '{"it":"x"}', '{"it":1}'])
def test_items_that_are_no_array_are_a_fault(said: str) -> None:
    with pytest.raises(BackendBadResponse, match="has no array at `/it`"):
        take(a_walk(CURSOR), said)


def test_items_that_are_left_out_are_none_but_for_a_callers_own_place() -> None:
    assert take(a_walk(CURSOR), '{"next":"a"}') == []
    assert take(a_walk(CURSOR), '{"it":null}') == []
    with pytest.raises(BackendBadResponse, match="has no array"):
        take(a_walk(PageRule(**_fields(CURSOR) | {"source": "caller"})), '{"next":"a"}')


def test_a_token_within_the_body_is_set_and_all_else_stays_as_written() -> None:
    body = Body(required=True, media=(Media(type="application/json"),), flat=("start",))
    action = an_action(method="POST", body=body)
    rule = a_rule(PageKind.CURSOR, next=("next",), parameter=("body", "page", "at"))
    walk = a_walk(rule, '{"body": {"n": 1.50, "page": {"size": 1e2}}}', action)
    take(walk, '{"it":[1],"next":"x"}')
    assert asked(walk) == {"body": '{"n":1.50,"page":{"size":1e2,"at":"x"}}'}
    flat = a_rule(PageKind.CURSOR, next=("next",), parameter=("start",))
    walk = a_walk(flat, '{"body": {"n": 1}}', action)
    take(walk, '{"it":[1],"next":"x"}')
    assert asked(walk) == {"body": '{"n":1,"start":"x"}'}


def test_json_that_is_too_deep_is_a_fault() -> None:
    deep = "[" * 1000 + "]" * 1000
    with pytest.raises(BackendBadResponse, match="too deep"):
        take(a_walk(CURSOR), f'{{"it":{deep}}}')


def _fields(rule: PageRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in PageRule.__slots__}


OWN = a_rule(PageKind.CURSOR, next=("next",), parameter=("cursor",), more=("m",))


def test_what_the_caller_says_goes_over_the_actions_own_rule() -> None:
    action = an_action(paging=OWN)
    assert settle_rule(action, None) is OWN
    auto = PageRule(kind=PageKind.AUTO, source="caller", items=("x",))
    found = settle_rule(action, auto)
    assert (found.kind, found.items, found.next) == (PageKind.CURSOR, ("x",), ("next",))
    assert (found.more, found.source) == (("m",), "caller")
    other = PageRule(kind=PageKind.PAGE, source="caller", parameter=("page",), first=0)
    found = settle_rule(action, other)
    assert (found.items, found.next, found.more, found.start) == (("it",), (), (), 0)


@pytest.mark.parametrize(
    ("own", "said", "method", "fields"),
    [
        (None, None, "GET", ["paging"]),
        (None, {"kind": PageKind.AUTO, "items": ("x",)}, "GET", ["paging"]),
        (
            None,
            {"kind": PageKind.CURSOR},
            "GET",
            ["paging.rule.next_pointer", "paging.rule.parameter"],
        ),
        (None, {"kind": PageKind.PAGE, "parameter": ("no",)}, "GET", ["paging.rule.parameter"]),
        (None, {"kind": PageKind.LINK}, "POST", ["paging.rule.kind"]),
        (OWN, {"kind": PageKind.CURSOR, "size": ("no",)}, "GET", ["paging.rule.size_parameter"]),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(
    own: PageRule | None, said: Any, method: str, fields: list[str]
) -> None:
    action = an_action(method=method, paging=own)
    rule = PageRule(source="caller", **said) if said else None
    with pytest.raises(InvalidParameters) as refused:
        settle_rule(action, rule)
    assert [each.field for each in refused.value.details.violations] == fields
