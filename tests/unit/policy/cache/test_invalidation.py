"""What unsafe calls make out of date."""

import asyncio

import pytest

from facade.errors.backend import BackendUnavailable
from facade.model.action import Action
from facade.model.call import CacheStatus, CacheUse, Caller, Reply
from facade.model.policy import CacheMode, Caching
from tests.caches import Client, a_client, said

HIT, MISS = CacheStatus.HIT, CacheStatus.MISS

ITEM = Action(id="item", method="GET", path="/pets/{id}", pointer="")
LIST = Action(id="list", method="GET", path="/pets", pointer="")
PHOTO = Action(id="photo", method="PUT", path="/pets/{id}/photo", pointer="")


async def remembered(client: Client, *targets: str) -> list[CacheStatus]:
    """How each target is answered."""
    return [(await client.get(target, action=LIST)).status for target in targets]


PLACES = ("/pets/7", "/pets", "/pets?page=2", "/pets/8", "/owners", "/pets/7?full=1")


@pytest.mark.parametrize(
    ("method", "action", "target", "left"),
    [
        ("DELETE", ITEM, "/pets/7", {"/pets/8", "/owners"}),
        ("PATCH", ITEM, "/pets/7?x=1", {"/pets/8", "/owners"}),
        ("POST", LIST, "/pets", {"/pets/7", "/pets/8", "/owners", "/pets/7?full=1"}),
        ("PUT", PHOTO, "/pets/7/photo", {"/pets/8", "/owners"}),
        ("OPTIONS", ITEM, "/pets/7", set(PLACES)),
    ],
)
async def test_i09_an_unsafe_call_forgets_the_item_and_its_collection(
    method: str, action: Action, target: str, left: set[str]
) -> None:
    async with a_client() as client:
        await remembered(client, *PLACES)
        answered = await client.get(target, method=method, action=action)
        assert answered.status is CacheStatus.BYPASS
        found = await remembered(client, *PLACES)
    assert {place for place, status in zip(PLACES, found, strict=True) if status is HIT} == left


@pytest.mark.parametrize("name", ["location", "content_location"])
@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("/pets/8", MISS),
        ("8", MISS),
        ("https://shop.example/pets/8?x=1", MISS),
        ("https://shop.example:443/pets/8", MISS),
        ("https://other.example/pets/8", HIT),
        ("http://shop.example/pets/8", HIT),
        ("http://[/pets/8", HIT),
    ],
)
async def test_i09_places_that_the_answer_names_at_the_same_origin_are_forgotten(
    name: str, uri: str, status: CacheStatus
) -> None:
    async with a_client() as client:
        await remembered(client, "/pets/8")
        client.backend.says = said(b"", 201, **{name: uri})
        await client.get("/pets/", method="POST", action=LIST)
        client.backend.says = said(cache_control="max-age=60")
        assert await remembered(client, "/pets/8") == [status]


@pytest.mark.parametrize("says", [said(status=500), said(status=404), BackendUnavailable("gone")])
async def test_a_failed_unsafe_call_forgets_nothing(says: Reply | Exception) -> None:
    async with a_client() as client:
        await client.get()
        client.backend.says = says
        await asyncio.gather(client.get(method="DELETE"), return_exceptions=True)
        assert (await client.get()).status is HIT


async def test_a_call_past_the_cache_still_forgets() -> None:
    async with a_client() as client:
        await client.get()
        await client.get(method="DELETE", use=CacheUse.BYPASS)
        assert (await client.get()).status is MISS


async def test_an_unsafe_action_without_a_cache_of_its_own_still_forgets() -> None:
    async with a_client() as client:
        await client.get()
        client.caching = Caching(mode=CacheMode.OFF)
        await client.get(method="DELETE")
        client.caching = Caching()
        assert (await client.get()).status is HIT


async def test_shared_answers_are_forgotten_for_all_connections() -> None:
    async with a_client(caching=Caching(shared=True)) as client:
        client.caller = Caller(connection="1")
        await client.get()
        client.caller = Caller(connection="2")
        await client.get(method="DELETE")
        client.caller = Caller(connection="1")
        assert (await client.get()).status is MISS


async def test_an_answer_that_was_under_way_when_it_was_made_out_of_date_is_not_kept() -> None:
    async with a_client() as client:
        client.backend.pause = 0.01
        reading = asyncio.create_task(client.get())
        await asyncio.sleep(0.002)
        client.backend.pause = 0.0
        await client.get(method="DELETE")
        assert len(client.backend.asked) == 2
        client.backend.says = said(b"new", cache_control="max-age=60")
        assert (await client.get()).reply.body == b"new"
        assert (await reading).reply.body == b"{}"
        assert (await client.get()).reply.body == b"new"
