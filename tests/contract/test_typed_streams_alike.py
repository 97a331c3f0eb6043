"""A typed stream is StreamAction: the same requests, the same items, the same end."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from facade.model.names import VersionName
from facade.model.typed import Streaming
from gateway.engines.choice import Name
from tests.doors import PLAIN
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer
from tests.paged import SPEC, Backend, Walks, pages
from tests.streams import Streams
from tests.typed_json import same
from tests.typed_shop import shop
from tests.typed_twins import TypedTwins, plain, plain_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path_factory.mktemp("streams"), engine=engine) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"paged{number}" for number in itertools.count())


async def twins_of(
    faces: Faces, names: Iterator[str], backend: HttpBackend, spec: Any = SPEC
) -> TypedTwins:
    name = next(names)
    await faces.door.publish(name, spec, f"{backend.origin}/v1", policy=PLAIN)
    return await TypedTwins(faces, VersionName(name, "v1"), backend.requests).open()


async def both(twins: TypedTwins, backend: HttpBackend, action: str) -> tuple[Any, Any]:
    """The walk by StreamAction, and that by the method: requests, items, end."""
    backend.requests.clear()
    told = await Walks(twins.faces.door, twins.name.connector).until(action, {"max_pages": 10})
    untyped = [plain(each) for each in backend.requests]
    backend.requests.clear()
    walked = await twins.walked(action, Streaming.PAGES, {})
    typed = [plain(each) for each in backend.requests]
    items = [json.loads(each) for each in told.items]
    return (untyped, items, plain_of(told.refusal)), (
        typed,
        list(walked.items),
        plain_of(walked.refusal),
    )


PAGED = ("link", "url", "cursor", "number", "last", "page", "offset")


@pytest.mark.parametrize("action", PAGED)
async def test_the_items_of_all_pages_are_those_of_stream_action(
    faces: Faces, names: Iterator[str], action: str
) -> None:
    async with Backend() as backend:
        untyped, typed = await both(await twins_of(faces, names, backend), backend, action)
    assert untyped == typed
    assert [each["id"] for each in typed[1]] == ["i0", "i1", "i2", "i3", "i4"]
    assert typed[1][0]["n"] == 9007199254740993
    assert typed[2] is None


@pytest.mark.parametrize("action", PAGED)
async def test_a_page_that_fails_ends_both_behind_the_same_items(
    faces: Faces, names: Iterator[str], action: str
) -> None:
    def respond(path: str, query: dict[str, str]) -> bytes:
        later = pages(path, query).find(b'"i0"') < 0
        return answer(b"{}", status=409) if later else pages(path, query)

    async with Backend(respond) as backend:
        untyped, typed = await both(await twins_of(faces, names, backend), backend, action)
    assert untyped == typed
    assert typed[2]["row"][1] == "BACKEND_CONFLICT"
    assert len(typed[1]) == 2


LINES = b'{"id": 1, "name": "Rex"}\n{"id": 9007199254740993}\n{"id": 3, "status": "gone"}\n'


@pytest.mark.parametrize("body", [LINES, b"", LINES + b"{", LINES + b'{"id": "x"}\n'])
async def test_the_items_of_a_sequence_are_those_of_stream_action(
    faces: Faces, names: Iterator[str], body: bytes
) -> None:
    said = answer(body, headers=(("Content-Type", "application/jsonl"), ("X-Own", "1")))
    async with HttpBackend(said) as backend:
        twins = await twins_of(faces, names, backend, shop())
        streams = Streams(faces.door, twins.name.connector)
        untyped, refusal = await streams.until("watchPets")
        walked = await twins.walked("watchPets", Streaming.ITEMS, {})
        first, second = map(plain, backend.requests)
    items = [json.loads(each["json"]) for each in untyped if "json" in each]
    assert first == second
    if body.endswith(b'"x"}\n'):  # what a message cannot say ends the typed one
        assert walked.refusal is not None
        assert walked.refusal.info.reason == "BACKEND_BAD_RESPONSE"
        assert walked.refusal.fields == ["/id"]
        assert {"attempts", "httpStatus", "action"} <= walked.refusal.info.metadata.keys()
        items.pop()
    else:
        assert plain_of(walked.refusal) == plain_of(refusal)
    assert same(list(walked.items), items)


EVENTS = b': hi\nid: 7\nevent: born\ndata: Rex\n\ndata: {"a": 1}\nretry: 9\n\ndata: a\ndata: b\n\n'


async def test_events_are_those_of_stream_action(faces: Faces, names: Iterator[str]) -> None:
    said = answer(EVENTS, headers=(("Content-Type", "text/event-stream"),))
    async with HttpBackend(said) as backend:
        twins = await twins_of(faces, names, backend, shop())
        streams = Streams(faces.door, twins.name.connector)
        untyped, refusal = await streams.until("tellPets")
        walked = await twins.walked("tellPets", Streaming.ITEMS, {})
    assert (refusal, walked.refusal) == (None, None)
    events = [each["event"] for each in untyped if "event" in each]
    assert [each.get("data") for each in walked.items] == [
        each.get("text", each.get("json")) for each in events
    ]
    assert [each.get("event", "message") for each in walked.items] == [
        each["event"] for each in events
    ]
    assert [each.get("id", "") for each in walked.items] == [each.get("id", "") for each in events]


async def test_events_whose_data_is_an_object_are_that_object(
    faces: Faces, names: Iterator[str]
) -> None:
    """A property called `data` makes no event of a schema; only a text does."""
    spec = shop()
    media = spec["paths"]["/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    inner = {"type": "object", "properties": {"a": {"type": "integer"}}}
    media["itemSchema"] = {"type": "object", "properties": {"data": inner}}
    said = b'data: {"data": {"a": 1}}\n\n'
    reply = answer(said, headers=(("Content-Type", "text/event-stream"),))
    async with HttpBackend(reply) as backend:
        twins = await twins_of(faces, names, backend, spec)
        walked = await twins.walked("tellPets", Streaming.ITEMS, {})
    assert (list(walked.items), walked.refusal) == ([{"data": {"a": 1}}], None)
