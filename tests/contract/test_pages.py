"""Pages: all items of an action, by the rule of its document or of its caller."""

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.engines.choice import Name
from gateway.v1 import paging_pb2 as pb
from gateway.v1.catalog_pb2 import GetActionRequest
from tests.doors import Door, a_door, named
from tests.paged import ITEMS, Backend, said, walks

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("pages"), engine=engine) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"it{number}" for number in itertools.count())


@pytest.mark.parametrize(
    ("action", "targets", "kind"),
    [
        ("link", ["", "?at=2&x=%2f%2F", "?at=4&x=%2f%2F"], pb.PAGE_KIND_LINK),
        ("url", ["", "?at=2&x=a+b", "?at=4&x=a+b"], pb.PAGE_KIND_NEXT_URL),
        ("cursor", ["", "?cursor=c%2F%2B%3D2", "?cursor=c%2F%2B%3D4"], pb.PAGE_KIND_CURSOR),
        (
            "number",
            ["", "?cursor=18446744073709551612", "?cursor=18446744073709551614"],
            pb.PAGE_KIND_CURSOR,
        ),
        ("last", ["", "?starting_after=i1", "?starting_after=i3"], pb.PAGE_KIND_CURSOR),
        ("page", ["", "?page=2", "?page=3", "?page=4"], pb.PAGE_KIND_PAGE),
        ("offset", ["", "?offset=2", "?offset=4"], pb.PAGE_KIND_OFFSET),
    ],
)
async def test_every_kind_of_rule_gives_every_item_byte_for_byte(
    door: Door, names: Iterator[str], action: str, targets: list[str], kind: Any
) -> None:
    async with Backend() as backend:
        told = await (await walks(door, names, backend)).all(action)
    assert told.items == ITEMS
    assert backend.targets == [f"/v1/{action}{each}" for each in targets]
    assert (told.head.paging.kind, told.head.paging.source) == (kind, "convention")
    assert told.head.http_status == 200
    assert told.end == {"pages": len(targets), "items": "5"}


async def test_items_come_as_values_where_the_input_was_one(
    door: Door, names: Iterator[str]
) -> None:
    async with Backend() as backend:
        told = await (await walks(door, names, backend)).all("cursor", parameters={})
    values = [each.value.struct_value["id"] for each in told.messages if each.HasField("value")]
    assert values == ["i1", "i3"], "the numbers of the others are no doubles"
    assert told.items == ITEMS[::2]


async def test_the_callers_arguments_and_headers_are_those_of_every_page(
    door: Door, names: Iterator[str]
) -> None:
    async with Backend() as backend:
        made = await walks(door, names, backend)
        await made.all("cursor", parameters_json='{"cursor": "c/+=2"}', accept="application/x+json")
        await made.all("offset", parameters_json='{"offset": 1, "limit": 7}')
    assert [each[1].get("cursor") for each in backend.asked[:2]] == ["c/+=2", "c/+=4"]
    assert [each[1] for each in backend.asked[2:]] == [
        {"offset": "1", "limit": "7"},
        {"offset": "3", "limit": "7"},
    ]
    assert all(b"application/x+json" in each for each in backend.requests[:2])


async def test_the_action_says_by_which_rule_it_pages(door: Door, names: Iterator[str]) -> None:
    async with Backend() as backend:
        await walks(door, names, backend)
        name = next(names)
    connector = f"it{int(name[2:]) - 1}"

    async def rule(action: str) -> pb.PageRule:
        found = await door.catalog.GetAction(GetActionRequest(name=named(f"{connector}/{action}")))
        return pb.PageRule.FromString(found.paging.SerializeToString())

    assert await rule("cursor") == pb.PageRule(
        kind=pb.PAGE_KIND_CURSOR,
        items_pointer="/items",
        next_pointer="/next_cursor",
        parameter="cursor",
        source="convention",
    )
    assert (await rule("last")).next_pointer == "/items/-1/id"
    assert await rule("plain") == pb.PageRule()


async def test_limits_end_the_walk_and_say_that_there_is_more(
    door: Door, names: Iterator[str]
) -> None:
    async with Backend() as backend:
        made = await walks(door, names, backend)
        by_pages = await made.all("cursor", {"max_pages": 2})
        assert len(backend.requests) == 2
        by_items = await made.all("cursor", {"max_items": 3})
        assert len(backend.requests) == 4
        whole = await made.all("cursor", {"max_items": 5, "max_pages": 3})
    assert by_pages.items == ITEMS[:4]
    assert by_pages.end == {"pages": 2, "items": "4", "more": True}
    assert by_items.items == ITEMS[:3]
    assert by_items.end == {"pages": 2, "items": "3", "more": True}
    assert whole.end == {"pages": 3, "items": "5"}


async def test_a_dry_run_tells_the_first_request_and_the_rule(
    door: Door, names: Iterator[str]
) -> None:
    async with Backend() as backend:
        told = await (await walks(door, names, backend)).all("cursor", validate_only=True)
    assert backend.requests == []
    assert len(told.messages) == 1
    assert told.head.exchange.curl.startswith("curl")
    assert told.head.paging.kind == pb.PAGE_KIND_CURSOR


@pytest.mark.parametrize(
    ("action", "rule", "parameters"),
    [
        (
            "plain",
            {"kind": pb.PAGE_KIND_PAGE, "items_pointer": "/a", "parameter": "page"},
            '{"limit": 2}',
        ),
        (
            "plain",
            {
                "kind": pb.PAGE_KIND_PAGE,
                "items_pointer": "/a",
                "parameter": "page",
                "size_parameter": "limit",
            },
            '{"limit": 2}',
        ),
        ("cursor", {"more_pointer": "/no"}, "{}"),
        (
            "offset",
            {"kind": pb.PAGE_KIND_OFFSET, "parameter": "/offset", "total_pointer": "/total"},
            "{}",
        ),
    ],
)
async def test_the_caller_says_the_rule_or_a_part_of_it(
    door: Door, names: Iterator[str], action: str, rule: Any, parameters: str
) -> None:
    async with Backend() as backend:
        made = await walks(door, names, backend)
        paging = {"rule": pb.PageRule(**rule)}
        told = await made.all(action, paging, parameters_json=parameters)
    assert told.items == ITEMS
    assert told.head.paging.source == "caller"
    if "size_parameter" in rule:
        assert len(backend.requests) == 3


async def test_a_cursor_within_the_body_is_set_there(door: Door, names: Iterator[str]) -> None:
    answers = iter(
        ['{"items": [1.50], "next_cursor": "x"}', '{"items": [2e1], "next_cursor": null}']
    )
    async with Backend(lambda _path, _query: said(next(answers))) as backend:
        made = await walks(door, names, backend)
        rule = pb.PageRule(
            kind=pb.PAGE_KIND_CURSOR,
            items_pointer="/items",
            next_pointer="/next_cursor",
            parameter="/body/start_cursor",
        )
        told = await made.all("search", {"rule": rule}, parameters_json='{"q": "a"}')
    assert told.items == ["1.50", "2e1"]
    assert [each.partition(b"\r\n\r\n")[2] for each in backend.requests] == [
        b'{"q":"a"}',
        b'{"q":"a","start_cursor":"x"}',
    ]


@pytest.mark.parametrize(
    ("action", "fields", "violations"),
    [
        ("plain", {}, ["paging"]),
        ("plain", {"paging": {"rule": pb.PageRule(items_pointer="/a")}}, ["paging"]),
        (
            "plain",
            {"paging": {"rule": pb.PageRule(kind=pb.PAGE_KIND_CURSOR)}},
            ["paging.rule.next_pointer", "paging.rule.parameter"],
        ),
        ("search", {"paging": {"rule": pb.PageRule(kind=pb.PAGE_KIND_LINK)}}, ["paging.rule.kind"]),
        ("cursor", {"paging": {"max_pages": 10_001}}, ["paging.max_pages"]),
        ("cursor", {"paging": {"max_pages": -1, "max_items": -1}}, ["paging.max_pages"]),
        (
            "cursor",
            {"paging": {"rule": pb.PageRule(next_pointer="next")}},
            ["paging.rule.next_pointer"],
        ),
        ("cursor", {"elements_pointer": "/items"}, ["elements_pointer"]),
        ("cursor", {"parameters_json": '{"cursr": 1}'}, ["/cursr"]),
    ],
)
async def test_what_cannot_be_walked_is_refused_before_anything_is_sent(
    door: Door, names: Iterator[str], action: str, fields: Any, violations: list[str]
) -> None:
    async with Backend() as backend:
        told = await (await walks(door, names, backend)).until(action, **fields)
    assert told.refusal is not None
    assert told.refusal.code == "INVALID_ARGUMENT"
    assert told.refusal.fields[: len(violations)] == violations
    assert told.messages == []
    assert backend.requests == []
