import base64
from collections.abc import AsyncIterator, Iterable

import pytest

from facade.errors.caller import InvalidRequest
from gateway.pages import MAX_BYTES, Tokens, page_size, take
from gateway.v1.action_pb2 import ACTION_VIEW_FULL, Action
from gateway.v1.catalog_pb2 import ListConnectorsRequest
from gateway.v1.gateway_pb2 import ListActionsRequest

PARENT = "connectors/pets/versions/live"
TOKENS = Tokens(b"key")
REQUEST = ListActionsRequest(parent=PARENT, filter="tags:pets", page_size=10)


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000)])
def test_a_page_has_50_entries_by_default_and_1000_at_most(asked: int, size: int) -> None:
    assert page_size(asked) == size


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(InvalidRequest) as raised:
        page_size(-1)
    assert raised.value.details.violations[0].field == "page_size"


def again(token: str, **changes: object) -> ListActionsRequest:
    request = ListActionsRequest()
    request.CopyFrom(REQUEST)
    request.page_token = token
    for name, value in changes.items():
        setattr(request, name, value)
    return request


@pytest.mark.parametrize("position", ["a", "connectors/pets/versions/v1/actions/größe ☃"])
def test_a_token_leads_back_to_its_position_whatever_the_page_size(position: str) -> None:
    token = TOKENS.seal(REQUEST, position)
    assert TOKENS.open(again(token)) == position
    assert TOKENS.open(again(token, page_size=3)) == position
    assert Tokens(b"key").open(again(token)) == position


def test_a_first_page_needs_no_token_and_the_last_gives_none() -> None:
    assert TOKENS.open(REQUEST) == ""
    assert TOKENS.seal(REQUEST, "") == ""


def flipped(token: str) -> str:
    data = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    data[-1] ^= 1
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


TOKEN = TOKENS.seal(REQUEST, "position")
FOREIGN = {
    "another parent": again(TOKEN, parent="connectors/dogs/versions/live"),
    "another filter": again(TOKEN, filter="tags:dogs"),
    "another view": again(TOKEN, view=ACTION_VIEW_FULL),
    "another method": ListConnectorsRequest(filter="tags:pets", page_token=TOKEN),
    "another key": again(Tokens(b"other").seal(REQUEST, "position")),
    "a changed position": again(flipped(TOKEN)),
    "half of it": again(TOKEN[: len(TOKEN) // 2]),
    "not base64": again("☃"),
    "a wrong length": again("a"),
    "the bare position": again(base64.urlsafe_b64encode(b"position").decode()),
    "no text": again(base64.urlsafe_b64encode(b"\xff" * 40).decode()),
}


@pytest.mark.parametrize("request_", FOREIGN.values(), ids=FOREIGN)
def test_g19_a_forged_or_foreign_token_is_refused(request_: ListActionsRequest) -> None:
    with pytest.raises(InvalidRequest) as raised:
        TOKENS.open(request_)
    assert raised.value.details.violations[0].field == "page_token"


async def entries(
    items: Iterable[tuple[str, Action | None]],
) -> AsyncIterator[tuple[str, Action | None]]:
    for each in items:
        yield each


async def test_a_page_ends_with_its_last_entry_where_another_follows() -> None:
    names = ["a", "b", "c"]
    page = await take(entries((name, Action(name=name)) for name in names), 2)
    assert [each.name for each in page.items] == ["a", "b"]
    assert page.last == "b"
    page = await take(entries((name, Action(name=name)) for name in names), 3)
    assert (len(page.items), page.last) == (3, "")


async def test_what_the_filter_leaves_out_makes_no_page_and_no_next_one() -> None:
    found = [("a", None), ("b", Action(name="b")), ("c", None), ("d", None)]
    page = await take(entries(found), 1)
    assert ([each.name for each in page.items], page.last) == (["b"], "")


async def test_a_page_ends_before_it_is_more_than_a_client_takes() -> None:
    big = Action(description="x" * (MAX_BYTES // 3))
    page = await take(entries((f"{n}", big) for n in range(10)), 10)
    assert (len(page.items), page.last) == (2, "1")
    huge = Action(description="x" * MAX_BYTES)
    page = await take(entries((f"{n}", huge) for n in range(3)), 10)
    assert (len(page.items), page.last) == (1, "0")
