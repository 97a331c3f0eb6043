import base64
from collections.abc import AsyncIterator, Iterable

import pytest

from facade.errors.caller import InvalidRequest
from facade.listing.pages import MAX_BYTES, Tokens, page_size, take

TOKENS = Tokens(b"key")
BOUND = b"ListActions tags:pets"


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000)])
def test_a_page_has_50_entries_by_default_and_1000_at_most(asked: int, size: int) -> None:
    assert page_size(asked) == size


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(InvalidRequest) as raised:
        page_size(-1)
    assert raised.value.details.violations[0].field == "page_size"


@pytest.mark.parametrize("position", ["a", "connectors/pets/versions/v1/actions/größe ☃"])
def test_a_token_leads_back_to_its_position(position: str) -> None:
    token = TOKENS.seal(BOUND, position)
    assert TOKENS.open(BOUND, token) == position
    assert Tokens(b"key").open(BOUND, token) == position


def test_a_first_page_needs_no_token_and_the_last_gives_none() -> None:
    assert TOKENS.open(BOUND, "") == ""
    assert TOKENS.seal(BOUND, "") == ""


def flipped(token: str) -> str:
    data = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    data[-1] ^= 1
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


TOKEN = TOKENS.seal(BOUND, "position")
FOREIGN = {
    "another request": (BOUND + b" ", TOKEN),
    "another cut between the two": (BOUND[:-1], TOKEN),
    "another key": (BOUND, Tokens(b"other").seal(BOUND, "position")),
    "a changed position": (BOUND, flipped(TOKEN)),
    "half of it": (BOUND, TOKEN[: len(TOKEN) // 2]),
    "not base64": (BOUND, "☃"),
    "a wrong length": (BOUND, "a"),
    "the bare position": (BOUND, base64.urlsafe_b64encode(b"position").decode()),
    "no text": (BOUND, base64.urlsafe_b64encode(b"\xff" * 40).decode()),
}


@pytest.mark.parametrize(("bound", "token"), FOREIGN.values(), ids=FOREIGN)
def test_g19_a_forged_or_foreign_token_is_refused(bound: bytes, token: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        TOKENS.open(bound, token)
    assert raised.value.details.violations[0].field == "page_token"


async def entries(
    items: Iterable[tuple[str, str | None]],
) -> AsyncIterator[tuple[str, str | None]]:
    for each in items:
        yield each


async def test_a_page_ends_with_its_last_entry_where_another_follows() -> None:
    names = ["a", "b", "c"]
    page = await take(entries((name, name) for name in names), 2, len)
    assert [*page.items] == ["a", "b"]
    assert page.last == "b"
    page = await take(entries((name, name) for name in names), 3, len)
    assert (len(page.items), page.last) == (3, "")


async def test_what_the_filter_leaves_out_makes_no_page_and_no_next_one() -> None:
    found = [("a", None), ("b", "b"), ("c", None), ("d", None)]
    page = await take(entries(found), 1, len)
    assert ([*page.items], page.last) == (["b"], "")


async def test_a_page_ends_before_it_is_more_than_a_client_takes() -> None:
    big = "x" * (MAX_BYTES // 2 - 1)
    page = await take(entries((f"{n}", big) for n in range(10)), 10, len)
    assert (len(page.items), page.last) == (2, "1")
    huge = "x" * (MAX_BYTES + 1)
    page = await take(entries((f"{n}", huge) for n in range(3)), 10, len)
    assert (len(page.items), page.last) == (1, "0")
